import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inParallel } from '../../src/sync/in-parallel.ts';

describe('inParallel', () => {
  it('runs at most so many at once, and each once', async () => {
    const seen = new Set<number>();
    let [running, most] = [0, 0];
    await inParallel(3, [1, 2, 3, 4, 5, 6, 7], async (item) => {
      most = Math.max(most, (running += 1));
      await new Promise(setImmediate);
      seen.add(item);
      running -= 1;
    });
    assert.deepEqual([most, seen], [3, new Set([1, 2, 3, 4, 5, 6, 7])]);
  });

  it('begins no more after a failure, and waits for those under way', async () => {
    const ended: number[] = [];
    const run = inParallel(2, [1, 2, 3, 4], async (item) => {
      if (item === 1) throw new Error('first');
      await new Promise(setImmediate);
      ended.push(item);
    });
    await assert.rejects(run, /first/);
    assert.deepEqual(ended, [2]);
  });
});
