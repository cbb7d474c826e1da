import { type Clock } from '../lib/clock.ts';
import type { Timer } from '../lib/timer.ts';

/** What a finished run says about when to come again. */
export interface RunOutcome {
  /** Something could not be reached or failed in a way that may pass. */
  readonly retry: boolean;
  /** Seconds the other side asked us to wait. */
  readonly retryAfterSeconds: number | undefined;
}

export interface RunnerOptions {
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timer: Timer;
  readonly run: () => Promise<RunOutcome>;
  /** When local edits become due, in wall-clock ms; undefined: none is waiting. */
  readonly nextEditDueMs: () => number | undefined;
}

const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 5 * 60_000;
/** Spread of the intervals, so that many pairs and machines do not ask a server in the same second. */
const JITTER = 0.1;
/** After a suspend everything is due at once; the pairs begin within this time. */
const RECOVERY_MS = 3_000;

/**
 * Decides when one pair is synchronised: at start, on its interval, when a local edit has had its quiet time, when a storage tells of
 * a change, when asked, and after failures with growing pauses. Runs never overlap; a wish that comes during a run makes one more.
 */
export class PairRunner {
  readonly #options: RunnerOptions;
  #failures = 0;
  #running: Promise<void> | undefined;
  /** Somebody asked, and waits. */
  #again = false;
  /** A wish that waits for a run and for pauses. */
  #soonAtMs: number | undefined;
  #cancelTimer: (() => void) | undefined;
  #stopped = false;
  #nextRunMs: number | undefined;
  #notBeforeMs = 0;
  /** The part of a pause that the other side asked for. */
  #askedPauseMs = 0;
  #pausedAtMs = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** When the next run is planned, for `status`. */
  get nextRunMs(): number | undefined {
    return this.#nextRunMs;
  }

  get isBackingOff(): boolean {
    return this.#failures > 0;
  }

  /** Runs now; when a run is under way, once more after it. Resolves when that is done. */
  async now(): Promise<void> {
    if (this.#stopped) return;
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#unplan();
    this.#running = this.#runUntilQuiet();
    await this.#running;
  }

  /** A local edit was made; comes when it is due. A pair that is backing off keeps to its pause. */
  edited(): void {
    if (!this.#running && !this.#stopped) this.#plan();
  }

  /** Something changed in one of its storages. A pair that is backing off keeps to its pause; the wish is never lost. */
  soon(): void {
    this.#wish(this.#options.clock.nowMs());
  }

  /**
   * What was known about time and network no longer holds (a suspend, a clock that jumped, a network that came back): begins anew,
   * without a pause, except for one that the other side asked for.
   */
  recover(): void {
    const { clock, random } = this.#options;
    const nowMs = clock.nowMs();
    this.#failures = 0;
    // A clock that was set back would make the pause as much longer.
    const restMs = Math.min(this.#pausedAtMs + this.#askedPauseMs - nowMs, this.#askedPauseMs);
    this.#notBeforeMs = nowMs + Math.max(restMs, 0);
    this.#wish(nowMs + RECOVERY_MS * random());
  }

  /** No more runs; waits for the one under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unplan();
    await this.#running;
  }

  #wish(atMs: number): void {
    if (this.#stopped) return;
    this.#soonAtMs = Math.min(this.#soonAtMs ?? Infinity, atMs);
    if (!this.#running) this.#plan();
  }

  async #runUntilQuiet(): Promise<void> {
    try {
      do {
        this.#again = false;
        this.#soonAtMs = undefined;
        this.#remember(await this.#options.run());
      } while (this.#again && !this.#stopped);
    } finally {
      this.#running = undefined;
      if (!this.#stopped) this.#plan();
    }
  }

  #remember({ retry, retryAfterSeconds }: RunOutcome): void {
    const { clock, random, intervalMs } = this.#options;
    this.#failures = retry ? this.#failures + 1 : 0;
    const backoffMs = retry
      ? Math.min(FIRST_BACKOFF_MS * 2 ** (this.#failures - 1), MAX_BACKOFF_MS, intervalMs)
      : 0;
    this.#pausedAtMs = clock.nowMs();
    this.#askedPauseMs = (retryAfterSeconds ?? 0) * 1000;
    this.#notBeforeMs = this.#pausedAtMs + Math.max(backoffMs * (1 + JITTER * random()), this.#askedPauseMs);
  }

  #plan(): void {
    this.#unplan();
    const { clock, random, intervalMs, nextEditDueMs, timer } = this.#options;
    const now = clock.nowMs();
    const byInterval = this.#failures > 0 ? this.#notBeforeMs : now + intervalMs * (1 + JITTER * random());
    const byWish = Math.min(nextEditDueMs() ?? Infinity, this.#soonAtMs ?? Infinity);
    this.#nextRunMs = Math.max(Math.min(byWish, byInterval), this.#notBeforeMs, now);
    this.#cancelTimer = timer(this.#nextRunMs - now, () => void this.now());
  }

  #unplan(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#nextRunMs = undefined;
  }
}
