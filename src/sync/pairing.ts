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
  /** Under which these two, or what is left of them, were synchronised before. */
  readonly mapping: Mapping | undefined;
  /** Both sides were there once, and these are no longer. */
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

function namesWanted(input: PairingInput): WantedNames[] {
  const { a, b, wanted, known } = input;
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
    ...halfGone(input),
  ]);
  return [...own].map((id) => ({ name: id, a: id, b: id }));
}

/** Those that were on both sides under one id and are still on one: "from a" must see too that a's was deleted. */
function halfGone({ known, ...sides }: PairingInput): CollectionId[] {
  const isThere = (side: Side, mapping: Mapping): boolean =>
    sides[side].some(({ href }) => href === mapping[side].href);
  return known
    .filter(({ a, b }) => a.id === b.id)
    .filter((mapping) => isThere('a', mapping) !== isThere('b', mapping))
    .map(({ a }) => a.id);
}

function resolveOne({ name, a, b }: WantedNames, input: PairingInput): Pairing {
  const before = input.known.filter((mapping) => mapping.a.id === a && mapping.b.id === b);
  const find = (side: Side, id: CollectionId): CollectionInfo | undefined =>
    input[side].find((info) => info.id === id) ??
    input[side].find(({ href }) => before.some((mapping) => mapping[side].href === href)) ??
    (input.wanted.type === 'list' ? findByOtherName(side, id, input[side]) : undefined);
  const places = { a: { id: a, info: find('a', a) }, b: { id: b, info: find('b', b) } };
  const wasThere = before.find((mapping) =>
    SIDES.every((side) => {
      const { info } = places[side];
      return info === undefined || info.href === mapping[side].href;
    }),
  );
  return {
    name,
    ...places,
    mapping: wasThere,
    goneFrom: wasThere ? SIDES.filter((side) => !places[side].info) : [],
  };
}

/** By its URL path, or by what people call it. @throws ConfigError when several are called that */
function findByOtherName(
  side: Side,
  name: string,
  infos: readonly CollectionInfo[],
): CollectionInfo | undefined {
  const byHref = infos.find(({ href }) => href === name);
  if (byHref) return byHref;
  const called = infos.filter(({ properties }) => properties.displayname === name);
  if (called.length > 1) {
    const ids = called.map(({ id }) => JSON.stringify(id)).join(' and ');
    throw new ConfigError(
      `several collections of side ${side} are called "${name}"; name one by its id: ${ids}`,
    );
  }
  return called[0];
}

/** Mappings of which neither collection is there any more. Their memory is of no use, and would mislead one that comes back. */
export const staleMappings = ({ known, ...sides }: PairingInput, kept: readonly Pairing[]): Mapping[] =>
  known.filter(
    (mapping) =>
      SIDES.every((side) => sides[side].every(({ href }) => href !== mapping[side].href)) &&
      kept.every((pairing) => pairing.mapping !== mapping),
  );

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
