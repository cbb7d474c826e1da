import { ConfigError } from '../core/errors.ts';
import type { Mapping, Side } from '../core/status.ts';
import { type CollectionId, collectionId, type CollectionInfo } from '../core/storage.ts';
import type { CollectionChoice } from './pair.ts';

/** A collection on one side: under that id it is wanted, and `info` is it, if it is there. */
export interface Place {
  readonly id: CollectionId;
  readonly info: CollectionInfo | undefined;
}

/** Two collections that belong together. What is missing has to be created, or if it was there once, is gone. */
export interface Pairing {
  readonly name: string;
  readonly a: Place;
  readonly b: Place;
  /** Both sides were there once, and these are no longer: deleted or renamed, which nothing here can tell. */
  readonly goneFrom: readonly Side[];
}

export interface PairingInput {
  readonly a: readonly CollectionInfo[];
  readonly b: readonly CollectionInfo[];
  readonly wanted: CollectionChoice;
  readonly known: readonly Mapping[];
}

const SIDES = ['a', 'b'] as const satisfies readonly Side[];

/**
 * Says which collection goes with which. Pure.
 * @throws ConfigError when one collection would belong to two others
 */
export function resolvePairings(input: PairingInput): Pairing[] {
  const pairings = namesWanted(input).map((wanted) => resolveOne(wanted, input));
  for (const side of SIDES) assertEachOnce(side, pairings);
  return pairings;
}

interface WantedNames {
  readonly name: string;
  readonly a: CollectionId;
  readonly b: CollectionId;
}

function namesWanted({ a, b, wanted, known }: PairingInput): WantedNames[] {
  if (wanted.type === 'list')
    return wanted.entries.map((entry) => ({
      name: entry.name,
      a: collectionId(entry.a),
      b: collectionId(entry.b),
    }));
  // One whose server chose its id when it was created here is wanted under the id it was to have.
  const isMade = (side: Side, info: CollectionInfo): boolean =>
    known.some((mapping) => mapping[side].href === info.href && mapping[side].id !== info.id);
  const ids = {
    a: a.filter((info) => !isMade('a', info)).map(({ id }) => id),
    b: b.filter((info) => !isMade('b', info)).map(({ id }) => id),
  };
  const own = new Set([
    ...(wanted.type === 'from b' ? [] : ids.a),
    ...(wanted.type === 'from a' ? [] : ids.b),
  ]);
  return [...own].map((id) => ({ name: id, a: id, b: id }));
}

function resolveOne({ name, a, b }: WantedNames, input: PairingInput): Pairing {
  const before = input.known.filter((mapping) => mapping.a.id === a && mapping.b.id === b);
  const find = (side: Side, id: CollectionId): CollectionInfo | undefined =>
    input[side].find((info) => info.id === id) ??
    input[side].find(({ href }) => before.some((mapping) => mapping[side].href === href));
  const places = { a: { id: a, info: find('a', a) }, b: { id: b, info: find('b', b) } };
  const wasThere = before.some((mapping) =>
    SIDES.every((side) => {
      const { info } = places[side];
      return info === undefined || info.href === mapping[side].href;
    }),
  );
  return { name, ...places, goneFrom: wasThere ? SIDES.filter((side) => !places[side].info) : [] };
}

function assertEachOnce(side: Side, pairings: readonly Pairing[]): void {
  const owners = new Map<string, string>();
  for (const pairing of pairings) {
    const { id, info } = pairing[side];
    const what = info?.href ?? id;
    const owner = owners.get(what);
    if (owner !== undefined)
      throw new ConfigError(
        `"${owner}" and "${pairing.name}" both mean the collection "${id}" of side ${side}; ` +
          `name each collection once under "collections"`,
      );
    owners.set(what, pairing.name);
  }
}
