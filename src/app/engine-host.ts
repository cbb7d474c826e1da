import type { Database } from '../cache/database.ts';
import { pendingCount } from '../cache/pending.ts';
import type { Publisher } from '../cache/publisher.ts';
import { recoverEngine } from '../cache/recover.ts';
import { nextSettleAt } from '../cache/settle.ts';
import type { Config } from '../config/config.ts';
import { BusyError, ServerError } from '../core/errors.ts';
import { MountPublisher } from '../fs/mount-publisher.ts';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { idleTimer } from '../lib/timer.ts';
import { problemLines } from '../sync/report-lines.ts';
import type { PairReport } from '../sync/report.ts';
import { Cleanup } from './cleanup.ts';
import type { Request } from './control.ts';
import { serveControl } from './control-server.ts';
import type { Engine } from './engine.ts';
import { HistoryKeeper } from './history-keeper.ts';
import { type Restoration, restoreHere } from './history-restore-here.ts';
import { Heartbeat, reachableAddresses } from './heartbeat.ts';
import { mountView } from './mount-view.ts';
import { Schedule } from './schedule.ts';
import { holdState } from './state-folder.ts';
import { statePaths } from './state-paths.ts';
import { toOutcome } from './sync-outcome.ts';
import { openEngine } from './wiring.ts';

/** What a running engine tells of itself. */
export interface EngineStatus {
  readonly pid: number;
  /** Absent when nothing is mounted. */
  readonly mountpoint?: string;
  /** When each pair is synchronised next, in ms since 1970; absent while it is being synchronised. */
  readonly nextRunMs: Readonly<Record<string, number>>;
  /** Why pairs or collections as a whole could not be synchronised the last time, one line each, by pair. */
  readonly failing: Readonly<Record<string, readonly string[]>>;
  /** When each pair was last found or brought in step, in ms since 1970; absent when it was not since the start. */
  readonly inStepAtMs: Readonly<Record<string, number>>;
}

export interface HostOptions {
  readonly config: Config;
  /** Passwords typed at the terminal, by storage. */
  readonly prompted: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** The live mount, where this engine serves one. */
  readonly publisher: () => Publisher | undefined;
  /** Names of the pairs to keep in step; absent: all. The others are synchronised only when somebody asks. */
  readonly only?: ReadonlySet<string> | undefined;
  readonly onReport: (report: PairReport) => void;
  /** `pimsync unmount` asked; resolves to the number of edits that are still to be sent. Absent: nothing is mounted. */
  readonly onUnmount?: (waitMs: number) => Promise<number>;
}

const NOTHING_MOUNTED = { layout: 'nested', storages: [] } as const;

/** What a host is put together from. */
interface Parts {
  readonly db: Database;
  readonly engine: Engine;
  readonly schedule: Schedule;
  readonly cleanup: Cleanup;
}

/** A running engine with everything around it: state lock, database, schedule, control socket. For `daemon` and `mount`. */
export class EngineHost {
  readonly #options: HostOptions;
  readonly #failing = new Map<string, readonly string[]>();
  readonly #inStepAtMs = new Map<string, number>();
  readonly #closing = new AbortController();
  #parts: Parts | undefined;
  #mountpoint: string | undefined;
  /** How many have asked that everything pending goes out now. */
  #hurrying = 0;
  #begin: () => void = () => {};
  readonly #begun: Promise<void>;

  private constructor(options: HostOptions) {
    this.#options = options;
    this.#begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  /**
   * Takes the state folder, puts everything together and listens on the control socket; what is asked there to be synchronised waits
   * until `start`.
   * @throws BusyError when another engine has the state; StateError; ConfigError. Then nothing is held.
   */
  static async open(options: HostOptions): Promise<EngineHost> {
    const host = new EngineHost(options);
    const cleanup = new Cleanup();
    try {
      await host.#setUp(cleanup);
      return host;
    } catch (error) {
      await cleanup.run();
      throw error;
    }
  }

  async #setUp(cleanup: Cleanup): Promise<void> {
    const { config, prompted, log, publisher, only } = this.#options;
    const paths = statePaths(config.statePath);
    const state = await holdState(paths);
    cleanup.add(() => state.release());
    const { db } = state;
    recoverEngine(db, systemClock.nowMs());
    const hurry = (): boolean => this.#hurrying > 0;
    const { signal } = this.#closing;
    const engine = openEngine({ config, prompted, db, clock: systemClock, log, publisher, hurry, signal });
    cleanup.add(() => engine.close());
    const schedule = new Schedule({
      engine,
      only,
      clock: systemClock,
      log,
      onReport: (report) => this.#remember(report),
      nextEditDueMs: (storage, afterMs) => nextSettleAt(db, storage, afterMs),
    });
    cleanup.add(() => schedule.stop());
    const heartbeat = new Heartbeat({
      clock: systemClock,
      timer: idleTimer,
      addresses: reachableAddresses,
      onJump: () => schedule.recover(),
      onNetwork: () => schedule.retryFailing(),
    });
    heartbeat.start();
    cleanup.add(() => heartbeat.stop());
    const keeper = new HistoryKeeper({ db, clock: systemClock, timer: idleTimer, log });
    keeper.start();
    cleanup.add(() => keeper.stop());
    this.#parts = { db, engine, schedule, cleanup };
    const control = await serveControl(paths.socket, (request) => this.#handle(request), log);
    cleanup.add(() => control.close());
  }

  /** Begins to synchronise. */
  start(): void {
    if (this.#closing.signal.aborted) return;
    this.#begin();
    this.#parts?.schedule.start();
  }

  /** The tree is live. @returns the way to bring changes to its kernel's notice */
  mountedAt(mountpoint: string): Publisher {
    this.#mountpoint = mountpoint;
    const { mount } = this.#options.config;
    return new MountPublisher({ mountpoint, view: mountView(this.#open().db, mount ?? NOTHING_MOUNTED) });
  }

  edited(): void {
    this.#parts?.schedule.edited();
  }

  async syncNow(): Promise<void> {
    await this.#parts?.schedule.syncNow();
  }

  /** Sends what is pending without waiting for quiet times, for at most `timeoutMs`. @returns how many edits are left */
  async drain(timeoutMs: number): Promise<number> {
    const { db, schedule } = this.#open();
    if (pendingCount(db) > 0) {
      const elapsed = aborted(AbortSignal.timeout(timeoutMs));
      await this.#inHurry(() => Promise.race([schedule.syncNow(), elapsed]));
    }
    return pendingCount(db);
  }

  /** Cuts short what is under way at a safe point, answers who waits, and gives everything back. */
  async close(): Promise<void> {
    this.#closing.abort(new BusyError('the running pimsync was stopped before it was done'));
    this.#begin();
    const { cleanup } = this.#parts ?? {};
    this.#parts = undefined;
    await cleanup?.run();
  }

  #open(): Parts {
    if (this.#parts) return this.#parts;
    throw new BusyError('the engine is ending');
  }

  #remember(report: PairReport): void {
    const collections = report.collections.map((collection) => ({ ...collection, problems: [] }));
    const lines = problemLines({ ...report, collections, notes: [] });
    this.#failing.set(report.pair, lines);
    if (lines.length === 0) this.#inStepAtMs.set(report.pair, systemClock.nowMs());
    this.#options.onReport(report);
  }

  async #inHurry<T>(work: () => Promise<T>): Promise<T> {
    this.#hurrying += 1;
    try {
      return await work();
    } finally {
      this.#hurrying -= 1;
    }
  }

  #status(): EngineStatus {
    const { engine, schedule } = this.#open();
    const next = engine.pairs.flatMap(({ pair }) => {
      const at = schedule.nextRunMs(pair.name);
      return at === undefined ? [] : [[pair.name, Math.round(at)] as const];
    });
    const failing = [...this.#failing].filter(([, lines]) => lines.length > 0);
    return {
      pid: process.pid,
      ...(this.#mountpoint !== undefined && { mountpoint: this.#mountpoint }),
      nextRunMs: Object.fromEntries(next),
      failing: Object.fromEntries(failing),
      inStepAtMs: Object.fromEntries(this.#inStepAtMs),
    };
  }

  async #handle(request: Request): Promise<unknown> {
    switch (request.op) {
      case 'sync':
        return this.#sync(request);
      case 'conflict':
        return this.#open().engine.readConflict(request.pair, request.place, this.#closing.signal);
      case 'restore':
        return this.#restore(request);
      case 'status':
        return this.#status();
      case 'unmount':
        if (!this.#options.onUnmount) throw new BusyError('this pimsync has nothing mounted');
        return { pending: await this.#options.onUnmount(request.waitMs) };
    }
    request satisfies never;
    throw new ServerError('this pimsync is of another version; restart it');
  }

  /** A mount's engine is not asked: there, the one who restores writes to the file. */
  #restore(wanted: Restoration): string {
    if (this.#options.onUnmount) throw new BusyError('the mount is just coming up; try again');
    restoreHere(this.#open().db, wanted, systemClock.nowMs());
    this.edited();
    return 'restored';
  }

  /** A person waits, so edits need no quiet time, and what was refused is tried again. */
  async #sync(request: Extract<Request, { op: 'sync' }>): Promise<unknown> {
    const { selection, dryRun, allowEmpty, deletions, resolutions } = request;
    await this.#begun;
    const { signal } = this.#closing;
    signal.throwIfAborted();
    const { engine } = this.#open();
    const reports = await this.#inHurry(() =>
      engine.sync(selection, { dryRun, allowEmpty, deletions, resolutions, explicit: true, signal }),
    );
    if (!dryRun) for (const report of reports) this.#remember(report);
    return toOutcome(reports, dryRun);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
