import { UsageError } from '../core/errors.ts';
import type { Storage } from '../core/storage.ts';
import { KeyedLock } from '../lib/keyed-lock.ts';
import { Limiter } from '../lib/limiter.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { type HeldDeletions, type Pair, type Progress, syncPair } from '../sync/engine.ts';
import { type ConflictPlace, type ConflictTexts, readConflict } from '../sync/read-conflict.ts';
import { joinReports, type PairReport, writtenSides } from '../sync/report.ts';
import type { Resolution } from '../sync/resolution.ts';
import { type ConflictCommandOf, ConflictCommands } from './conflict-commands.ts';
import { parseSelection, type Selection } from './selection.ts';

/** A pair with what the schedule needs to know of it. */
export interface EnginePair {
  readonly pair: Pair;
  readonly intervalMs: number;
  /** The mounted storage's name, where side a is the mount's cache. */
  readonly mounted: string | undefined;
  /** What happens in its storages is no reason for a run. */
  readonly unwatched?: boolean;
  /** Its runs are reported with the titles of what they changed. */
  readonly titled?: boolean;
  /** What is to follow a run that was no dry one; what there is to tell of it goes into the report. Never rejects. */
  readonly afterRun?: (report: PairReport, signal: AbortSignal | undefined) => Promise<readonly string[]>;
  /** Decides about items that both sides changed, where the configuration names one. */
  readonly command?: ConflictCommandOf | undefined;
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
  /** Absent: `hold`. */
  readonly deletions?: HeldDeletions | undefined;
  /** A person asked: items that were refused before are tried again. */
  readonly explicit: boolean;
  /** What a person decided about items in conflict. */
  readonly resolutions?: readonly Resolution[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((pair: string, progress: Progress) => void) | undefined;
}

/** Pairs under way at once. So many that slow servers do not hold up the others. */
const PARALLEL_PAIRS = 16;
const BY_ITSELF = { dryRun: false, allowEmpty: false, explicit: false } as const;

/** All pairs of a configuration and the one way to synchronise them, for `sync`, `daemon` and `mount` alike. */
export class Engine {
  readonly pairs: readonly EnginePair[];
  readonly #storages: readonly Storage[];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #locks = new KeyedLock();
  readonly #limiter = new Limiter(PARALLEL_PAIRS);
  readonly #commands: ConflictCommands;
  /** Commands that nobody waits for, with what is done about their results. */
  readonly #background = new Set<Promise<void>>();

  constructor({ pairs, storages, clock, log }: EngineOptions) {
    this.pairs = pairs;
    this.#storages = storages;
    this.#clock = clock;
    this.#log = log;
    this.#commands = new ConflictCommands({
      read: (pair, place, signal) => this.readConflict(pair, place, signal),
      sync: (pair, { collection, resolutions }, signal) =>
        this.syncOne(pair, { ...BY_ITSELF, resolutions, signal }, new Set([collection])),
      log,
    });
  }

  /**
   * Synchronises the pairs that the words name (`PAIR` or `PAIR/COLLECTION`; none: all), several at once; the reports come in the
   * order of the configuration. What fails is in the reports. Commands for conflicts are waited for. Where pairs share a storage, what one of them brought there is taken on
   * by the others before it returns.
   * @throws UsageError for an unknown pair
   */
  async sync(words: readonly string[], options: SyncOptions): Promise<readonly PairReport[]> {
    const selection = parseSelection(
      words,
      this.pairs.map(({ pair }) => pair.name),
    );
    const all = new Map<string, PairReport>();
    let latest = await this.#syncAll(selection, options);
    for (const report of latest) all.set(report.pair, report);
    // A change crosses one pair a pass; more passes than pairs would be two pairs that never come to rest.
    for (let pass = 1; pass < selection.size && !options.dryRun; pass += 1) {
      const behind = new Set(latest.flatMap((report) => this.neighboursToTell(report)));
      const again = new Map([...selection].filter(([name]) => behind.has(name)));
      if (again.size === 0) break;
      latest = await this.#syncAll(again, options);
      for (const report of latest) {
        const before = all.get(report.pair);
        all.set(report.pair, before ? joinReports(before, report) : report);
      }
    }
    return [...all.values()];
  }

  /** The other pairs of storages to which a run brought something. */
  neighboursToTell(report: PairReport): readonly string[] {
    const from = this.pairs.find(({ pair }) => pair.name === report.pair)?.pair;
    if (!from) return [];
    const written = writtenSides(report).map((side) => from[side]);
    return this.pairs
      .filter(
        ({ pair }) => pair !== from && written.some((storage) => storage === pair.a || storage === pair.b),
      )
      .map(({ pair }) => pair.name);
  }

  /** Calls back with each of these pairs in whose storages somebody else changed something, where the storages can tell. Returns the end of it. */
  watch(pairs: ReadonlySet<string>, onChange: (pair: string) => void): () => void {
    const ends = this.#storages.flatMap((storage) => {
      const names = this.pairs
        .filter(({ pair, unwatched }) => unwatched !== true && pairs.has(pair.name))
        .filter(({ pair }) => pair.a === storage || pair.b === storage)
        .map(({ pair }) => pair.name);
      const end = names.length > 0 && storage.watch?.(() => names.forEach(onChange));
      return end ? [end] : [];
    });
    return () => {
      for (const end of ends) end();
    };
  }

  async #syncAll(selection: Selection, options: SyncOptions): Promise<readonly PairReport[]> {
    const runs = [...selection].map(([name, only]) => this.#syncAndDecide(name, options, only));
    // All of them end before one that was aborted is told of: nothing may use what the caller then closes.
    const ends = await Promise.allSettled(runs);
    return ends.map((end) => {
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    });
  }

  async #syncAndDecide(
    name: string,
    options: SyncOptions,
    only: ReadonlySet<string> | undefined,
  ): Promise<PairReport> {
    const report = await this.syncOne(name, options, only);
    // Who decides about one item has not asked what becomes of the others.
    if (options.dryRun || (options.resolutions ?? []).length > 0) return report;
    const decided = await this.#decide(report, options);
    if (decided.length === 0) return report;
    const last = await this.syncOne(name, { ...options, explicit: false }, only);
    return [report, ...decided].reduceRight((after, before) => joinReports(before, after), last);
  }

  async #decide(
    report: PairReport,
    options: Pick<SyncOptions, 'explicit' | 'signal'> & { readonly onReport?: (report: PairReport) => void },
  ): Promise<readonly PairReport[]> {
    const { pair, command } = this.#find(report.pair);
    if (!command) return [];
    const dealtWith = report.collections.filter(({ error }) => !error);
    const collections = new Set(dealtWith.map(({ name }) => name));
    return this.#commands.decide({ ...options, pair, command, collections, signal: options.signal });
  }

  /**
   * Has the pair's command decide about what a run left over, while others may synchronise.
   * @param onReport told of each run that brought something of it to both sides
   */
  decideLater(report: PairReport, onReport: (report: PairReport) => void, signal: AbortSignal): void {
    const work = this.#decide(report, { explicit: false, signal, onReport })
      .then(
        () => undefined,
        (error: unknown) => {
          if (!signal.aborted)
            this.#log.error(
              { err: error, pair: report.pair },
              'a conflict ended with an error that was not foreseen',
            );
        },
      )
      .finally(() => this.#background.delete(work));
    this.#background.add(work);
  }

  /** One pair; waits while the same pair is under way. */
  async syncOne(name: string, options: SyncOptions, only?: ReadonlySet<string>): Promise<PairReport> {
    const found = this.#find(name);
    const report = await this.#locks.run(name, () =>
      this.#limiter.run(
        () =>
          syncPair(found.pair, {
            dryRun: options.dryRun,
            allowEmpty: options.allowEmpty,
            deletions: options.deletions ?? 'hold',
            retryRefused: options.explicit,
            titled: found.titled,
            resolutions: options.resolutions,
            only,
            clock: this.#clock,
            log: this.#log.child({ pair: name }),
            signal: options.signal,
            onProgress: options.onProgress && ((progress) => options.onProgress?.(name, progress)),
          }),
        options.signal,
      ),
    );
    if (options.dryRun || !found.afterRun) return report;
    // Without the lock, so that what is called may ask for another run.
    const notes = await found.afterRun(report, options.signal);
    return notes.length === 0 ? report : { ...report, notes };
  }

  /** The texts of an item in conflict, read anew. @throws NotFoundError, UsageError; PimsyncError of the storages */
  async readConflict(pair: string, place: ConflictPlace, signal?: AbortSignal): Promise<ConflictTexts> {
    const found = this.pairs.find((one) => one.pair.name === pair);
    if (!found) throw new UsageError(`there is no pair "${pair}"`);
    return this.#locks.run(pair, () => readConflict(found.pair, place, signal));
  }

  #find(name: string): EnginePair {
    const found = this.pairs.find(({ pair }) => pair.name === name);
    if (!found) throw new RangeError(`no pair ${name}`);
    return found;
  }

  /** Resolves when no command is under way of which nobody waits for the end. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#background);
  }

  /** What runs in the background was aborted before. */
  async close(): Promise<void> {
    await this.settled();
    await Promise.allSettled(this.#storages.map((storage) => storage.close()));
  }
}
