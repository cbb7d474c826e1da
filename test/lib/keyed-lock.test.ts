import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KeyedLock } from '../../src/lib/keyed-lock.ts';

const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('KeyedLock', () => {
  it('runs tasks of one name one after another, also after one that failed', async () => {
    const lock = new KeyedLock();
    const log: string[] = [];
    const step =
      (name: string, fails = false) =>
      async (): Promise<void> => {
        log.push(`${name} begins`);
        await settle();
        log.push(`${name} ends`);
        if (fails) throw new Error('broken');
      };
    const all = [lock.run('x', step('a')), lock.run('x', step('b', true)), lock.run('x', step('c'))];
    const results = await Promise.allSettled(all);
    assert.deepEqual(log, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('lets tasks of other names run meanwhile', async () => {
    const lock = new KeyedLock();
    let release: () => void = () => {};
    const held = lock.run('x', () => new Promise<void>((resolve) => (release = resolve)));
    assert.equal(await lock.run('y', async () => 'free'), 'free');
    release();
    await held;
  });
});
