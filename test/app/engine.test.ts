import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine, type EnginePair } from '../../src/app/engine.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { eventText } from '../support/items.ts';
import { MemoryPairStatus } from '../support/memory-status.ts';
import { MemoryStorage } from '../support/memory-storage.ts';

const event = (uid: string, summary: string): string => eventText({ uid, summary });
const EXPLICIT = { dryRun: false, allowEmpty: false, explicit: true } as const;

/** One storage a letter, each with a collection "work"; a pair for each two letters: `ab`. */
function engineOf(...pairs: readonly string[]): {
  engine: Engine;
  at: (storage: string) => ReturnType<MemoryStorage['collection']>;
} {
  const storages = new Map([...new Set(pairs.join(''))].map((name) => [name, new MemoryStorage({ name })]));
  const storage = (name: string): MemoryStorage => {
    const found = storages.get(name);
    assert.ok(found);
    return found;
  };
  for (const one of storages.values()) one.collection('work');
  const made = pairs.map((name): EnginePair => ({
    pair: {
      name,
      a: storage(name.charAt(0)),
      b: storage(name.charAt(1)),
      collections: { type: 'all' },
      onEmpty: 'skip',
      onDelete: 'sync',
      oneWay: false,
      noDelete: { a: false, b: false },
      properties: [],
      conflict: 'manual',
      status: new MemoryPairStatus(),
    },
    intervalMs: 1000,
    mounted: undefined,
  }));
  const clock = { nowMs: (): number => Date.now() };
  const engine = new Engine({ pairs: made, storages: [...storages.values()], clock, log: silentLogger });
  return { engine, at: (name) => storage(name).collection('work') };
}

describe('pairs that share storages', () => {
  for (const order of [
    ['ab', 'bc', 'cd'],
    ['cd', 'bc', 'ab'],
  ]) {
    it(`carry a change from one end to the other in one run, whatever their order: ${order.join(', ')}`, async () => {
      const { engine, at } = engineOf(...order);
      at('a').put('1.ics', event('1', 'tea'));
      const reports = await engine.sync([], EXPLICIT);
      assert.deepEqual(Object.values(at('d').texts()), Object.values(at('a').texts()));
      assert.deepEqual(
        reports.map(({ pair, collections }) => [pair, collections.flatMap(({ changes }) => changes).length]),
        order.map((pair) => [pair, 1]),
      );
      at('d').put('2.ics', event('2', 'cake'));
      await engine.sync([], EXPLICIT);
      assert.equal(Object.keys(at('a').texts()).length, 2);
    });
  }

  it('are looked at once when there is nothing to do', async () => {
    const { engine, at } = engineOf('ab', 'bc');
    at('a').put('1.ics', event('1', 'tea'));
    // The second run takes note of the states after the first one's writes.
    for (const _ of [1, 2]) await engine.sync([], EXPLICIT);
    const calls = at('b').calls.changes;
    const reports = await engine.sync([], EXPLICIT);
    assert.equal(at('b').calls.changes, calls);
    assert.deepEqual(
      reports.flatMap(({ collections }) => collections.map(({ outcome }) => outcome)),
      ['quiet', 'quiet'],
    );
  });

  it('that were not asked for are left alone', async () => {
    const { engine, at } = engineOf('ab', 'bc');
    at('a').put('1.ics', event('1', 'tea'));
    await engine.sync(['ab'], EXPLICIT);
    assert.deepEqual([Object.keys(at('b').texts()).length, Object.keys(at('c').texts()).length], [1, 0]);
  });

  it('come to an end in a ring in which each rewrites what it stores', async () => {
    const { engine, at } = engineOf('ab', 'bc', 'ca');
    at('a').put('1.ics', event('1', 'tea'));
    const reports = await engine.sync([], EXPLICIT);
    assert.equal(reports.length, 3);
    for (const name of ['b', 'c']) assert.equal(Object.keys(at(name).texts()).length, 1);
  });
});
