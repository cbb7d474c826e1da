import { randomUUID } from 'node:crypto';
import { openDatabase } from '../cache/database.ts';
import type { Config, StorageConfig } from '../config/config.ts';
import { type ErrorCode, ReadOnlyError, UsageError } from '../core/errors.ts';
import type { CollectionInfo, Storage } from '../core/storage.ts';
import { type CollectionReport, type ItemReport, repairCollection } from '../repair/repair-collection.ts';
import { itemLine } from '../repair/report-lines.ts';
import { type CommandBase, loadForCommand } from './command-base.ts';
import { Hooks } from './hooks.ts';
import { askPrompted } from './prompted.ts';
import { openStorage } from './wiring.ts';

export interface RepairStorageOptions extends CommandBase {
  /** `STORAGE` or `STORAGE/COLLECTION`. */
  readonly place: string;
  /** `false`: only says what it would do. */
  readonly apply: boolean;
  readonly unsafeUids: boolean;
  readonly signal: AbortSignal;
  readonly onLine: (line: RepairLine) => void;
  readonly onRead: (collection: string, done: number, total: number) => void;
}

/** Something to tell at once. */
export interface RepairLine {
  readonly text: string;
  /** It is still wrong afterwards. */
  readonly isProblem: boolean;
}

export interface RepairOutcome {
  /** Plain data. */
  readonly json: unknown;
  /** Could be done, and was only shown. */
  readonly planned: number;
  readonly repaired: number;
  /** Could not be done. */
  readonly left: number;
  readonly unsafe: number;
  /** Of collections that could not be dealt with. */
  readonly codes: readonly ErrorCode[];
}

/**
 * `pimsync repair`: works on the storage itself, and needs neither pimsync's state nor an engine. A running one sees what was done as
 * it sees any other program's edits; every write is conditional, so neither overwrites what the other has just done.
 * @throws ConfigError, UsageError; ReadOnlyError for a feed; PimsyncError when the storage cannot be reached; the signal's reason
 */
export async function repairStorage(options: RepairStorageOptions): Promise<RepairOutcome> {
  const { env, log, signal, onLine } = options;
  const config = await loadForCommand(options);
  const { storage: configured, collection } = placeIn(config, options.place);
  const { name } = configured;
  const prompted = await askPrompted(config, [name], signal);
  const hooks = new Hooks({ config, env, log });
  const db = openDatabase(':memory:');
  try {
    const storage = openStorage(configured, { db, log, prompted, hooks, signal });
    try {
      const infos = chosen(name, await storage.discover(signal), collection);
      const reports = await repairEach(storage, infos, options);
      return outcomeOf(name, options.apply, reports);
    } finally {
      await storage.close();
    }
  } finally {
    db.close();
    for (const failure of hooks.takeFailures(name)) onLine({ text: failure, isProblem: true });
  }
}

interface Place {
  readonly storage: StorageConfig;
  /** Absent: all. */
  readonly collection: string | undefined;
}

function placeIn({ storages }: Config, words: string): Place {
  const slash = storages.has(words) ? -1 : words.indexOf('/');
  const name = slash === -1 ? words : words.slice(0, slash);
  const collection = slash === -1 ? undefined : words.slice(slash + 1);
  const storage = storages.get(name);
  if (!storage) {
    const known = [...storages.keys()].join(', ') || 'none';
    throw new UsageError(`there is no storage "${name}"; there are: ${known}`);
  }
  if (collection === '') throw new UsageError(`"${words}" names no collection; write ${name}/COLLECTION`);
  if (storage.type !== 'webcal') return { storage, collection };
  throw new ReadOnlyError(
    `storage "${name}" is a feed on the web, which nobody can write to; repair the storage that it is copied to`,
  );
}

function chosen(
  storage: string,
  infos: readonly CollectionInfo[],
  collection: string | undefined,
): readonly CollectionInfo[] {
  const found = infos.filter(({ id }) => collection === undefined || id === collection);
  if (found.length > 0 || collection === undefined) return found;
  const known = infos.map(({ id }) => id).join(', ') || 'none';
  throw new UsageError(`storage "${storage}" has no collection "${collection}"; it has: ${known}`);
}

type NamedReport = CollectionReport & { readonly collection: string };

async function repairEach(
  storage: Storage,
  infos: readonly CollectionInfo[],
  options: RepairStorageOptions,
): Promise<readonly NamedReport[]> {
  const { apply, unsafeUids, signal, onLine, onRead } = options;
  const reports: NamedReport[] = [];
  for (const info of infos) {
    const where = `${storage.name}/${info.id}`;
    const report = await repairCollection(storage.open(info), {
      apply,
      unsafeUids,
      nowMs: Date.now(),
      newUid: randomUUID,
      signal,
      onRead: (done, total) => onRead(where, done, total),
      onItem: (item) => onLine({ text: itemLine(where, item), isProblem: isLeft(item) }),
    });
    if (report.error) onLine({ text: `${where}: ${report.error.message}`, isProblem: true });
    reports.push({ collection: info.id, ...report });
  }
  return reports;
}

const isLeft = ({ outcome }: ItemReport): boolean =>
  outcome.type !== 'planned' && outcome.type !== 'repaired';

function outcomeOf(storage: string, applied: boolean, reports: readonly NamedReport[]): RepairOutcome {
  const items = reports.flatMap((report) => report.items);
  const count = (type: ItemReport['outcome']['type']): number =>
    items.filter(({ outcome }) => outcome.type === type).length;
  return {
    json: { storage, applied, collections: reports.map(toJson) },
    planned: count('planned'),
    repaired: count('repaired'),
    left: items.filter(isLeft).length,
    unsafe: reports.reduce((sum, report) => sum + report.unsafe, 0),
    codes: reports.flatMap(({ error }) => error?.code ?? []),
  };
}

const toJson = ({ collection, looked, unsafe, items, error }: NamedReport): unknown => ({
  collection,
  looked,
  unsafe,
  error: error?.message ?? null,
  items: items.map(({ outcome: { type, ...outcome }, ...item }) => ({ ...item, outcome: type, ...outcome })),
});
