import type { Ident } from '../core/item.ts';
import { otherSide, type Side, type Unfinished } from '../core/status.ts';
import { applyAccess } from './access.ts';
import type { Action } from './action.ts';
import { SIDES } from './both-sides.ts';
import { type CollectionJob, isWritable } from './collection-job.ts';
import { isFirstRun } from './freshness.ts';
import { assertNotEmptied, type Emptied, emptiedSides, goneCount, type GuardInput } from './guard.ts';
import { type HeldStep, holdDeletions, wasAsked } from './hold.ts';
import { areDoubtsSettled, conflictsOf, doubtsOf } from './leftovers.ts';
import type { Delta } from './delta.ts';
import type { Look } from './look.ts';
import { hasBecomeOneWay, haveSettingsChanged } from './settings.ts';
import { settleConflicts } from './settle-conflicts.ts';

/** What is to be done about a collection, and what was read to find out. */
export interface Plan extends Omit<Look, 'planned' | 'news'> {
  readonly actions: readonly Action[];
  /** What will not be done: in doubt, refused, in conflict, held back. */
  readonly left: readonly Unfinished[];
  /** Of these, the steps that wait for a person's word. */
  readonly held: readonly HeldStep[];
  /** Of all that is left, nothing will get better on its own. */
  readonly settled: boolean;
}

/** What is deleted here and is in another collection now. */
export type MovedAway = ReadonlySet<Ident>;

/** Decides what of the steps that were found is done. Changes nothing. @throws EmptiedError */
export async function decide(
  job: CollectionJob,
  { planned, deltas, known, pool }: Look,
  movedAway: MovedAway,
): Promise<Plan> {
  const { status, options, collections } = job;
  const input = { ...deltas, known };
  const nowMs = options.clock.nowMs();
  const changed = haveSettingsChanged(job);
  const guarded = guardInput(job, { ...input, movedAway });
  const emptied = emptiedNow(job, guarded);
  const settled = await settleConflicts({
    actions: planned,
    mode: job.conflict,
    kind: job.infos.a.kind,
    writable: { a: isWritable(job, 'a'), b: isWritable(job, 'b') },
    status,
    collections,
    pool,
    signal: options.signal,
    known,
    // Who decides about some items has said nothing about the others.
    triesAgain: changed || (options.retryRefused && (options.resolutions ?? []).length === 0),
    resolutions: options.resolutions,
  });
  const allowed = applyAccess({
    actions: settled.actions,
    writable: { a: isWritable(job, 'a'), b: isWritable(job, 'b') },
    noDelete: job.noDelete,
    known,
    retryRefused: changed || options.retryRefused,
    nowMs,
  });
  const { actions, held } = guardsDeletions(job)
    ? holdDeletions({
        actions: allowed.actions,
        known,
        removedSince: (on, sinceMs) => status.removedSince(on, sinceMs),
        emptied: emptied.map(({ side }) => side),
        gone: { a: goneCount('a', guarded), b: goneCount('b', guarded) },
        onTheirWay: (from) => deletionsOnTheirWay(deltas[from]),
        movedAway,
        oneWay: job.oneWay,
        isNewCopy: job.oneWay && (isFirstRun(status) || hasBecomeOneWay(job)),
        place: placeOf(job),
        decision: decisionOf(job),
        nowMs,
      })
    : { actions: allowed.actions, held: [] };
  const conflicts = [...settled.left, ...conflictsOf(settled.actions, known, nowMs)];
  const left = [...doubtsOf(input, nowMs), ...conflicts, ...allowed.left, ...held.map(({ left }) => left)];
  return { actions, left, held, settled: areDoubtsSettled(input), deltas, known, pool };
}

const deletionsOnTheirWay = ({ unclear }: Delta): number =>
  [...unclear.values()].filter(({ isDeletion }) => isDeletion === true).length;

/** @throws EmptiedError when a person has to say a word first */
function emptiedNow(job: CollectionJob, input: GuardInput): readonly Emptied[] {
  if (!guardsDeletions(job)) return [];
  const emptied = emptiedSides(input);
  if (decisionOf(job) === 'hold')
    assertNotEmptied(emptied, {
      count: input.known.syncedCount(),
      place: placeOf(job),
      oneWay: job.oneWay,
      isAsked: wasAsked(input.known),
    });
  return emptied;
}

const guardInput = (
  job: CollectionJob,
  input: Pick<GuardInput, Side | 'known' | 'movedAway'>,
): GuardInput => ({
  ...input,
  deletions: { a: job.collections.a.deletions, b: job.collections.b.deletions },
  unfollowed: SIDES.filter((side) => !isFollowed(job, side)),
});

/** Whether what is gone from a side has any effect on the other. A copy that lost everything is filled again. */
function isFollowed(job: CollectionJob, side: Side): boolean {
  if (job.oneWay && side === 'b') return isWritable(job, 'b');
  const other = otherSide(side);
  return isWritable(job, other) && !job.noDelete[other];
}

const placeOf = ({ pair, name }: CollectionJob): string => `${pair}/${name}`;

/** Whether a person has to say a word about the deletion of most or all items. */
const guardsDeletions = ({ options, onEmpty }: CollectionJob): boolean =>
  !options.allowEmpty && onEmpty === 'skip';

/** What side a lost cannot be brought back there by a pair that never writes to it. */
const decisionOf = ({ oneWay, options }: CollectionJob): typeof options.deletions =>
  oneWay && options.deletions === 'discard' ? 'hold' : options.deletions;
