import type { Database } from '../cache/database.ts';
import { type FileState, fileState } from '../cache/file-state.ts';
import { readPairOverview } from '../cache/pair-overview.ts';
import { type PendingCollection, readPending } from '../cache/pending.ts';
import type { Config, PairConfig } from '../config/config.ts';
import { UsageError } from '../core/errors.ts';
import { systemClock } from '../lib/clock.ts';
import { storedProblems } from '../sync/notes.ts';
import { itemLines } from '../sync/report-lines.ts';
import type { Problem } from '../sync/report.ts';
import type { CommandBase } from './command-base.ts';
import { loadFrom } from './config-source.ts';
import type { EngineStatus } from './engine-host.ts';
import { askEngine, findInMount, withDatabase } from './find-in-mount.ts';
import { type ShownMount, treePath } from './mount-view.ts';
import { mountPairName } from './selection.ts';

export interface Status {
  /** The engine that runs now; null when none does, or it does not tell. */
  readonly running: EngineStatus | null;
  /** Of the mount. */
  readonly collections: readonly (PendingCollection & NextRun)[];
  /** Of configured pairs. */
  readonly pairs: readonly (PairedCollection & NextRun)[];
}

export interface PairedCollection {
  readonly pair: string;
  /** What people call it: the common id, or the configured alias. */
  readonly collection: string;
  /** On which both sides agree. */
  readonly items: number;
  /** On which they do not. */
  readonly problems: readonly Problem[];
  /** The end of the last finished run; undefined: there was none. */
  readonly finishedAtMs: number | undefined;
}

/** What is wrong with one collection of a pair, one line each, as `sync` tells it. */
export const pairedProblems = ({ pair, collection, problems }: PairedCollection): string[] =>
  itemLines(pair, collection, problems);

interface NextRun {
  /** When it is synchronised next, in ms since 1970; absent while that goes on, and when nothing runs. */
  readonly nextRunMs: number | undefined;
}

interface LastRun {
  readonly finishedAtMs: number | undefined;
}

const latest = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);

/** `pimsync status`: from the state folder alone; a running engine is only asked whether it runs, and when it comes by next. */
export async function readStatus(base: CommandBase): Promise<Status> {
  const config = await loadFrom({ type: 'file', path: base.configPath }, base.env);
  const running = await askEngine(config.statePath, base);
  const withNextRun = <T extends LastRun>(one: T, pair: string): T & NextRun => ({
    ...one,
    // A run that finds nothing to do is written nowhere; the engine knows of it.
    finishedAtMs: latest(one.finishedAtMs, running?.inStepAtMs[pair]),
    nextRunMs: running?.nextRunMs[pair],
  });
  const read = withDatabase(config.statePath, (db) => ({
    collections: mountedCollections(db, config).map((one) => withNextRun(one, mountPairName(one.storage))),
    pairs: [...config.pairs.values()].flatMap((pair) =>
      pairedCollections(db, config, pair).map((one) => withNextRun(one, pair.name)),
    ),
  }));
  return { running, ...(read ?? { collections: [], pairs: [] }) };
}

function pairedCollections(db: Database, { storages }: Config, { name, a }: PairConfig): PairedCollection[] {
  const kind = storages.get(a)?.kind ?? 'calendar';
  return readPairOverview(db, name).map(({ mapping, status, finishedAtMs }) => ({
    pair: name,
    collection: mapping.name,
    items: status.count(),
    problems: storedProblems(kind, status),
    finishedAtMs,
  }));
}

function mountedCollections(db: Database, { mount }: Config): PendingCollection[] {
  const mounted = new Set(mount?.storages ?? []);
  return readPending(db, systemClock.nowMs()).filter(({ storage }) => mounted.has(storage));
}

/**
 * `pimsync status PATH`: the state of one file of the mount.
 * @throws UsageError when the path is not in the mount, or there is no such file
 */
export async function readFileStatus(base: CommandBase, path: string): Promise<FileState> {
  const { statePath, shown, mountpoint, segments } = await findInMount(base, path);
  if (segments.length === 0) throw new UsageError(`${path} is no file in the mount at ${mountpoint}`);
  const state = withDatabase(statePath, (db) => stateAt(db, shown, segments));
  if (!state) throw new UsageError(`there is no file ${path} in the mount`);
  return state;
}

function stateAt(db: Database, shown: ShownMount, segments: readonly string[]): FileState | undefined {
  const inTree = treePath(db, shown, segments);
  return inTree && fileState(db, inTree);
}
