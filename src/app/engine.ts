import type { Storage } from '../core/storage.ts';
import { KeyedLock } from '../lib/keyed-lock.ts';
import { Limiter } from '../lib/limiter.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { type Pair, type Progress, syncPair } from '../sync/engine.ts';
import type { PairReport } from '../sync/report.ts';
import { parseSelection } from './selection.ts';

/** A pair with what the schedule needs to know of it. */
export interface EnginePair {
  readonly pair: Pair;
  readonly intervalMs: number;
  /** The mounted storage's name, where side a is the mount's cache. */
  readonly mounted: string | undefined;
}

export interface EngineOptions {
  readonly pairs: readonly EnginePair[];
  readonly storages: readonly Storage[];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface SyncOptions {
  readonly dryRun: boolean;
  readonly allowEmpty: boolean;
  /** A person asked: items that were refused before are tried again. */
  readonly explicit: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((pair: string, progress: Progress) => void) | undefined;
}

/** Pairs under way at once. So many that slow servers do not hold up the others. */
const PARALLEL_PAIRS = 16;

/** All pairs of a configuration and the one way to synchronise them, for `sync`, `daemon` and `mount` alike. */
export class Engine {
  readonly pairs: readonly EnginePair[];
  readonly #storages: readonly Storage[];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #locks = new KeyedLock();
  readonly #limiter = new Limiter(PARALLEL_PAIRS);

  constructor({ pairs, storages, clock, log }: EngineOptions) {
    this.pairs = pairs;
    this.#storages = storages;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Synchronises the pairs that the words name (`PAIR` or `PAIR/COLLECTION`; none: all), several at once; the reports come in the
   * order of the configuration. What fails is in the reports.
   * @throws UsageError for an unknown pair
   */
  async sync(words: readonly string[], options: SyncOptions): Promise<readonly PairReport[]> {
    const names = this.pairs.map(({ pair }) => pair.name);
    const selection = parseSelection(words, names);
    const runs = [...selection].map(([name, only]) => this.syncOne(name, options, only));
    // All of them end before one that was aborted is told of: nothing may use what the caller then closes.
    const ends = await Promise.allSettled(runs);
    return ends.map((end) => {
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    });
  }

  /** One pair; waits while the same pair is under way. */
  async syncOne(name: string, options: SyncOptions, only?: ReadonlySet<string>): Promise<PairReport> {
    const found = this.pairs.find(({ pair }) => pair.name === name);
    if (!found) throw new RangeError(`no pair ${name}`);
    return this.#locks.run(name, () =>
      this.#limiter.run(
        () =>
          syncPair(found.pair, {
            dryRun: options.dryRun,
            allowEmpty: options.allowEmpty,
            retryRefused: options.explicit,
            only,
            clock: this.#clock,
            log: this.#log.child({ pair: name }),
            signal: options.signal,
            onProgress: options.onProgress && ((progress) => options.onProgress?.(name, progress)),
          }),
        options.signal,
      ),
    );
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#storages.map((storage) => storage.close()));
  }
}
