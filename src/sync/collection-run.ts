import { PimsyncError } from '../core/errors.ts';
import type { Side } from '../core/status.ts';
import type { Href } from '../core/storage.ts';
import type { Write } from './action.ts';
import { catchUp } from './catch-up.ts';
import type { CollectionJob } from './collection-job.ts';
import { decide, type MovedAway } from './decide.ts';
import { isQuiet } from './freshness.ts';
import { type Look, lookAt } from './look.ts';
import { storedProblems, toChange, toTitled } from './notes.ts';
import { planOnly } from './plan-only.ts';
import { type Change, type CollectionReport, type Problem, toFailure } from './report.ts';
import { executeRound } from './round.ts';
import { TextPool } from './text-pool.ts';

/** How often a collection is looked at in one run while others write to it at the same time. */
const MAX_ROUNDS = 3;

export type CollectionResult = Pick<
  CollectionReport,
  'outcome' | 'changes' | 'waiting' | 'problems' | 'error'
>;

/** Two collections that were looked at, and of which nothing was written yet but what a first fill brought. */
export interface OpenCollection {
  readonly job: CollectionJob;
  readonly look: Look;
  readonly movedAway: MovedAway;
  readonly changes: Change[];
  /** Places that were stored to. */
  readonly written: Readonly<Record<Side, Set<Href>>>;
}

export const isOpen = (one: OpenCollection | CollectionResult): one is OpenCollection => 'look' in one;

/** Looks at two collections; they are open then, unless there is nothing to do or they failed. */
export async function openCollection(job: CollectionJob): Promise<OpenCollection | CollectionResult> {
  const { options } = job;
  const changes: Change[] = [];
  const written = { a: new Set<Href>(), b: new Set<Href>() };
  const pool = new TextPool(options.texts);
  const opened = await caught(job, changes, async () => {
    if (!options.dryRun) await follow(job);
    if (isQuiet(job)) return { outcome: 'quiet' as const, changes, problems: leftOf(job), error: undefined };
    const open = { job, movedAway: new Set<never>(), changes, written };
    const onDone = (write: Write, href: Href): void => noteDone(open, write, href);
    const look = await lookAt(job, {
      relist: new Set(),
      isFirst: true,
      pool,
      ...(!options.dryRun && { onDone }),
    });
    return { ...open, look };
  });
  // Its room is for the others.
  if (!isOpen(opened)) pool.clear();
  return opened;
}

/** Brings them to agreement, or tells what would. What the storages would not do is in the result. */
export async function closeCollection(open: OpenCollection): Promise<CollectionResult> {
  const { job, look, changes } = open;
  const result = await caught(job, changes, async () => {
    if (job.options.dryRun) return planOnly(open);
    await runRounds(open);
    return { outcome: 'synced', changes, problems: leftOf(job, look.pool), error: undefined } as const;
  });
  look.pool.clear();
  return result;
}

async function caught<T>(
  job: CollectionJob,
  changes: readonly Change[],
  work: () => Promise<T>,
): Promise<T | CollectionResult> {
  try {
    return await work();
  } catch (error) {
    job.options.signal?.throwIfAborted();
    if (!(error instanceof PimsyncError)) throw error;
    return { outcome: 'failed', changes, problems: leftOf(job), error: toFailure(error) };
  }
}

/** For the report, and for what is told of our own writes afterwards. */
export function noteDone(
  { job, changes, written }: Pick<OpenCollection, 'job' | 'changes' | 'written'>,
  write: Write,
  href: Href,
): void {
  const { infos, status, options } = job;
  const sources = { kind: infos.a.kind, status };
  changes.push(options.titled === true ? toTitled(write, href, sources) : toChange(write, href));
  if (write.type !== 'remove') written[write.on].add(href);
}

/** Views take over the other side's properties before its items. */
async function follow({ collections, infos, options }: CollectionJob): Promise<void> {
  await collections.a.follow?.(infos.b, options.signal);
  await collections.b.follow?.(infos.a, options.signal);
}

/** Acts, and looks and acts once more where somebody else wrote at the same time, so that a race is settled without waiting for the next run. */
async function runRounds(open: OpenCollection): Promise<void> {
  const { job } = open;
  const onDone = (write: Write, href: Href): void => noteDone(open, write, href);
  let { look } = open;
  const touched = new Set<Side>();
  for (let round = 1; ; round += 1) {
    const plan = await decide(job, look, open.movedAway);
    for (const side of [...look.news, ...open.changes.map(({ on }) => on)]) touched.add(side);
    const { raced, relist } = await executeRound(job, plan, { onDone, touched });
    if (!raced || round === MAX_ROUNDS) {
      await catchUp(job, open.written);
      return;
    }
    look = await lookAt(job, { relist, onDone, isFirst: false, pool: look.pool });
  }
}

const leftOf = ({ infos, status }: CollectionJob, pool?: TextPool): Problem[] =>
  storedProblems(infos.a.kind, status, pool);
