import type { Ident } from '../core/item.ts';
import type { Side } from '../core/status.ts';
import type { Create, Remove } from './action.ts';
import type { OpenCollection } from './collection-run.ts';
import { type Move, takesMoves } from './move.ts';

/** A move in the place of a creation. */
interface Apart extends Move {
  readonly instead: Create;
  /** The collection that it is gone from. */
  readonly formerly: OpenCollection;
}

/** A creation that is planned, with the collection. */
interface Placed {
  readonly at: OpenCollection;
  readonly create: Create;
}

type Places = ReadonlyMap<Ident, readonly Placed[]>;

/**
 * Items that were moved on both sides, to different collections: side a's place counts, so that nobody has it twice from then on. Only
 * where side b did not edit it on the way: then all that b has is still on a, whatever becomes of a run in between.
 */
export function findApart(opened: readonly OpenCollection[]): readonly Apart[] {
  const toA = createsOn('a', opened);
  const toB = createsOn('b', opened);
  return opened.flatMap((formerly) =>
    formerly.look.planned
      .filter(({ type }) => type === 'forget')
      .flatMap(({ ident }) => {
        const [theirs, ours] = [onlyOne(ident, toA), onlyOne(ident, toB)];
        return theirs && ours && theirs.at !== ours.at ? toMove(ident, formerly, { theirs, ours }) : [];
      }),
  );
}

function toMove(
  ident: Ident,
  formerly: OpenCollection,
  { theirs, ours }: { readonly theirs: Placed; readonly ours: Placed },
): readonly Apart[] {
  const [from, to] = [theirs.at, ours.at];
  const { known } = formerly.look;
  const agreed = known.synced(ident);
  const target = theirs.create.source;
  const isPlain = agreed?.b.hash === target.hash && from.look.deltas.b.copies?.has(ident) !== true;
  if (!isPlain || !takesMoves(from, 'b') || !takesMoves(to, 'b')) return [];
  const remove: Remove = { type: 'remove', on: 'b', ident, target };
  const base = known.base(ident);
  return [{ from, to, remove, instead: theirs.create, create: ours.create, agreed, base, formerly }];
}

function onlyOne(ident: Ident, places: Places): Placed | undefined {
  const [only, ...more] = places.get(ident) ?? [];
  return more.length === 0 ? only : undefined;
}

function createsOn(on: Side, opened: readonly OpenCollection[]): Places {
  const creates = new Map<Ident, Placed[]>();
  for (const at of opened)
    for (const create of at.look.planned)
      if (create.type === 'create' && create.on === on)
        creates.set(create.ident, [...(creates.get(create.ident) ?? []), { at, create }]);
  return creates;
}
