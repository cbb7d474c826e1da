import { setTimeout as wait } from 'node:timers/promises';
import { type Clock, systemClock } from '../lib/clock.ts';

/** Time and chance, handed in so that tests need no waiting. */
export interface Timing {
  /** Rejects when `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
  /** From 0 to 1, 1 excluded. */
  random(): number;
  readonly clock: Clock;
}

export const systemTiming: Timing = {
  async sleep(ms, signal) {
    await wait(ms, undefined, signal ? { signal } : {});
  },
  random: () => Math.random(),
  clock: systemClock,
};
