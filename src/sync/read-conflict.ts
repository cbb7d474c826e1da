import { NotFoundError } from '../core/errors.ts';
import type { ContentHash, Ident, ItemKind } from '../core/item.ts';
import type { Side } from '../core/status.ts';
import type { Href } from '../core/storage.ts';
import { bothSides } from './both-sides.ts';
import type { Pair } from './pair.ts';
import { readText } from './read-text.ts';
import { TextPool } from './text-pool.ts';

/** An item that both sides changed, with all that is known of it. Plain data. */
export interface ConflictTexts {
  readonly kind: ItemKind;
  /** What both had when they last agreed; absent where it is new on both. */
  readonly base: string | undefined;
  readonly a: ConflictSide;
  readonly b: ConflictSide;
}

export interface ConflictSide {
  /** Name of the storage. */
  readonly storage: string;
  readonly href: string;
  readonly text: string;
  readonly hash: ContentHash;
  /** Nothing can be written there. */
  readonly readOnly: boolean;
}

/** Where an item in conflict is. */
export interface ConflictPlace {
  readonly collection: string;
  readonly ident: Ident;
}

/** @throws NotFoundError when there is no such conflict, or one side has no such item any more; PimsyncError of the storages */
export async function readConflict(
  pair: Pair,
  { collection, ident }: ConflictPlace,
  signal?: AbortSignal,
): Promise<ConflictTexts> {
  const mapping = pair.status.mappings().find(({ name }) => name === collection);
  if (!mapping) throw new NotFoundError(`pair "${pair.name}" has no collection ${collection}`);
  const status = pair.status.open(mapping);
  const left = status.unfinished().find((one) => one.ident === ident && one.type === 'conflict');
  if (!left?.a || !left.b)
    throw new NotFoundError(`${pair.name}/${collection} has no conflict about ${ident}`);
  const hrefs = { a: left.a.href, b: left.b.href };
  const sides = await bothSides((side) =>
    readSide(pair, side, { place: mapping[side].href, at: hrefs[side] }, signal),
  );
  return { kind: pair.a.kind, base: status.base(ident), ...sides };
}

async function readSide(
  pair: Pair,
  side: Side,
  { place, at }: { readonly place: Href; readonly at: Href },
  signal: AbortSignal | undefined,
): Promise<ConflictSide> {
  const storage = pair[side];
  const info = (await storage.discover(signal)).find(({ href }) => href === place);
  if (!info) throw new NotFoundError(`${storage.name} has no collection ${place} any more`);
  const opened = storage.open(info);
  const item = await readText(side, at, {
    collections: { a: opened, b: opened },
    pool: new TextPool(),
    signal,
  });
  if (!item)
    throw new NotFoundError(`${storage.name} has no readable item at ${at} any more; synchronise first`);
  const readOnly = info.readOnly && opened.follow === undefined;
  return { storage: storage.name, href: at, text: item.text, hash: item.hash, readOnly };
}
