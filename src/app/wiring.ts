import { readFileSync } from 'node:fs';
import type { Database } from '../cache/database.ts';
import { setHistoryLimits } from '../cache/history-limits.ts';
import { createItemStore } from '../cache/item-store.ts';
import { createMemo } from '../cache/memo-store.ts';
import type { Publisher } from '../cache/publisher.ts';
import { createPairStatus } from '../cache/status-store.ts';
import type {
  Config,
  DavStorageConfig,
  MountConfig,
  PairConfig,
  RemoteStorageConfig,
  StorageConfig,
} from '../config/config.ts';
import { resolveSecret } from '../config/resolve-secret.ts';
import { AuthError, ConfigError } from '../core/errors.ts';
import { METADATA_NAMES } from '../core/item-name.ts';
import { collectionId, type Storage } from '../core/storage.ts';
import { createDavStorage } from '../dav/storage.ts';
import { OriginLimits } from '../http/origin-limits.ts';
import type { Clock } from '../lib/clock.ts';
import { Limiter } from '../lib/limiter.ts';
import type { Logger } from '../lib/logger.ts';
import { createVdirStorage } from '../vdir/storage.ts';
import { createWebcalStorage } from '../webcal/storage.ts';
import { conflictsOfPair } from './conflict-wiring.ts';
import { Engine, type EnginePair } from './engine.ts';
import { Hooks } from './hooks.ts';
import { PassingMemo } from './passing-memo.ts';
import { mountPairName, parseSelection } from './selection.ts';
import { programVersion } from './version.ts';

export interface WiringOptions {
  readonly config: Config;
  /** Passwords typed at the terminal, by storage. */
  readonly prompted: Readonly<Record<string, string>>;
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** The live mount, where there is one. */
  readonly publisher: () => Publisher | undefined;
  /** `true` while everything pending has to go out now (unmount, explicit sync): edits have no quiet time then. */
  readonly hurry: () => boolean;
  /** What storages want to remember for the next run is forgotten with this one. */
  readonly forgetful?: boolean;
  /** A person sits in front of this process: programs that decide about conflicts may ask. */
  readonly atTerminal?: boolean;
  /** Ends the programs that are to print passwords. */
  readonly signal?: AbortSignal;
}

/** Programs that decide about conflicts at once, where nobody watches them. */
const PARALLEL_COMMANDS = 4;

/** All pairs of a configuration: the mount's own first, then the configured ones. */
export const pairNames = ({ mount, pairs }: Config): string[] => [
  ...(mount?.storages ?? []).map(mountPairName),
  ...pairs.keys(),
];

/** The storages that a pair ties together; for a mounted storage, that one. */
export function storagesOfPair(config: Config, name: string): string[] {
  const pair = config.pairs.get(name);
  if (pair) return [pair.a, pair.b];
  return (config.mount?.storages ?? []).filter((storage) => mountPairName(storage) === name);
}

/** The storages of the pairs that words of the command line name. @throws UsageError for an unknown pair */
export const selectedStorages = (config: Config, words: readonly string[]): ReadonlySet<string> =>
  new Set(
    [...parseSelection(words, pairNames(config)).keys()].flatMap((name) => storagesOfPair(config, name)),
  );

/** Puts storages, cache and status together into an engine: the only place that constructs them. */
export function openEngine(options: WiringOptions): Engine {
  const { config, db, clock, log } = options;
  const { mount } = config;
  if (mount && options.forgetful !== true)
    setHistoryLimits(db, { keepMs: mount.historyMs, maxBytes: mount.historyBytes });
  const hooks = new Hooks({ config, env: process.env, log });
  // Nobody can look at two at once.
  const commands = new Limiter(options.atTerminal === true ? 1 : PARALLEL_COMMANDS);
  const parts = { ...options, limits: new OriginLimits(), hooks, commands };
  const opened = new Map<string, Storage>();
  const storage = (name: string): Storage => {
    const known = opened.get(name) ?? openStorage(storageConfig(config, name), parts);
    opened.set(name, known);
    return known;
  };
  const pairs = pairNames(config).map((name) => {
    const pair = config.pairs.get(name);
    if (pair) return configuredPair(pair, parts, storage);
    const [mounted = ''] = storagesOfPair(config, name);
    return mountPair(mounted, parts, storage(mounted));
  });
  return new Engine({ pairs, storages: [...opened.values()], clock, log });
}

type PairParts = WiringOptions & {
  readonly hooks: Hooks;
  /** Of the programs that decide about conflicts. */
  readonly commands: Limiter;
};

function configuredPair(
  configured: PairConfig,
  parts: PairParts,
  storage: (name: string) => Storage,
): EnginePair {
  const { config, db, hooks } = parts;
  const { name, a, b, collections, onEmpty, onDelete, oneWay, properties, conflict } = configured;
  const { mode, command } = conflictsOfPair(name, conflict, parts);
  return {
    pair: {
      name,
      a: storage(a),
      b: storage(b),
      collections,
      onEmpty,
      onDelete,
      oneWay,
      noDelete: { a: storageConfig(config, a).noDelete, b: storageConfig(config, b).noDelete },
      properties,
      conflict: mode,
      status: createPairStatus(db, name),
    },
    ...pairTimes(storageConfig(config, a), storageConfig(config, b)),
    mounted: undefined,
    titled: configured.onChange !== undefined,
    afterRun: (report, signal) => hooks.afterRun(configured, report, signal),
    command,
  };
}

/** What happens beside a feed is sent nowhere, so looking there more often would only trouble the feed's server. */
function pairTimes(a: StorageConfig, b: StorageConfig): Pick<EnginePair, 'intervalMs' | 'unwatched'> {
  const feed = [a, b].find(({ type }) => type === 'webcal');
  return feed
    ? { intervalMs: feed.intervalMs, unwatched: true }
    : { intervalMs: Math.min(a.intervalMs, b.intervalMs) };
}

/** The mount's cache is side a: what a person sees and edits; the real storage is side b. */
function mountPair(name: string, parts: PairParts, real: Storage): EnginePair {
  const { config, db, clock, log, publisher, hurry, hooks } = parts;
  const { writeDelayMs, deleteDelayMs, conflict } = mountConfig(config);
  const cache = createItemStore({
    db,
    storage: name,
    kind: real.kind,
    readOnly: storageConfig(config, name).readOnly,
    clock,
    delays: () => (hurry() ? { writeDelayMs: 0, deleteDelayMs: 0 } : { writeDelayMs, deleteDelayMs }),
    publisher,
    log,
  });
  const pairName = mountPairName(name);
  const { mode, command } = conflictsOfPair(pairName, conflict, parts);
  return {
    pair: {
      name: pairName,
      a: cache,
      b: real,
      collections: { type: 'all' },
      onEmpty: 'skip',
      onDelete: 'sync',
      oneWay: false,
      noDelete: { a: false, b: storageConfig(config, name).noDelete },
      properties: METADATA_NAMES,
      conflict: mode,
      status: createPairStatus(db, pairName),
    },
    intervalMs: storageConfig(config, name).intervalMs,
    mounted: name,
    afterRun: (report, signal) =>
      hooks.afterRun({ name: pairName, a: name, b: name, onChange: undefined }, report, signal),
    command,
  };
}

/** What storages are made of beside their configuration. */
export interface StorageParts extends Pick<
  WiringOptions,
  'db' | 'log' | 'prompted' | 'forgetful' | 'signal'
> {
  /** Shared by the storages of an engine. */
  readonly limits?: OriginLimits;
  /** Absent: nothing is written. */
  readonly hooks?: Hooks;
}

/** Opens one storage by itself, for `check` and `discover`; the caller closes it. */
export function openStorage(config: StorageConfig, options: StorageParts): Storage {
  const { name, kind, readOnly, maxItemBytes } = config;
  const log = options.log.child({ storage: name });
  if (isDav(config)) return createDavStorage(davOptions(config, options));
  if (config.type === 'webcal') {
    const collection = collectionId(config.collection);
    return createWebcalStorage({ ...remoteOptions(config, options), collection });
  }
  const { path, fileext, watch: watched } = config;
  const hooks = options.hooks?.ofVdir(config);
  return createVdirStorage({
    name,
    kind,
    path,
    fileext,
    readOnly,
    maxItemBytes,
    watched,
    log,
    ...(hooks && { hooks }),
  });
}

export const isDav = (config: StorageConfig): config is DavStorageConfig =>
  config.type === 'caldav' || config.type === 'carddav';

/** How a DAV storage is reached. */
export const davOptions = (
  config: DavStorageConfig,
  parts: StorageParts,
): Parameters<typeof createDavStorage>[0] => ({
  ...remoteOptions(config, parts),
  kind: config.kind,
  readOnly: config.readOnly,
  window: config.window,
});

type RemoteOptions = Omit<Parameters<typeof createWebcalStorage>[0], 'collection'>;

/** How anything is reached over HTTP; its password is asked for at the first request. */
function remoteOptions(config: RemoteStorageConfig, parts: StorageParts): RemoteOptions {
  const { name, url, username, timeoutMs, userAgent, tlsRoot, headers } = config;
  const { maxItemBytes, maxResponseBytes } = config;
  const { db, log, forgetful, limits } = parts;
  return {
    name,
    url,
    username,
    password: () => passwordOf(config, parts),
    timeoutMs,
    userAgent: userAgent ?? `pimsync/${programVersion()}`,
    tlsRoot: tlsRoot === undefined ? undefined : readTlsRoot(name, tlsRoot),
    headers: new Map(Object.entries(headers)),
    maxItemBytes,
    maxResponseBytes,
    limits,
    memo: forgetful === true ? new PassingMemo(createMemo(db, name)) : createMemo(db, name),
    log: log.child({ storage: name }),
  };
}

async function passwordOf(
  { name, password }: RemoteStorageConfig,
  { prompted, signal }: StorageParts,
): Promise<string | undefined> {
  if (password === undefined) return undefined;
  if (password.type === 'prompt') {
    const typed = prompted[name];
    if (typed !== undefined) return typed;
    throw new AuthError(
      `storage "${name}": its password has to be typed, and this process was not started for it`,
    );
  }
  return (await resolveSecret(password, { storage: name, env: process.env, signal })).reveal();
}

function readTlsRoot(storage: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      `storage "${storage}": tls_root ${path} cannot be read: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function storageConfig({ storages }: Config, name: string): StorageConfig {
  const found = storages.get(name);
  if (!found) throw new RangeError(`no storage ${name}`);
  return found;
}

function mountConfig({ mount }: Config): MountConfig {
  if (!mount) throw new RangeError('nothing is mounted');
  return mount;
}
