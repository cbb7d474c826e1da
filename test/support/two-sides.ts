import assert from 'node:assert/strict';
import { describeText } from '../../src/core/describe.ts';
import { METADATA_NAMES } from '../../src/core/item-name.ts';
import { parseItem } from '../../src/core/item.ts';
import type { Side } from '../../src/core/status.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { type Pair, syncPair, type SyncOptions } from '../../src/sync/engine.ts';
import type { Change, CollectionReport, PairReport, Problem } from '../../src/sync/report.ts';
import { textOf } from './items.ts';
import { type MemoryCollection, noCalls } from './memory-collection.ts';
import { MemoryPairStatus, type MemoryStatus } from './memory-status.ts';
import { type MemoryOptions, MemoryStorage } from './memory-storage.ts';

/** What a side holds, as a user sees it: UID → title. */
export type Contents = Readonly<Record<string, string>>;

export interface Setup {
  readonly a?: MemoryOptions;
  readonly b?: MemoryOptions;
  readonly onEmpty?: Pair['onEmpty'];
  readonly onDelete?: Pair['onDelete'];
  readonly oneWay?: boolean;
  readonly noDelete?: Pair['noDelete'];
  /** Absent: all. */
  readonly properties?: Pair['properties'];
  /** Absent: `manual`. */
  readonly conflict?: Pair['conflict'];
}

export interface TwoSides {
  readonly a: MemoryCollection;
  readonly b: MemoryCollection;
  readonly pair: Pair;
  readonly status: MemoryStatus;
  /** How each side behaves from now on. */
  readonly options: Readonly<Record<Side, MemoryOptions>>;
  /** Moved by tests, in ms. */
  readonly clock: { ms: number };
  /** Makes a side hold exactly this, as another client would. */
  readonly put: (side: Side, contents: Contents) => void;
  readonly sync: (options?: Partial<SyncOptions>) => Promise<CollectionReport>;
  readonly holds: (side: Side, contents: Contents) => void;
  /** How many writes a side was sent since the start, or since `forgetCalls`. */
  readonly writes: (side: Side, count: number) => void;
  readonly forgetCalls: () => void;
}

/** A pair of one collection, "work", with both sides in step at `start`. */
export async function twoSides(start: Contents, setup: Setup = {}): Promise<TwoSides> {
  const storages = {
    a: new MemoryStorage({ name: 'one', ...setup.a }),
    b: new MemoryStorage({ name: 'two', ...setup.b }),
  };
  const [a, b] = [storages.a.collection('work'), storages.b.collection('work')];
  const sides = { a, b };
  const pairStatus = new MemoryPairStatus();
  const status = pairStatus.open({
    name: 'work',
    a: { id: a.info.id, href: a.info.href },
    b: { id: b.info.id, href: b.info.href },
  });
  const pair: Pair = {
    name: 'pair',
    a: storages.a,
    b: storages.b,
    collections: { type: 'all' },
    onEmpty: setup.onEmpty ?? 'skip',
    onDelete: setup.onDelete ?? 'sync',
    oneWay: setup.oneWay ?? false,
    noDelete: setup.noDelete ?? { a: false, b: false },
    properties: setup.properties ?? METADATA_NAMES,
    conflict: setup.conflict ?? 'manual',
    status: pairStatus,
  };
  const clock = { ms: Date.UTC(2026, 10, 22) };
  const made: TwoSides = {
    a,
    b,
    pair,
    status,
    options: { a: storages.a.options, b: storages.b.options },
    clock,
    put: (side, contents) => putContents(sides[side], contents),
    sync: async (options) => onlyCollection(await syncPair(pair, optionsOf(clock, options))),
    holds: (side, contents) => assert.deepEqual(contentsOf(sides[side]), sorted(contents), `side ${side}`),
    writes: (side, count) => assert.equal(sides[side].writes, count, `writes on side ${side}`),
    forgetCalls: () => {
      a.calls = noCalls();
      b.calls = noCalls();
    },
  };
  if (Object.keys(start).length > 0) {
    made.put('a', start);
    made.put('b', start);
    await made.sync();
    // The first run's own reading is behind both states; one more and the pair is quiet.
    await made.sync();
    made.forgetCalls();
  }
  return made;
}

export const optionsOf = (clock: { ms: number }, options: Partial<SyncOptions> = {}): SyncOptions => ({
  dryRun: false,
  allowEmpty: false,
  deletions: 'hold',
  retryRefused: false,
  clock: { nowMs: () => clock.ms },
  log: silentLogger,
  ...options,
});

/** What a side holds; of several items with one UID, all titles. */
export function contentsOf(collection: MemoryCollection): Contents {
  const found = new Map<string, string[]>();
  for (const text of Object.values(collection.texts())) {
    const uid = parseItem('calendar', text).uid ?? 'no UID';
    found.set(uid, [...(found.get(uid) ?? []), describeText('calendar', text).title ?? '']);
  }
  return sorted(Object.fromEntries([...found].map(([uid, titles]) => [uid, titles.toSorted().join(' + ')])));
}

/** Problems in words: `conflict standup`. */
export const problemsIn = ({ problems }: { readonly problems: readonly Problem[] }): string[] =>
  problems.map(({ type, uid, hrefs }) => `${type} ${uid ?? hrefs.a ?? hrefs.b ?? ''}`);

/** Changes in words: `create standup on b`. */
export const changesIn = ({ changes }: { readonly changes: readonly Change[] }): string[] =>
  changes.map(({ type, uid, on }) => `${type} ${uid ?? 'an item without UID'} on ${on}`);

function putContents(collection: MemoryCollection, contents: Contents): void {
  const now = contentsOf(collection);
  const nameByUid = new Map(
    Object.entries(collection.texts()).map(([name, text]) => [parseItem('calendar', text).uid, name]),
  );
  for (const [uid, name] of nameByUid) if (uid === undefined || !(uid in contents)) collection.drop(name);
  for (const [uid, title] of Object.entries(contents))
    if (now[uid] !== title)
      collection.put(nameByUid.get(uid) ?? `${uid}.ics`, textOf('calendar', uid, title));
}

function onlyCollection(report: PairReport): CollectionReport {
  assert.equal(report.error, undefined);
  const [collection, ...others] = report.collections;
  assert.ok(collection);
  assert.deepEqual(others, []);
  return collection;
}

const sorted = (contents: Contents): Contents =>
  Object.fromEntries(Object.entries(contents).toSorted(([one], [other]) => (one < other ? -1 : 1)));
