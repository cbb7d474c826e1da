import { PimsyncError } from '../core/errors.ts';
import type { Side } from '../core/status.ts';
import type { Href } from '../core/storage.ts';
import { type Write, writesOf } from './action.ts';
import { catchUp } from './catch-up.ts';
import type { CollectionJob } from './collection-job.ts';
import { isQuiet } from './freshness.ts';
import { storedProblems, toChange, toPlanned, toProblems } from './notes.ts';
import { type Change, type CollectionReport, type Problem, toFailure } from './report.ts';
import { executeRound, planRound } from './round.ts';
import type { TextPool } from './text-pool.ts';

/** How often a collection is looked at in one run while others write to it at the same time. */
const MAX_ROUNDS = 3;

export type CollectionResult = Pick<CollectionReport, 'outcome' | 'changes' | 'problems' | 'error'>;

/** Brings two collections to agreement. What the storages would not do is in the result. */
export async function syncCollection(job: CollectionJob): Promise<CollectionResult> {
  const { options } = job;
  const changes: Change[] = [];
  try {
    if (!options.dryRun) await follow(job);
    if (isQuiet(job)) return { outcome: 'quiet', changes, problems: leftOf(job), error: undefined };
    if (options.dryRun) return await planOnly(job);
    const pool = await runRounds(job, changes);
    return { outcome: 'synced', changes, problems: leftOf(job, pool), error: undefined };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof PimsyncError)) throw error;
    return { outcome: 'failed', changes, problems: leftOf(job), error: toFailure(error) };
  }
}

/** Views take over the other side's properties before its items. */
async function follow({ collections, infos, options }: CollectionJob): Promise<void> {
  await collections.a.follow?.(infos.b, options.signal);
  await collections.b.follow?.(infos.a, options.signal);
}

/** Looks and acts, and once more where somebody else wrote at the same time, so that a race is settled without waiting for the next run. */
async function runRounds(job: CollectionJob, changes: Change[]): Promise<TextPool> {
  const written = { a: new Set<Href>(), b: new Set<Href>() };
  let relist: ReadonlySet<Side> = new Set();
  for (let round = 1; ; round += 1) {
    const onDone = (write: Write, href: Href): void => {
      changes.push(toChange(write, href));
      if (write.type !== 'remove') written[write.on].add(href);
    };
    const plan = await planRound(job, { relist, onDone, isFirst: round === 1 });
    const outcome = await executeRound(job, plan, onDone);
    relist = outcome.relist;
    if (outcome.raced && round < MAX_ROUNDS) continue;
    await catchUp(job, written);
    return plan.pool;
  }
}

async function planOnly(job: CollectionJob): Promise<CollectionResult> {
  const { actions, left, pool } = await planRound(job, { relist: new Set(), isFirst: true });
  const sources = { kind: job.infos.a.kind, status: job.status, pool };
  return {
    outcome: 'planned',
    changes: actions.flatMap(writesOf).map((action) => toPlanned(action, sources)),
    problems: toProblems(left, sources),
    error: undefined,
  };
}

const leftOf = ({ infos, status }: CollectionJob, pool?: TextPool): Problem[] =>
  storedProblems(infos.a.kind, status, pool);
