import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PairRunner, type RunOutcome } from '../../src/app/pair-runner.ts';

const WELL: RunOutcome = { retry: false, retryAfterSeconds: undefined };
const FAILED: RunOutcome = { retry: true, retryAfterSeconds: undefined };

/** A runner whose clock stands still until `advance`, and whose runs end when told so. */
function setUp({ intervalMs = 60_000, outcome = (): RunOutcome => WELL } = {}) {
  const state = { nowMs: 1_000_000, runs: 0, editDueMs: undefined as number | undefined };
  let pending: { atMs: number; callback: () => void } | undefined;
  const runner = new PairRunner({
    intervalMs,
    clock: { nowMs: () => state.nowMs },
    random: () => 0,
    timer(delayMs, callback) {
      const mine = { atMs: state.nowMs + delayMs, callback };
      pending = mine;
      return () => {
        if (pending === mine) pending = undefined;
      };
    },
    run: async () => {
      state.runs += 1;
      return outcome();
    },
    nextEditDueMs: () => state.editDueMs,
  });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    runner,
    state,
    /** Delay until the planned run, in ms. */
    planned: () => (pending === undefined ? undefined : pending.atMs - state.nowMs),
    advance: async (ms: number): Promise<void> => {
      state.nowMs += ms;
      if (pending && pending.atMs <= state.nowMs) {
        const { callback } = pending;
        pending = undefined;
        callback();
      }
      await settle();
    },
  };
}

describe('PairRunner', () => {
  it('comes back after the interval', async () => {
    const { runner, state, planned, advance } = setUp();
    await runner.now();
    assert.equal(planned(), 60_000);
    await advance(60_000);
    assert.equal(state.runs, 2);
  });

  it('comes for an edit when that is due, before the interval', async () => {
    const { runner, state, planned } = setUp();
    await runner.now();
    state.editDueMs = state.nowMs + 2_000;
    runner.edited();
    assert.equal(planned(), 2_000);
  });

  it('is not asked again for an edit before a pause after failure is over', async () => {
    const { runner, state, planned } = setUp({ outcome: () => FAILED });
    await runner.now();
    state.editDueMs = state.nowMs + 10;
    runner.edited();
    assert.equal(planned(), 1_000);
  });

  it('doubles its pause with each failure, and goes back to the interval after a success', async () => {
    let outcome = FAILED;
    const { runner, planned, advance } = setUp({ outcome: () => outcome });
    await runner.now();
    assert.equal(planned(), 1_000);
    await advance(1_000);
    assert.equal(planned(), 2_000);
    await advance(2_000);
    assert.equal(planned(), 4_000);
    outcome = WELL;
    await advance(4_000);
    assert.equal(planned(), 60_000);
  });

  it('never pauses longer than its interval', async () => {
    const { runner, planned, advance } = setUp({ intervalMs: 3_000, outcome: () => FAILED });
    await runner.now();
    for (let round = 0; round < 10; round += 1) await advance(planned() ?? 0);
    assert.equal(planned(), 3_000);
  });

  it('waits as long as a server asks for', async () => {
    const { runner, planned } = setUp({ outcome: () => ({ retry: true, retryAfterSeconds: 300 }) });
    await runner.now();
    assert.equal(planned(), 300_000);
  });

  it('runs once more when asked during a run, however often', async () => {
    const { runner, state } = setUp();
    await Promise.all([runner.now(), runner.now(), runner.now()]);
    assert.equal(state.runs, 2);
  });

  it('comes at once when another pair brought something, but not before a pause is over', async () => {
    let outcome = WELL;
    const { runner, state, planned, advance } = setUp({ outcome: () => outcome });
    await runner.now();
    outcome = { retry: true, retryAfterSeconds: 300 };
    runner.soon();
    await advance(0);
    assert.equal(state.runs, 2);
    runner.soon();
    await advance(0);
    assert.equal(state.runs, 2);
    assert.equal(planned(), 300_000);
  });

  it('plans nothing after stop, and stop waits for the run under way', async () => {
    const { runner, state, planned } = setUp();
    const running = runner.now();
    await runner.stop();
    await running;
    assert.equal(state.runs, 1);
    assert.equal(planned(), undefined);
    await runner.now();
    assert.equal(state.runs, 1);
  });
});
