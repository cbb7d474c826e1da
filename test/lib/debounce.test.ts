import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Debounce } from '../../src/lib/debounce.ts';
import { ManualTimer } from '../support/manual-timer.ts';

describe('Debounce', () => {
  let time: ManualTimer;
  let runs: number[];
  let debounce: Debounce;
  beforeEach(() => {
    time = new ManualTimer();
    runs = [];
    const { timer } = time;
    debounce = new Debounce({ quietMs: 300, mostMs: 2000, timer, run: () => runs.push(time.nowMs) });
  });

  it('calls once, when it has been quiet', () => {
    debounce.poke();
    time.advance(200);
    debounce.poke();
    time.advance(299);
    assert.deepEqual(runs, []);
    time.advance(5000);
    assert.deepEqual(runs, [500]);
  });

  it('waits for quiet no longer than the longest time', () => {
    for (let times = 0; times < 30; times += 1) {
      debounce.poke();
      time.advance(100);
    }
    time.advance(5000);
    assert.deepEqual(runs, [2000, 3200]);
  });

  it('forgets what happened before it was cancelled, and goes on afterwards', () => {
    debounce.poke();
    debounce.cancel();
    time.advance(5000);
    assert.deepEqual(runs, []);
    debounce.poke();
    time.advance(300);
    assert.deepEqual(runs, [5300]);
  });
});
