import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PairRunner, type RunOutcome } from '../../src/app/pair-runner.ts';
import { gate } from '../support/gate.ts';

const WELL: RunOutcome = { retry: false, retryAfterSeconds: undefined };
const FAILED: RunOutcome = { retry: true, retryAfterSeconds: undefined };

/** A runner whose clock stands still until `advance`, and whose runs take until `held` is over. */
function setUp({
  intervalMs = 60_000,
  outcome = (): RunOutcome => WELL,
  random = 0,
  held = Promise.resolve(),
} = {}) {
  const state = { nowMs: 1_000_000, runs: 0, editDueMs: undefined as number | undefined };
  let pending: { atMs: number; callback: () => void } | undefined;
  const runner = new PairRunner({
    intervalMs,
    clock: { nowMs: () => state.nowMs },
    random: () => random,
    timer(delayMs, callback) {
      const mine = { atMs: state.nowMs + delayMs, callback };
      pending = mine;
      return () => {
        if (pending === mine) pending = undefined;
      };
    },
    run: async () => {
      state.runs += 1;
      await held;
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

  it('comes once more for a change that is told of during a run', async () => {
    const end = gate();
    const { runner, state, planned, advance } = setUp({ held: end.passed });
    const running = runner.now();
    runner.soon();
    end.open();
    await running;
    assert.equal(planned(), 0);
    await advance(0);
    assert.equal(state.runs, 2);
    assert.equal(planned(), 60_000);
  });

  it('keeps to its pause for a change that is told of during a run that fails', async () => {
    const end = gate();
    const { runner, planned } = setUp({ held: end.passed, outcome: () => FAILED });
    const running = runner.now();
    runner.soon();
    end.open();
    await running;
    assert.equal(planned(), 1_000);
  });

  it('comes for a change as soon as a pause is over that a server asked for although all went well', async () => {
    const outcome = { retry: false, retryAfterSeconds: 20 };
    const { runner, planned } = setUp({ outcome: () => outcome });
    await runner.now();
    assert.equal(planned(), 60_000);
    runner.soon();
    assert.equal(planned(), 20_000);
  });

  describe('that has to begin anew', () => {
    it('comes at once, spread a little, and pauses anew from the shortest time', async () => {
      let outcome = FAILED;
      const { runner, planned, advance } = setUp({ outcome: () => outcome, random: 0.5 });
      await runner.now();
      for (let round = 0; round < 6; round += 1) await advance(planned() ?? 0);
      assert.ok((planned() ?? 0) > 30_000);
      runner.recover();
      assert.equal(planned(), 1_500);
      assert.equal(runner.isBackingOff, false);
      await advance(1_500);
      assert.equal(planned(), 1_050);
      outcome = WELL;
      await advance(1_050);
      assert.equal(planned(), 63_000);
    });

    it('comes before its interval, though its timer slept through the suspend', async () => {
      const { runner, state, planned } = setUp();
      await runner.now();
      state.nowMs += 8 * 3_600_000;
      runner.recover();
      assert.equal(planned(), 0);
    });

    it('keeps to what is left of a pause that a server asked for', async () => {
      const { runner, state, planned } = setUp({ outcome: () => ({ retry: true, retryAfterSeconds: 300 }) });
      await runner.now();
      state.nowMs += 100_000;
      runner.recover();
      assert.equal(planned(), 200_000);
      state.nowMs += 300_000;
      runner.recover();
      assert.equal(planned(), 0);
    });

    it('waits no longer than a server asked for when the clock is set back', async () => {
      const { runner, state, planned } = setUp({ outcome: () => ({ retry: true, retryAfterSeconds: 300 }) });
      await runner.now();
      state.nowMs -= 3_600_000;
      runner.recover();
      assert.equal(planned(), 300_000);
    });

    it('comes once more after a run that is under way', async () => {
      const end = gate();
      const { runner, planned } = setUp({ held: end.passed });
      const running = runner.now();
      runner.recover();
      end.open();
      await running;
      assert.equal(planned(), 0);
    });

    it('does nothing after stop', async () => {
      const { runner, planned } = setUp();
      await runner.now();
      await runner.stop();
      runner.recover();
      runner.soon();
      assert.equal(planned(), undefined);
    });
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
