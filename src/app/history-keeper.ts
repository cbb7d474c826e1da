import { setImmediate as turn } from 'node:timers/promises';
import type { Database } from '../cache/database.ts';
import { HistoryPurge } from '../cache/history-limits.ts';
import { PimsyncError } from '../core/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Timer } from '../lib/timer.ts';

export interface HistoryKeeperOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Logger;
}

/** A look costs next to nothing, and in a minute nobody fills a disk. */
const EVERY_MS = 60_000;
const LATER = 'old versions could not be purged; tried again in a minute';

/** Keeps the history within its limits, now and then, in the engine's process: no save ever waits for it. */
export class HistoryKeeper {
  readonly #options: HistoryKeeperOptions;
  readonly #purge: HistoryPurge;
  readonly #ending = new AbortController();
  #cancel: () => void = () => {};

  constructor(options: HistoryKeeperOptions) {
    this.#options = options;
    this.#purge = new HistoryPurge(options.db);
  }

  start(): void {
    void this.#round();
  }

  /** The database is not used afterwards. */
  stop(): void {
    this.#ending.abort();
    this.#cancel();
  }

  async #round(): Promise<void> {
    const { clock, timer, log } = this.#options;
    try {
      await purgeHistory(this.#purge, clock, this.#ending.signal);
    } catch (error) {
      // Not even a bug here is a reason to end the engine.
      if (error instanceof PimsyncError) log.warn({ reason: error.message }, LATER);
      else log.error({ err: error }, LATER);
    }
    if (!this.#ending.signal.aborted) this.#cancel = timer(EVERY_MS, () => void this.#round());
  }
}

/** Purges all that is to go, letting others have their turn in between. */
export async function purgeHistory(purge: HistoryPurge, clock: Clock, signal?: AbortSignal): Promise<void> {
  while (purge.step(clock.nowMs())) {
    await turn();
    if (signal?.aborted === true) return;
  }
}
