import { type Database, openDatabase } from '../cache/database.ts';
import { pendingCount } from '../cache/pending.ts';
import type { Publisher } from '../cache/publisher.ts';
import { nextSettleAt } from '../cache/settle.ts';
import { acquireStateLock, type StateLock } from '../cache/state-lock.ts';
import { BusyError } from '../core/errors.ts';
import { recoverEngine } from '../cache/recover.ts';
import type { Config } from '../config/config.ts';
import { MountPublisher } from '../fs/mount-publisher.ts';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { PairReport } from '../sync/report.ts';
import { type ControlServer, type Request, serveControl } from './control.ts';
import type { Engine } from './engine.ts';
import { Schedule } from './schedule.ts';
import { mountView } from './mount-view.ts';
import { toOutcome } from './run-sync.ts';
import { ensureStateFolder, statePaths } from './state-paths.ts';
import { openEngine } from './wiring.ts';

/** What a running engine tells of itself. */
export interface EngineStatus {
  readonly pid: number;
  /** Absent when nothing is mounted. */
  readonly mountpoint?: string;
  /** When each pair is synchronised next, in ms since 1970; absent while it is being synchronised. */
  readonly nextRunMs: Readonly<Record<string, number>>;
}

export interface HostOptions {
  readonly config: Config;
  /** Passwords typed at the terminal, by storage. */
  readonly prompted: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** The live mount, where this engine serves one. */
  readonly publisher: () => Publisher | undefined;
  /** Names of the pairs to keep in step; absent: all. */
  readonly only?: ReadonlySet<string> | undefined;
  readonly onReport: (report: PairReport) => void;
  /** `pimsync unmount` asked; resolves to the number of edits that are still to be sent. Absent: nothing is mounted. */
  readonly onUnmount?: (waitMs: number) => Promise<number>;
}

const NOTHING_MOUNTED = { layout: 'nested', storages: [] } as const;

/** A running engine with everything around it: state lock, database, schedule, control socket. For `daemon` and `mount`. */
export class EngineHost {
  readonly #options: HostOptions;
  readonly #lock: StateLock;
  readonly #db: Database;
  readonly #engine: Engine;
  readonly #schedule: Schedule;
  #control: ControlServer | undefined;
  readonly #closing = new AbortController();
  #mountpoint: string | undefined;
  #hurry = false;

  /**
   * Takes the state folder and puts everything together; nothing runs yet.
   * @throws BusyError when another engine has the state; StateError
   */
  constructor(options: HostOptions) {
    const { config, prompted, log, publisher, onReport } = options;
    const paths = statePaths(config.statePath);
    this.#options = options;
    ensureStateFolder(paths);
    this.#lock = acquireStateLock(paths.folder);
    this.#db = openDatabase(paths.database);
    const db = this.#db;
    recoverEngine(db, systemClock.nowMs());
    this.#engine = openEngine({
      config,
      prompted,
      db,
      clock: systemClock,
      log,
      publisher,
      hurry: () => this.#hurry,
    });
    this.#schedule = new Schedule({
      engine: this.#engine,
      clock: systemClock,
      log,
      onReport,
      nextEditDueMs: (storage, afterMs) => nextSettleAt(db, storage, afterMs),
    });
  }

  /** Opens the control socket and begins to synchronise. */
  async start(): Promise<void> {
    this.#control = await serveControl(statePaths(this.#options.config.statePath).socket, (request) =>
      this.#handle(request),
    );
    this.#schedule.start();
  }

  /** The tree is live. @returns the way to bring changes to its kernel's notice */
  mountedAt(mountpoint: string): Publisher {
    this.#mountpoint = mountpoint;
    const { mount } = this.#options.config;
    return new MountPublisher({ mountpoint, view: mountView(this.#db, mount ?? NOTHING_MOUNTED) });
  }

  edited(): void {
    this.#schedule.edited();
  }

  async syncNow(): Promise<void> {
    await this.#schedule.syncNow();
  }

  /** Sends what is pending without waiting for quiet times, for at most `timeoutMs`. @returns how many edits are left */
  async drain(timeoutMs: number): Promise<number> {
    this.#hurry = true;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      if (pendingCount(this.#db) > 0) await Promise.race([this.#schedule.syncNow(), aborted(signal)]);
    } finally {
      this.#hurry = false;
    }
    return pendingCount(this.#db);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('stopping'));
    await this.#control?.close();
    await this.#schedule.stop();
    await this.#engine.close();
    this.#db.close();
    this.#lock.release();
  }

  #status(): EngineStatus {
    const next = this.#engine.pairs.flatMap(({ pair }) => {
      const at = this.#schedule.nextRunMs(pair.name);
      return at === undefined ? [] : [[pair.name, at] as const];
    });
    return {
      pid: process.pid,
      ...(this.#mountpoint !== undefined && { mountpoint: this.#mountpoint }),
      nextRunMs: Object.fromEntries(next),
    };
  }

  async #handle(request: Request): Promise<unknown> {
    switch (request.op) {
      case 'sync': {
        const { selection, dryRun, allowEmpty } = request;
        const reports = await this.#engine.sync(selection, {
          dryRun,
          allowEmpty,
          explicit: true,
          signal: this.#closing.signal,
        });
        return toOutcome(reports, dryRun);
      }
      case 'status':
        return this.#status();
      case 'unmount': {
        if (!this.#options.onUnmount) throw new BusyError('this pimsync has nothing mounted');
        return { pending: await this.#options.onUnmount(request.waitMs) };
      }
    }
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
