import { openDatabase } from '../cache/database.ts';
import { PimsyncError, UsageError } from '../core/errors.ts';
import type { ItemKind } from '../core/item.ts';
import type { CollectionInfo, Storage } from '../core/storage.ts';
import { Limiter } from '../lib/limiter.ts';
import { type CommandBase, loadForCommand } from './command-base.ts';
import { askPrompted } from './prompted.ts';
import { ensureStateFolder, statePaths } from './state-paths.ts';
import { openStorage } from './wiring.ts';

export interface DiscoveredCollection {
  readonly id: string;
  readonly href: string;
  readonly displayname: string | undefined;
  readonly kind: ItemKind;
  readonly writable: boolean;
  /** Undefined when it could not be listed. */
  readonly items: number | undefined;
  readonly error: string | undefined;
}

export interface DiscoveredStorage {
  readonly storage: string;
  readonly collections: readonly DiscoveredCollection[];
  /** Why it could not be read; then there are no collections. */
  readonly error: string | undefined;
}

export interface DiscoverOptions extends CommandBase {
  /** None: all. */
  readonly storages: readonly string[];
}

const PARALLEL_STORAGES = 8;

/**
 * `pimsync discover`: what each storage holds. A storage that fails does not keep the others from being shown.
 * @throws ConfigError, StateError; UsageError for an unknown storage
 */
export async function discoverStorages(options: DiscoverOptions): Promise<readonly DiscoveredStorage[]> {
  const { log } = options;
  const config = await loadForCommand(options);
  const known = [...config.storages.keys()];
  for (const name of options.storages) {
    if (!known.includes(name))
      throw new UsageError(`there is no storage "${name}"; there are: ${known.join(', ') || 'none'}`);
  }
  const names = new Set(options.storages.length === 0 ? known : options.storages);
  const prompted = await askPrompted(config, names);
  const paths = statePaths(config.statePath);
  ensureStateFolder(paths);
  const db = openDatabase(paths.database);
  const limiter = new Limiter(PARALLEL_STORAGES);
  try {
    const wanted = [...config.storages.values()].filter(({ name }) => names.has(name));
    return await Promise.all(
      wanted.map((storage) =>
        limiter.run(() => discoverOne(storage.name, () => openStorage(storage, { db, log, prompted }))),
      ),
    );
  } finally {
    db.close();
  }
}

async function discoverOne(name: string, open: () => Storage): Promise<DiscoveredStorage> {
  const opened = await attempt(async () => open());
  if ('error' in opened) return { storage: name, collections: [], error: opened.error };
  const storage = opened.value;
  try {
    const found = await attempt(() => storage.discover());
    if ('error' in found) return { storage: name, collections: [], error: found.error };
    const collections: DiscoveredCollection[] = [];
    for (const info of found.value) collections.push(await describe(storage, info));
    return { storage: name, collections, error: undefined };
  } finally {
    await storage.close();
  }
}

async function describe(storage: Storage, info: CollectionInfo): Promise<DiscoveredCollection> {
  const { id, href, kind, readOnly, properties } = info;
  const listed = await attempt(async () => storage.open(info).changes(undefined));
  return {
    id,
    href,
    displayname: properties.displayname,
    kind,
    writable: !readOnly,
    ...('error' in listed
      ? { items: undefined, error: listed.error }
      : { items: listed.value.changed.length, error: undefined }),
  };
}

/** What the storage would not do, in its words. */
async function attempt<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly error: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof PimsyncError) return { error: error.message };
    throw error;
  }
}
