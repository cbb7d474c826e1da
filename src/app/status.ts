import { existsSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { openDatabase } from '../cache/database.ts';
import { type FileState, fileState } from '../cache/file-state.ts';
import { type PendingCollection, readPending } from '../cache/pending.ts';
import { createPairStatus } from '../cache/status-store.ts';
import { UsageError } from '../core/errors.ts';
import type { Unfinished } from '../core/status.ts';
import { systemClock } from '../lib/clock.ts';
import { loadFrom } from './config-source.ts';
import { ask } from './control.ts';
import type { EngineStatus } from './engine-host.ts';
import { treePath } from './mount-view.ts';
import { statePaths } from './state-paths.ts';

export interface Status {
  /** The engine that runs now; null when none does. */
  readonly running: EngineStatus | null;
  /** Of the mount. */
  readonly collections: readonly PendingCollection[];
  /** Of configured pairs: what is left over from their last run. */
  readonly pairs: readonly PairLeftovers[];
}

export interface PairLeftovers {
  readonly pair: string;
  readonly collection: string;
  readonly items: number;
  readonly unfinished: readonly Unfinished[];
}

export interface StatusOptions {
  readonly configPath: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** `pimsync status`: from the state folder alone; a running engine is only asked whether it runs, and when it comes by next. */
export async function readStatus({ configPath, env }: StatusOptions): Promise<Status> {
  const config = await loadFrom({ type: 'file', path: configPath }, env);
  const paths = statePaths(config.statePath);
  const running = ((await ask(paths.socket, { op: 'status' })) as EngineStatus | undefined) ?? null;
  if (!existsSync(paths.database)) return { running, collections: [], pairs: [] };
  const db = openDatabase(paths.database);
  try {
    const mounted = new Set(config.mount?.storages ?? []);
    return {
      running,
      collections: readPending(db, systemClock.nowMs()).filter(({ storage }) => mounted.has(storage)),
      pairs: [...config.pairs.keys()].flatMap((pair) => leftoversOf(createPairStatus(db, pair), pair)),
    };
  } finally {
    db.close();
  }
}

function leftoversOf(status: ReturnType<typeof createPairStatus>, pair: string): PairLeftovers[] {
  return status.mappings().map((mapping) => {
    const store = status.open(mapping);
    return { pair, collection: mapping.name, items: store.count(), unfinished: store.unfinished() };
  });
}

/**
 * `pimsync status PATH`: the state of one file of the mount.
 * @throws UsageError when the path is not in the mount, or there is no such file
 */
export async function readFileStatus({ configPath, env }: StatusOptions, path: string): Promise<FileState> {
  const config = await loadFrom({ type: 'file', path: configPath }, env);
  const paths = statePaths(config.statePath);
  const running = (await ask(paths.socket, { op: 'status' })) as EngineStatus | undefined;
  const { mount } = config;
  if (!mount) throw new UsageError('nothing is mounted: the configuration has no [mount]');
  const segments = relative(running?.mountpoint ?? mount.path, resolve(path)).split(sep);
  if (segments[0] === '..')
    throw new UsageError(`${path} is not in the mount at ${running?.mountpoint ?? mount.path}`);
  const db = openDatabase(paths.database);
  try {
    const inTree = treePath(db, mount, segments);
    const state = inTree && fileState(db, inTree);
    if (!state) throw new UsageError(`there is no file ${path} in the mount`);
    return state;
  } finally {
    db.close();
  }
}
