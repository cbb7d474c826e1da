import { openDatabase } from '../cache/database.ts';
import type { StorageConfig } from '../config/config.ts';
import { PimsyncError } from '../core/errors.ts';
import { checkDav } from '../dav/check.ts';
import type { LogLevel } from '../lib/logger.ts';
import { loadFrom } from './config-source.ts';
import { openLog } from './log.ts';
import { askPrompted } from './prompted.ts';
import { ensureStateFolder, statePaths } from './state-paths.ts';
import { davOptions, isDav, openStorage, selectedStorages } from './wiring.ts';

export interface CheckResult {
  readonly storage: string;
  readonly ok: boolean;
  /** What was found, or what is wrong and what to do, a line each. */
  readonly lines: readonly string[];
}

export interface CheckOptions {
  readonly configPath: string | undefined;
  readonly logLevel: LogLevel;
  readonly env: NodeJS.ProcessEnv;
  /** None: every storage of the configuration. */
  readonly pairs: readonly string[];
}

/** `pimsync check`: whether each storage can be reached and read; changes nothing on them. */
export async function checkSetup({
  configPath,
  logLevel,
  env,
  pairs,
}: CheckOptions): Promise<readonly CheckResult[]> {
  const config = await loadFrom({ type: 'file', path: configPath }, env);
  const names = pairs.length === 0 ? new Set(config.storages.keys()) : selectedStorages(config, pairs);
  const prompted = await askPrompted(config, names);
  const paths = statePaths(config.statePath);
  ensureStateFolder(paths);
  const db = openDatabase(paths.database);
  const parts = { db, prompted, log: openLog(logLevel, undefined) };
  try {
    const wanted = [...config.storages.values()].filter(({ name }) => names.has(name));
    return await Promise.all(wanted.map((storage) => checkOne(storage, parts)));
  } finally {
    db.close();
  }
}

async function checkOne(
  config: StorageConfig,
  parts: Parameters<typeof openStorage>[1],
): Promise<CheckResult> {
  if (isDav(config)) {
    const { ok, lines } = await checkDav(davOptions(config, parts));
    return { storage: config.name, ok, lines };
  }
  const storage = openStorage(config, parts);
  try {
    const collections = await storage.discover();
    return { storage: config.name, ok: true, lines: collections.map(({ id }) => `collection ${id}`) };
  } catch (error) {
    if (!(error instanceof PimsyncError)) throw error;
    return { storage: config.name, ok: false, lines: [error.message] };
  } finally {
    await storage.close();
  }
}
