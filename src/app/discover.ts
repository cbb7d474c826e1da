import { openDatabase } from '../cache/database.ts';
import { PimsyncError, UsageError } from '../core/errors.ts';
import type { ItemKind } from '../core/item.ts';
import type { Storage } from '../core/storage.ts';
import type { LogLevel } from '../lib/logger.ts';
import { loadFrom } from './config-source.ts';
import { openLog } from './log.ts';
import { askPrompted } from './prompted.ts';
import { ensureStateFolder, statePaths } from './state-paths.ts';
import { openStorage } from './wiring.ts';

export interface DiscoveredCollection {
  readonly id: string;
  readonly href: string;
  readonly displayname: string | undefined;
  readonly kind: ItemKind;
  readonly writable: boolean;
  readonly items: number;
}

export interface DiscoveredStorage {
  readonly storage: string;
  readonly collections: readonly DiscoveredCollection[];
  /** Why it could not be read; then there are no collections. */
  readonly error: string | undefined;
}

export interface DiscoverOptions {
  readonly configPath: string | undefined;
  readonly logLevel: LogLevel;
  readonly env: NodeJS.ProcessEnv;
  /** None: all. */
  readonly storages: readonly string[];
}

/** `pimsync discover`: what each storage holds. A storage that fails does not keep the others from being shown. */
export async function discoverStorages(options: DiscoverOptions): Promise<readonly DiscoveredStorage[]> {
  const config = await loadFrom({ type: 'file', path: options.configPath }, options.env);
  const names = options.storages.length === 0 ? [...config.storages.keys()] : options.storages;
  for (const name of names) {
    if (!config.storages.has(name)) {
      throw new UsageError(
        `there is no storage "${name}"; there are: ${[...config.storages.keys()].join(', ')}`,
      );
    }
  }
  const prompted = await askPrompted(config, names);
  const paths = statePaths(config.statePath);
  ensureStateFolder(paths);
  const db = openDatabase(paths.database);
  const log = openLog(options.logLevel, undefined);
  try {
    const wanted = [...config.storages.values()].filter(({ name }) => names.includes(name));
    return await Promise.all(
      wanted.map((storage) => discoverOne(openStorage(storage, { db, log, prompted }))),
    );
  } finally {
    db.close();
  }
}

async function discoverOne(storage: Storage): Promise<DiscoveredStorage> {
  try {
    const collections: DiscoveredCollection[] = [];
    for (const info of await storage.discover()) {
      const { changed } = await storage.open(info).changes(undefined);
      const { id, href, kind, readOnly, properties } = info;
      collections.push({
        id,
        href,
        displayname: properties.displayname,
        kind,
        writable: !readOnly,
        items: changed.length,
      });
    }
    return { storage: storage.name, collections, error: undefined };
  } catch (error) {
    if (!(error instanceof PimsyncError)) throw error;
    return { storage: storage.name, collections: [], error: error.message };
  } finally {
    await storage.close();
  }
}
