import { PimsyncError } from '../core/errors.ts';
import type { Ident } from '../core/item.ts';
import { otherSide, type Side } from '../core/status.ts';
import type { Etag, Href, WriteResult } from '../core/storage.ts';
import type { Action, Remove } from './action.ts';
import { SIDES } from './both-sides.ts';
import { type CollectionJob, isWritable } from './collection-job.ts';
import { takenBack } from './hold.ts';
import { isUnagreed, readAnew } from './carry-agreements.ts';
import { ledgerOf, type Move, takesMoves } from './move.ts';
import { findApart } from './moved-apart.ts';
import { noteDone, type OpenCollection } from './collection-run.ts';
import { inParallel } from './in-parallel.ts';
import { OpenLeftovers } from './open-leftovers.ts';

/**
 * Whether it may be half of a move, so that the others have to be looked at before anything is done to it. What is new need not wait
 * for that where nothing can be moved.
 */
export const mayBeHalfOfMove = ({ job, look }: OpenCollection): boolean =>
  look.planned.some(
    (action) =>
      // What is gone from both may be somewhere else on each, or on both.
      action.type === 'remove' ||
      action.type === 'forget' ||
      (action.type === 'conflict' && isUnagreed(action, { look })) ||
      (action.type === 'create' && job.collections[action.on].move !== undefined),
  );

/**
 * Makes of deletions in one collection and creations in another moves, where that is what they are, before all else is done. Where a
 * storage does not move, the item is taken away at its old place first, as servers that take a UID once in an account demand; its
 * text is safe on the other side meanwhile, in the collection it came into.
 * @param done collections that had no need to wait
 * @returns the opened collections, with what is left to be done
 */
export async function makeMoves(
  opened: readonly OpenCollection[],
  done: readonly OpenCollection[],
): Promise<OpenCollection[]> {
  const now = new Map(
    opened.map((one) => [one, { planned: [...one.look.planned], movedAway: new Set<Ident>() }]),
  );
  const apart = findApart(opened);
  for (const { from, instead, remove, formerly } of apart) {
    replace(now.get(from)?.planned, instead, remove);
    // Somebody may bring it back there before the next run.
    if (!formerly.job.options.dryRun) forgetAgreement(formerly.job, remove.ident);
  }
  for (const side of SIDES) {
    const moves = [
      ...findMoves(side, opened, [...opened, ...done]),
      ...apart.filter(({ remove }) => remove.on === side),
    ];
    for (const { from, remove } of moves) now.get(from)?.movedAway.add(remove.ident);
    const real = moves.filter(({ from, to }) => !from.job.options.dryRun && !done.includes(to));
    const [first] = real;
    await inParallel(first?.from.job.collections[side].parallelWrites ?? 1, real, async (move) => {
      const { from, to, remove, create } = move;
      const outcome = await perform(move);
      if (outcome === 'failed') return;
      replace(now.get(from)?.planned, remove, { type: 'forget', ident: remove.ident });
      if (outcome !== 'removed') replace(now.get(to)?.planned, create, outcome);
    });
  }
  for (const { from, remove } of findCrossed(opened)) {
    if (!from.job.options.dryRun) forgetAgreement(from.job, remove.ident);
    replace(now.get(from)?.planned, remove, takenBack(remove));
  }
  return [...now].map(([{ job, look, changes, written }, { planned, movedAway }]) => ({
    job,
    look: Object.assign({}, look, { planned }),
    movedAway,
    changes,
    written,
  }));
}

/** Whether what it forgets is made elsewhere, so that it is to be closed after the others. */
export const isLastOfMove = (from: OpenCollection, all: readonly OpenCollection[]): boolean => {
  const made = new Set(
    all.flatMap(({ look }) => look.planned.filter(({ type }) => type === 'create').map(({ ident }) => ident)),
  );
  return from.look.planned.some(({ type, ident }) => type === 'forget' && made.has(ident));
};

function replace(planned: Action[] | undefined, action: Action, by: Action): void {
  const at = planned?.indexOf(action) ?? -1;
  if (at >= 0) planned?.splice(at, 1, by);
}

function findMoves(
  on: Side,
  opened: readonly OpenCollection[],
  all: readonly OpenCollection[],
): readonly Move[] {
  const removals = new Map<Ident, Removal>();
  for (const from of opened.filter((one) => takesMoves(one, on)))
    for (const action of from.look.planned)
      if (action.type === 'remove' && action.on === on && isPlain(action, from))
        removals.set(action.ident, { from, remove: action });
  return all
    .filter((one) => takesMoves(one, on))
    .flatMap((to) =>
      to.look.planned.flatMap((create) => {
        if (create.type !== 'create' || create.on !== on) return [];
        const removal = removals.get(create.ident);
        if (!removal || removal.from === to) return [];
        // Two collections cannot both have what one lost.
        removals.delete(create.ident);
        const { known } = removal.from.look;
        return [
          { ...removal, to, create, agreed: known.synced(create.ident), base: known.base(create.ident) },
        ];
      }),
    );
}

/** What both agreed on, and once: of a copy to be overwritten and of an item with copies more is to be decided than where it is. */
const isPlain = ({ ident, on, target }: Remove, { look }: OpenCollection): boolean =>
  look.known.synced(ident)?.[on].hash === target.hash && look.deltas[on].copies?.has(ident) !== true;

type Removal = Pick<Move, 'from' | 'remove'>;

/**
 * An item that is left in one collection on side a and in another one on side b, so that both would be deleted: it was there twice and
 * each side deleted another one, or a run was killed between two of its steps. Nobody wanted it gone everywhere; it stays where it was
 * stored last, or where it cannot be deleted. A side that keeps what is deleted has it anyway.
 * @returns the deletions that are not to be
 */
function findCrossed(opened: readonly OpenCollection[]): readonly Removal[] {
  const removalsOn = (on: Side): Map<Ident, Removal> =>
    new Map(
      opened.flatMap((from) =>
        from.look.planned.flatMap((remove) =>
          remove.type === 'remove' && remove.on === on && !from.job.noDelete[on]
            ? [[remove.ident, { from, remove }] as const]
            : [],
        ),
      ),
    );
  const onB = removalsOn('b');
  return [...removalsOn('a')].flatMap(([ident, a]) => {
    const b = onB.get(ident);
    return b && a.from !== b.from ? undoneOf(a, b) : [];
  });
}

/** Which of two deletions is not to be. */
function undoneOf(a: Removal, b: Removal): readonly Removal[] {
  const possible = [a, b].filter(({ from, remove }) => isWritable(from.job, remove.on));
  if (possible.length === 0) return [];
  if (possible.length === 1) return possible.includes(a) ? [b] : [a];
  return [isAsAgreed(b) && !isAsAgreed(a) ? a : b];
}

const isAsAgreed = ({ from, remove }: Removal): boolean =>
  from.look.known.synced(remove.ident)?.[remove.on].etag === remove.target.etag;

/**
 * Before anything is done: should the run be killed half way, the next one sees only one of the two deletions, and what is not on both
 * sides is to look new to it.
 */
function forgetAgreement(job: CollectionJob, ident: Ident): void {
  readAnew(job);
  job.status.forget([ident]);
}

/** @returns what both sides agree on in the new collection; `removed`: it is to be created there; `failed`: nothing was done */
async function perform(move: Move): Promise<Action | 'removed' | 'failed'> {
  try {
    return (await moveThere(move)) ?? (await removeHere(move));
  } catch (error) {
    move.from.job.options.signal?.throwIfAborted();
    if (!(error instanceof PimsyncError)) throw error;
    // Each half is tried by itself, and tells what is wrong.
    return 'failed';
  }
}

async function moveThere(move: Move): Promise<Action | undefined> {
  const { from, to, remove, create, agreed, base } = move;
  const { on, ident, target } = remove;
  // One that was edited on the way would have to be edited here too, and a run that is killed between the two could not tell why.
  const isUnchanged = agreed?.[otherSide(on)].hash === create.source.hash;
  if (!isUnchanged) return undefined;
  const result = await tryMove(move);
  const etag = result && (result.etag ?? (await readEtag(move, result.href)));
  if (!etag) return undefined;
  const there = { href: result.href, etag, hash: target.hash };
  const places = on === 'a' ? { a: there, b: create.source } : { a: create.source, b: there };
  ledgerOf(to).agreed([{ ident, ...places, text: base }]);
  noteDone(from, remove, target.href);
  noteDone(to, create, there.href);
  ledgerOf(from).forgotten([ident]);
  return { type: 'remember', ident, ...places };
}

/** `undefined`: the storage would not. */
async function tryMove({ from, to, remove }: Move): Promise<WriteResult | undefined> {
  const { job } = from;
  try {
    return await job.collections[remove.on].move?.(
      remove.target,
      to.job.infos[remove.on],
      job.options.signal,
    );
  } catch (error) {
    if (error instanceof PimsyncError && error.code === 'refused') return undefined;
    throw error;
  }
}

/** Of a server that does not tell it. `undefined`: what is there now is something else. */
async function readEtag({ to, remove }: Move, href: Href): Promise<Etag | undefined> {
  const { collections, options } = to.job;
  for await (const fetched of collections[remove.on].fetch([href], options.signal))
    if (fetched.type === 'item' && fetched.item.hash === remove.target.hash) return fetched.etag;
  return undefined;
}

/** The agreement is forgotten when all that was planned is done, as it is wanted should the run be killed before the item is there again. */
async function removeHere({ from, remove }: Move): Promise<'removed'> {
  const { collections, status, options } = from.job;
  new OpenLeftovers(status, options.clock).markInFlight([remove]);
  await collections[remove.on].remove(remove.target, options.signal);
  noteDone(from, remove, remove.target.href);
  return 'removed';
}
