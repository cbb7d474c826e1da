import { openDatabase } from '../cache/database.ts';
import type { Config, StorageConfig } from '../config/config.ts';
import { PimsyncError } from '../core/errors.ts';
import { checkDav } from '../dav/check.ts';
import { Limiter } from '../lib/limiter.ts';
import { type CommandBase, loadForCommand } from './command-base.ts';
import { askPrompted } from './prompted.ts';
import { davOptions, isDav, openStorage, selectedStorages, type StorageParts } from './wiring.ts';

export interface CheckResult {
  readonly storage: string;
  readonly ok: boolean;
  /** What was found, or what is wrong and what to do, a line each. */
  readonly lines: readonly string[];
}

export interface CheckOptions extends CommandBase {
  /** None: every storage of the configuration. */
  readonly pairs: readonly string[];
}

const PARALLEL_STORAGES = 8;

/**
 * `pimsync check`: whether each storage can be reached and read. Changes nothing, neither there nor in the state folder, and uses
 * nothing that was remembered.
 * @throws ConfigError; UsageError for an unknown pair
 */
export async function checkSetup(options: CheckOptions): Promise<readonly CheckResult[]> {
  const config = await loadForCommand(options);
  const names = namesWanted(config, options.pairs);
  const prompted = await askPrompted(config, names);
  const db = openDatabase(':memory:');
  const parts: StorageParts = { db, prompted, log: options.log };
  const limiter = new Limiter(PARALLEL_STORAGES);
  try {
    const wanted = [...config.storages.values()].filter(({ name }) => names.has(name));
    return await Promise.all(wanted.map((storage) => limiter.run(() => checkOne(storage, parts))));
  } finally {
    db.close();
  }
}

const namesWanted = (config: Config, pairs: readonly string[]): ReadonlySet<string> =>
  pairs.length === 0 ? new Set(config.storages.keys()) : selectedStorages(config, pairs);

async function checkOne(config: StorageConfig, parts: StorageParts): Promise<CheckResult> {
  try {
    const found = isDav(config)
      ? await checkDav(davOptions(config, parts))
      : { ok: true, lines: await collectionsOf(config, parts) };
    return { storage: config.name, ...found };
  } catch (error) {
    if (!(error instanceof PimsyncError)) throw error;
    return { storage: config.name, ok: false, lines: [error.message] };
  }
}

async function collectionsOf(config: StorageConfig, parts: StorageParts): Promise<string[]> {
  const storage = openStorage(config, parts);
  try {
    const collections = await storage.discover();
    if (collections.length === 0) return ['no collections yet'];
    return collections.map(({ id, readOnly }) => `collection ${id}${readOnly ? ', read-only' : ''}`);
  } finally {
    await storage.close();
  }
}
