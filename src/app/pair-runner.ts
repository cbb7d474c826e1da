import { type Clock } from '../lib/clock.ts';

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
  /** Calls back once after `delayMs`; returns its own cancellation. */
  readonly timer: (delayMs: number, callback: () => void) => () => void;
  readonly run: () => Promise<RunOutcome>;
  /** When local edits become due, in wall-clock ms; undefined: none is waiting. */
  readonly nextEditDueMs: () => number | undefined;
}

const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 5 * 60_000;
/** Spread of the intervals, so that many pairs and machines do not ask a server in the same second. */
const JITTER = 0.1;

/**
 * Decides when one pair is synchronised: at start, on its interval, when a local edit has had its quiet time, when asked, and after
 * failures with growing pauses. Runs never overlap; a wish that comes during a run makes one more.
 */
export class PairRunner {
  readonly #options: RunnerOptions;
  #failures = 0;
  #running: Promise<void> | undefined;
  #again = false;
  #cancelTimer: (() => void) | undefined;
  #stopped = false;
  #nextRunMs: number | undefined;
  #notBeforeMs = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** When the next run is planned, for `status`. */
  get nextRunMs(): number | undefined {
    return this.#nextRunMs;
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

  /** Another pair brought something to one of its storages. A pair that is backing off keeps to its pause. */
  soon(): void {
    if (this.#options.clock.nowMs() >= this.#notBeforeMs) void this.now();
  }

  /** No more runs; waits for the one under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unplan();
    await this.#running;
  }

  async #runUntilQuiet(): Promise<void> {
    try {
      do {
        this.#again = false;
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
    const pauseMs = Math.max(backoffMs * (1 + JITTER * random()), (retryAfterSeconds ?? 0) * 1000);
    this.#notBeforeMs = clock.nowMs() + pauseMs;
  }

  #plan(): void {
    this.#unplan();
    const { clock, random, intervalMs, nextEditDueMs, timer } = this.#options;
    const now = clock.nowMs();
    const byInterval = this.#failures > 0 ? this.#notBeforeMs : now + intervalMs * (1 + JITTER * random());
    const byEdit = nextEditDueMs();
    const due = byEdit === undefined ? byInterval : Math.max(Math.min(byEdit, byInterval), this.#notBeforeMs);
    this.#nextRunMs = Math.max(due, now);
    this.#cancelTimer = timer(this.#nextRunMs - now, () => void this.now());
  }

  #unplan(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#nextRunMs = undefined;
  }
}
