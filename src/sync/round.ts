import type { Progress, Side, Unfinished } from '../core/status.ts';
import type { Changes, Href, SyncToken } from '../core/storage.ts';
import { applyAccess } from './access.ts';
import { type Action, type Write, writesOf } from './action.ts';
import { bothSides, SIDES } from './both-sides.ts';
import { type CollectionJob, isWritable } from './collection-job.ts';
import { type Delta, takeDelta } from './delta.ts';
import { executePlan } from './execute.ts';
import { FirstFill } from './first-fill.ts';
import { isCompleteDue, isNoteDue, isUnchanged, stateMarker } from './freshness.ts';
import { assertNotEmptied } from './guard.ts';
import { Known } from './known.ts';
import { Ledger } from './ledger.ts';
import { findLanded } from './landed.ts';
import { areDoubtsSettled, conflictsOf, doubtsOf } from './leftovers.ts';
import { readListing } from './listing.ts';
import { isNews } from './news.ts';
import { OpenLeftovers } from './open-leftovers.ts';
import { planCollection } from './plan.ts';
import { settleConflicts } from './settle-conflicts.ts';
import { TextPool } from './text-pool.ts';

/** What is to be done about a collection, and what was read to find out. */
export interface Plan {
  readonly actions: readonly Action[];
  /** What will not be done: in doubt, refused, in conflict. */
  readonly left: readonly Unfinished[];
  /** Of all that is left, nothing will get better on its own. */
  readonly settled: boolean;
  readonly deltas: Readonly<Record<Side, Delta>>;
  readonly known: Known;
  readonly pool: TextPool;
}

export interface Looking {
  /** What discovery told of states still holds: nothing was written since. */
  readonly isFirst: boolean;
  /** Sides that are listed in full in any case. */
  readonly relist: ReadonlySet<Side>;
  /** Told of what a first fill has written already. Absent: nothing may be written yet. */
  readonly onDone?: (write: Write, href: Href) => void;
}

/** Looks at both sides and decides. Changes nothing, unless it is a first fill. @throws EmptiedError */
export async function planRound(job: CollectionJob, { relist, onDone, isFirst }: Looking): Promise<Plan> {
  const { status, options, name } = job;
  const known = new Known(status);
  const pool = new TextPool(options.poolBytes);
  options.onProgress?.({ type: 'listing', collection: name, done: 0, total: 0 });
  const listings = await bothSides(async (side) => {
    const isSame = isFirst && !relist.has(side) && isUnchanged(job, side);
    const answer = isSame ? nothingNew(status.progress(side).token) : await ask(job, side, relist.has(side));
    return readListing(answer, side, known);
  });
  const deltas = await bothSides((side) =>
    takeDelta({
      side,
      collection: job.collections[side],
      known,
      listing: listings[side],
      heldToken: status.progress(side).token,
      pool,
      fill: onDone && FirstFill.of(side, { job, known, listings, pool, onDone }),
      signal: options.signal,
      onFetch: (done, total) => options.onProgress?.({ type: 'fetching', collection: name, done, total }),
    }),
  );
  const input = { ...deltas, known };
  const nowMs = options.clock.nowMs();
  if (!options.allowEmpty && job.onEmpty === 'skip')
    assertNotEmptied({ ...input, deletions: deletionsOf(job), name });
  const reading = { status, collections: job.collections, pool, signal: options.signal };
  const writable = { a: isWritable(job, 'a'), b: isWritable(job, 'b') };
  const planned = planCollection({ ...input, landed: await findLanded({ ...input, ...reading }) });
  const settled = await settleConflicts({
    ...reading,
    actions: planned,
    mode: job.conflict,
    kind: job.infos.a.kind,
    writable,
    known,
    retryRefused: options.retryRefused,
    resolutions: options.resolutions,
  });
  const allowed = applyAccess({
    actions: settled.actions,
    writable,
    known,
    retryRefused: options.retryRefused,
    nowMs,
  });
  const conflicts = [...settled.left, ...conflictsOf(settled.actions, known, nowMs)];
  const left = [...doubtsOf(input, nowMs), ...conflicts, ...allowed.refused];
  return { actions: allowed.actions, left, settled: areDoubtsSettled(input), deltas, known, pool };
}

/** Where discovery has told that nothing changed, asking again would cost a request for each collection of a quiet account. */
const nothingNew = (token: SyncToken | undefined): Changes => ({
  complete: false,
  changed: [],
  removed: [],
  unclear: [],
  token,
});

/** Asks one side what changed since it was last read. */
async function ask(job: CollectionJob, side: Side, isComplete: boolean): Promise<Changes> {
  const { collections, status, options } = job;
  const token = isComplete || isCompleteDue(job, side) ? undefined : status.progress(side).token;
  const answer = await collections[side].changes(token, options.signal);
  options.signal?.throwIfAborted();
  return answer;
}

const deletionsOf = ({ collections }: CollectionJob): Record<Side, 'journalled' | 'inferred'> => ({
  a: collections.a.deletions,
  b: collections.b.deletions,
});

/** Does what was planned and remembers how far both sides are dealt with. */
export async function executeRound(
  job: CollectionJob,
  plan: Plan,
  onDone: (write: Write, href: Href) => void,
): Promise<Pick<Ledger, 'raced' | 'relist'>> {
  const { status, options, collections } = job;
  const { actions, known, pool } = plan;
  const leftovers = new OpenLeftovers(status, options.clock);
  const ledger = new Ledger({
    status,
    known,
    leftovers,
    clock: options.clock,
    onDone: countingWrites(job, plan, onDone),
  });
  try {
    await executePlan(actions, { collections, status, ledger, leftovers, pool, signal: options.signal });
  } catch (error) {
    // What was found out about single items is worth keeping, even if all the rest has to be looked at again.
    leftovers.save();
    throw error;
  }
  finish(job, plan, ledger.failures);
  return ledger;
}

function countingWrites(
  job: CollectionJob,
  { actions }: Plan,
  onDone: (write: Write, href: Href) => void,
): typeof onDone {
  const total = actions.flatMap(writesOf).length;
  let done = 0;
  return (write, href) => {
    done += 1;
    job.options.onProgress?.({ type: 'writing', collection: job.name, done, total });
    onDone(write, href);
  };
}

/** Tokens move on even when something is left, as the leftovers carry it; states do not while looking again may help. */
function finish(job: CollectionJob, plan: Plan, failures: readonly Unfinished[]): void {
  const { status, options } = job;
  const settled = plan.settled && failures.every(({ type }) => type === 'refused');
  const atMs = options.clock.nowMs();
  const progressOf = (side: Side): Progress => ({
    token: plan.deltas[side].token,
    state: settled ? stateMarker(job, side) : undefined,
  });
  const run = { a: progressOf('a'), b: progressOf('b'), unfinished: [...plan.left, ...failures], atMs };
  const isFirst = SIDES.every((side) => status.lastCompleteAtMs(side) === undefined);
  if (isFirst || plan.actions.length > 0 || isNews(run, status)) status.finish(run);
  for (const side of SIDES)
    if (plan.deltas[side].complete && isNoteDue(status.lastCompleteAtMs(side), atMs))
      status.setLastComplete(side, atMs);
}
