import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Engine, type EnginePair } from '../../src/app/engine.ts';
import { Schedule } from '../../src/app/schedule.ts';
import { UnreachableError } from '../../src/core/errors.ts';
import type { Storage } from '../../src/core/storage.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { eventText } from '../support/items.ts';
import { type Gate, gate } from '../support/gate.ts';
import { ManualTimer } from '../support/manual-timer.ts';
import { MemoryPairStatus } from '../support/memory-status.ts';
import { MemoryStorage } from '../support/memory-storage.ts';

const INTERVAL_MS = 60_000;

/** A storage that can be told that somebody changed it, and whose answers can be held back. */
class WatchedStorage extends MemoryStorage {
  readonly watchers = new Set<() => void>();
  hangs: Gate | undefined;

  watch(onChange: () => void): () => void {
    this.watchers.add(onChange);
    return () => void this.watchers.delete(onChange);
  }

  changed(): void {
    for (const watcher of this.watchers) watcher();
  }

  override async discover(signal?: AbortSignal): ReturnType<MemoryStorage['discover']> {
    const found = await super.discover(signal);
    if (this.hangs) await Promise.race([this.hangs.passed, abortedBy(signal)]);
    signal?.throwIfAborted();
    return found;
  }
}

const abortedBy = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });

let time: ManualTimer;
let schedule: Schedule;
let storages: Record<'a' | 'b' | 'c' | 'd', WatchedStorage>;
/** How often each pair has come to an end of a run. */
let runs: Record<string, number>;
let ended: () => void = () => {};

const pairOf = (name: string, a: Storage, b: Storage): EnginePair => ({
  pair: {
    name,
    a,
    b,
    collections: { type: 'all' },
    onEmpty: 'skip',
    onDelete: 'sync',
    oneWay: false,
    noDelete: { a: false, b: false },
    properties: [],
    conflict: 'manual',
    status: new MemoryPairStatus(),
  },
  intervalMs: INTERVAL_MS,
  mounted: undefined,
});

beforeEach(() => {
  time = new ManualTimer();
  runs = { ab: 0, cd: 0 };
  const storage = (name: string): WatchedStorage => {
    const made = new WatchedStorage({ name });
    made.collection('work');
    return made;
  };
  storages = { a: storage('a'), b: storage('b'), c: storage('c'), d: storage('d') };
  const { a, b, c, d } = storages;
  const clock = { nowMs: () => time.nowMs };
  const pairs = [pairOf('ab', a, b), { ...pairOf('cd', c, d), unwatched: true }];
  schedule = new Schedule({
    engine: new Engine({ pairs, storages: [a, b, c, d], clock, log: silentLogger }),
    clock,
    log: silentLogger,
    timer: time.timer,
    random: () => 0,
    nextEditDueMs: () => undefined,
    onReport({ pair }) {
      runs[pair] = (runs[pair] ?? 0) + 1;
      ended();
    },
  });
});
afterEach(() => schedule.stop());

/** Resolves when the pairs have had so many runs. */
async function haveRun(want: Partial<Record<'ab' | 'cd', number>>): Promise<void> {
  while (Object.entries(want).some(([pair, times]) => (runs[pair] ?? 0) < times))
    await new Promise<void>((resolve) => (ended = resolve));
  // What a run leaves to be planned is planned right after its report.
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(runs, { ...runs, ...want });
}

describe('Schedule', () => {
  it('keeps a good pair to its interval while the server of another hangs', async () => {
    storages.a.hangs = gate();
    schedule.start();
    for (let times = 1; times <= 4; times += 1) {
      await haveRun({ cd: times, ab: 0 });
      time.advance(INTERVAL_MS);
    }
    await haveRun({ cd: 5 });
    storages.a.hangs.open();
    await haveRun({ ab: 1 });
  });

  it('keeps a good pair to its interval while another fails and backs off', async () => {
    storages.a.options.failsDiscovery = new UnreachableError('no route');
    schedule.start();
    await haveRun({ ab: 1, cd: 1 });
    time.advance(INTERVAL_MS - 1);
    await haveRun({ cd: 1 });
    assert.ok((runs['ab'] ?? 0) > 1);
    time.advance(1);
    await haveRun({ cd: 2 });
  });

  it('stops although a server hangs', async () => {
    storages.a.hangs = gate();
    schedule.start();
    await haveRun({ cd: 1 });
    await schedule.stop();
    assert.deepEqual(time.delays, []);
  });

  it('synchronises a pair whose storage tells of a change, and no other', async () => {
    schedule.start();
    await haveRun({ ab: 1, cd: 1 });
    storages.b.collection('work').put('1.ics', eventText({ uid: '1' }));
    storages.b.changed();
    time.advance(0);
    await haveRun({ ab: 2, cd: 1 });
    assert.equal(Object.keys(storages.a.collection('work').texts()).length, 1);
  });

  it('synchronises no pair for a change that means nothing to it', async () => {
    schedule.start();
    await haveRun({ ab: 1, cd: 1 });
    storages.c.changed();
    storages.d.changed();
    time.advance(0);
    await haveRun({ ab: 1, cd: 1 });
    assert.equal(storages.c.watchers.size, 0);
  });

  it('loses no change that is told of during a run', async () => {
    storages.a.hangs = gate();
    schedule.start();
    await haveRun({ cd: 1 });
    storages.b.changed();
    storages.a.hangs.open();
    await haveRun({ ab: 1 });
    time.advance(0);
    await haveRun({ ab: 2 });
  });

  it('keeps to its pause when a storage tells of a change while the other side is out of reach', async () => {
    storages.a.options.failsDiscovery = new UnreachableError('no route');
    schedule.start();
    await haveRun({ ab: 1, cd: 1 });
    for (let times = 0; times < 10; times += 1) storages.b.changed();
    time.advance(999);
    await haveRun({ ab: 1 });
    time.advance(1);
    await haveRun({ ab: 2 });
  });

  it('watches from before its first run until its end', async () => {
    assert.equal(storages.a.watchers.size, 0);
    schedule.start();
    assert.equal(storages.a.watchers.size, 1);
    assert.equal(storages.a.calls.discover, 0);
    await haveRun({ ab: 1, cd: 1 });
    await schedule.stop();
    assert.equal(storages.a.watchers.size, 0);
  });

  it('synchronises all pairs after a suspend', async () => {
    schedule.start();
    await haveRun({ ab: 1, cd: 1 });
    schedule.recover();
    time.advance(0);
    await haveRun({ ab: 2, cd: 2 });
  });

  it('tries only what failed when there is a network again', async () => {
    storages.a.options.failsDiscovery = new UnreachableError('no route');
    schedule.start();
    await haveRun({ ab: 1, cd: 1 });
    schedule.retryFailing();
    time.advance(0);
    await haveRun({ ab: 2, cd: 1 });
  });
});
