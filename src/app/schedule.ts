import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { systemTimer, type Timer } from '../lib/timer.ts';
import { hasFailures, needsRetry, type PairReport } from '../sync/report.ts';
import type { Engine, EnginePair } from './engine.ts';
import { PairRunner, type RunOutcome } from './pair-runner.ts';

export interface ScheduleOptions {
  readonly engine: Engine;
  /** Names of the pairs to keep in step; absent: all. */
  readonly only?: ReadonlySet<string> | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** When a local edit of that mounted storage becomes due that was not yet when a run began at `afterMs`. */
  readonly nextEditDueMs: (storage: string, afterMs: number) => number | undefined;
  readonly onReport: (report: PairReport) => void;
  /** Tests put others in. */
  readonly timer?: Timer;
  readonly random?: () => number;
}

/** Keeps every pair in step: one runner a pair, so that one that is slow or failing never delays another. */
export class Schedule {
  readonly #runners = new Map<string, PairRunner>();
  readonly #options: ScheduleOptions;
  readonly #stopping = new AbortController();
  #endWatch: () => void = () => {};

  constructor(options: ScheduleOptions) {
    this.#options = options;
    for (const one of options.engine.pairs) {
      const { name } = one.pair;
      if (options.only?.has(name) ?? true) this.#runners.set(name, this.#runnerOf(one));
    }
  }

  /** The first run of every pair, and all later ones from then on. */
  start(): void {
    if (this.#stopping.signal.aborted) return;
    // Before the first run, so that nothing is missed between the two.
    const watched = new Set(this.#runners.keys());
    this.#endWatch = this.#options.engine.watch(watched, (pair) => this.#runners.get(pair)?.soon());
    for (const runner of this.#runners.values()) void runner.now();
  }

  /** Something was edited in the mount. */
  edited(): void {
    for (const runner of this.#runners.values()) runner.edited();
  }

  /** The machine was suspended, or its clock was set: all that was planned, and every pause, is out of date. */
  recover(): void {
    for (const runner of this.#runners.values()) runner.recover();
  }

  /** There is a network again: what could not be reached may be now. */
  retryFailing(): void {
    for (const runner of this.#runners.values()) if (runner.isBackingOff) runner.recover();
  }

  async syncNow(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.now()));
  }

  nextRunMs(pair: string): number | undefined {
    return this.#runners.get(pair)?.nextRunMs;
  }

  /** Cuts running synchronisations short at a safe point and plans no more. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    this.#endWatch();
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
  }

  #runnerOf({ pair, intervalMs, mounted }: EnginePair): PairRunner {
    const { clock, nextEditDueMs, timer = systemTimer, random = Math.random } = this.#options;
    let lastRunMs = 0;
    return new PairRunner({
      intervalMs,
      clock,
      random,
      timer,
      nextEditDueMs: () => (mounted === undefined ? undefined : nextEditDueMs(mounted, lastRunMs)),
      run: async () => {
        lastRunMs = clock.nowMs();
        return this.#run(pair.name);
      },
    });
  }

  /** The place that goes on after any error of a pair: what was foreseen is in the report, the rest is a bug and logged. */
  async #run(name: string): Promise<RunOutcome> {
    const { engine, log, onReport } = this.#options;
    const signal = this.#stopping.signal;
    try {
      const report = await engine.syncOne(name, {
        dryRun: false,
        allowEmpty: false,
        explicit: false,
        signal,
      });
      onReport(report);
      this.#tellNeighbours(report);
      engine.decideLater(report, (later) => this.#lookAgain(later), signal);
      return {
        retry: hasFailures(report) && needsRetry(report),
        retryAfterSeconds: report.retryAfterSeconds,
      };
    } catch (error) {
      if (!signal.aborted)
        log.error({ err: error, pair: name }, 'synchronisation ended with an error that was not foreseen');
      return { retry: true, retryAfterSeconds: undefined };
    }
  }

  #tellNeighbours(report: PairReport): void {
    for (const neighbour of this.#options.engine.neighboursToTell(report))
      this.#runners.get(neighbour)?.soon();
  }

  /** Something was done besides the schedule: how the whole pair stands after it, a run of it tells. */
  #lookAgain(report: PairReport): void {
    this.#tellNeighbours(report);
    this.#runners.get(report.pair)?.soon();
  }
}
