import type { Progress, Side, Unfinished } from '../core/status.ts';
import type { Href } from '../core/storage.ts';
import { type Write, writesOf } from './action.ts';
import { SIDES } from './both-sides.ts';
import type { CollectionJob } from './collection-job.ts';
import type { Plan } from './decide.ts';
import { executePlan } from './execute.ts';
import { isFirstRun, isNoteDue } from './freshness.ts';
import { Ledger } from './ledger.ts';
import { isNews } from './news.ts';
import { OpenLeftovers } from './open-leftovers.ts';
import { settingsToKeep } from './settings.ts';

export interface RoundOptions {
  readonly onDone: (write: Write, href: Href) => void;
  /** Sides that this run wrote to before or heard news of: what discovery told of their state is no longer true, or may be older. */
  readonly touched: ReadonlySet<Side>;
}

/** Does what was planned and remembers how far both sides are dealt with. */
export async function executeRound(
  job: CollectionJob,
  plan: Plan,
  { onDone, touched }: RoundOptions,
): Promise<Pick<Ledger, 'raced' | 'relist'>> {
  const { status, options, collections } = job;
  const { actions, deltas, known, pool } = plan;
  const copies = { a: deltas.a.copies, b: deltas.b.copies };
  const leftovers = new OpenLeftovers(status, options.clock);
  const ledger = new Ledger({
    status,
    known,
    leftovers,
    clock: options.clock,
    isConfirmed: options.allowEmpty || options.deletions === 'confirm',
    onDone: countingWrites(job, plan, onDone),
  });
  noteHeld(plan, leftovers);
  try {
    await executePlan(actions, {
      collections,
      copies,
      status,
      ledger,
      leftovers,
      pool,
      signal: options.signal,
    });
  } catch (error) {
    // What was found out about single items is worth keeping, even if all the rest has to be looked at again.
    leftovers.save();
    throw error;
  }
  finish(job, plan, { failures: ledger.failures, touched });
  return ledger;
}

/**
 * Before anything is written: should this run end early, the items that it brings first would hide from the next one that all the
 * others are gone.
 */
function noteHeld({ held, known }: Plan, leftovers: OpenLeftovers): void {
  for (const { left } of held) leftovers.leave(left);
  if (held.some(({ left }) => known.leftovers.get(left.ident)?.type !== 'held')) leftovers.save();
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

/**
 * Tokens move on even when something is left, as the leftovers carry it; states do not while looking again may help, nor on a side that
 * was written to or had news: what it told of its state may be over, and comes back where the state is a digest of the contents (ctags
 * of Radicale 3.1.8) and somebody brings back what was there. The next look that finds nothing new settles it.
 */
function finish(
  job: CollectionJob,
  plan: Plan,
  { failures, touched }: { readonly failures: readonly Unfinished[]; readonly touched: ReadonlySet<Side> },
): void {
  const { status, options, infos } = job;
  const settled = plan.settled && failures.every(({ type }) => type === 'refused');
  const atMs = options.clock.nowMs();
  const written = new Set([...touched, ...plan.actions.flatMap(writesOf).map(({ on }) => on)]);
  const progressOf = (side: Side): Progress => ({
    token: plan.deltas[side].token,
    state: settled && !written.has(side) ? infos[side].state : undefined,
  });
  const run = {
    a: progressOf('a'),
    b: progressOf('b'),
    unfinished: [...plan.left, ...failures],
    atMs,
    settings: settingsToKeep(job, plan.settled),
  };
  if (isFirstRun(status) || plan.actions.length > 0 || isNews(run, status)) status.finish(run);
  for (const side of SIDES)
    if (plan.deltas[side].complete && isNoteDue(status.lastCompleteAtMs(side), atMs))
      status.setLastComplete(side, atMs);
}
