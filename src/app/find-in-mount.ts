import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { type Database, openDatabase } from '../cache/database.ts';
import { AD_HOC_VIEW } from '../config/ad-hoc.ts';
import { ServerError, UsageError } from '../core/errors.ts';
import { adHocStates } from './ad-hoc-states.ts';
import type { CommandBase } from './command-base.ts';
import { loadFrom } from './config-source.ts';
import { ask } from './control.ts';
import type { EngineStatus } from './engine-host.ts';
import type { ShownMount } from './mount-view.ts';
import { statePaths } from './state-paths.ts';

/** A mount, and a path in it. */
export interface InMount {
  readonly statePath: string;
  readonly shown: ShownMount;
  /** Where it is, or would be. */
  readonly mountpoint: string;
  /** The engine that runs now; null: none does, or it does not tell. */
  readonly running: EngineStatus | null;
  /** Names from the mountpoint down; none: that itself. */
  readonly segments: readonly string[];
}

/** Nobody likes to wait; what the state folder has is there at once. */
const PATIENCE_MS = 3_000;

/**
 * The mount that a path leads into: the configured one, mounted or not, or one that was made without a configuration and runs.
 * What the path leads to need not be there.
 * @throws UsageError when it leads into none, ConfigError
 */
export async function findInMount(base: CommandBase, path: string): Promise<InMount> {
  const { mount, statePath } = await loadFrom({ type: 'file', path: base.configPath }, base.env);
  const running = mount ? await askEngine(statePath, base) : null;
  const mountpoint = running?.mountpoint ?? mount?.path;
  const segments = mountpoint === undefined ? undefined : await segmentsIn(mountpoint, path);
  if (mount && mountpoint !== undefined && segments)
    return { statePath, shown: mount, mountpoint, running, segments };
  const adHoc = await findAdHoc(base, path);
  if (adHoc) return adHoc;
  if (mountpoint === undefined) throw new UsageError('nothing is mounted: the configuration has no [mount]');
  throw new UsageError(`${path} is not in the mount at ${mountpoint}`);
}

async function findAdHoc(base: CommandBase, path: string): Promise<InMount | undefined> {
  for (const statePath of await adHocStates(base.env)) {
    const running = await askEngine(statePath, base);
    const { mountpoint } = running ?? {};
    const segments = mountpoint === undefined ? undefined : await segmentsIn(mountpoint, path);
    if (mountpoint !== undefined && segments)
      return { statePath, shown: AD_HOC_VIEW, mountpoint, running, segments };
  }
  return undefined;
}

/** @returns undefined when the path leads elsewhere */
async function segmentsIn(mountpoint: string, path: string): Promise<readonly string[] | undefined> {
  // Links may lead to the mount; the file itself, and its folder, may be deleted already.
  const [root, wanted] = await Promise.all([mountpoint, path].map(withRealFolder));
  const segments = relative(root ?? mountpoint, wanted ?? path).split(sep);
  if (segments[0] === '..') return undefined;
  return segments.filter((segment) => segment !== '');
}

async function withRealFolder(path: string): Promise<string> {
  const full = resolve(path);
  if (full === '/') return full;
  const folder = dirname(full);
  const real = await realpath(folder).catch(() => withRealFolder(folder));
  return join(real, basename(full));
}

/** One that does not answer must not keep anybody from seeing what there is. */
export async function askEngine(
  statePath: string,
  { say }: Pick<CommandBase, 'say'>,
): Promise<EngineStatus | null> {
  try {
    const answer = await ask(statePaths(statePath).socket, { op: 'status' }, { patienceMs: PATIENCE_MS });
    return (answer as EngineStatus | undefined) ?? null;
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    say(`pimsync: ${error.message}`);
    return null;
  }
}

/** @returns undefined when there is no database yet; asking makes none */
export function withDatabase<T>(statePath: string, read: (db: Database) => T): T | undefined {
  const { database } = statePaths(statePath);
  if (!existsSync(database)) return undefined;
  const db = openDatabase(database);
  try {
    return read(db);
  } finally {
    db.close();
  }
}
