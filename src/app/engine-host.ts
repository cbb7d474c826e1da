import { type Database, openDatabase } from '../cache/database.ts';
import { pendingCount } from '../cache/pending.ts';
import type { Publisher } from '../cache/publisher.ts';
import { nextSettleAt } from '../cache/settle.ts';
import { acquireStateLock, type StateLock } from '../cache/state-lock.ts';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { type PairReport, toJson } from '../sync/report.ts';
import { type ControlServer, type Request, serveControl } from './control.ts';
import type { Engine } from './engine.ts';
import { Schedule } from './schedule.ts';
import { ensureStateFolder, statePaths } from './state-paths.ts';
import { openEngine } from './wiring.ts';

export interface HostOptions {
  readonly config: Config;
  /** Passwords typed at the terminal, by storage. */
  readonly prompted: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** The live mount, where this engine serves one. */
  readonly publisher: () => Publisher | undefined;
  readonly onReport: (report: PairReport) => void;
  /** `pimsync unmount` asked; resolves to the number of edits that are still to be sent. Absent: nothing is mounted. */
  readonly onUnmount?: (waitMs: number) => Promise<number>;
}

/** A running engine with everything around it: state lock, database, schedule, control socket. For `daemon` and `mount`. */
export class EngineHost {
  readonly #options: HostOptions;
  readonly #lock: StateLock;
  readonly #db: Database;
  readonly #engine: Engine;
  readonly #schedule: Schedule;
  #control: ControlServer | undefined;
  readonly #closing = new AbortController();
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
    this.#engine = openEngine({ config, prompted, db, clock: systemClock, log, publisher, hurry: () => this.#hurry });
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
    this.#control = await serveControl(statePaths(this.#options.config.statePath).socket, (request) => this.#handle(request));
    this.#schedule.start();
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
        return reports.map(toJson);
      }
      case 'status':
        return {
          pid: process.pid,
          next: Object.fromEntries(
            this.#engine.pairs.map(({ pair }) => [pair.name, this.#schedule.nextRunMs(pair.name)]),
          ),
        };
      case 'unmount': {
        if (!this.#options.onUnmount) throw new Error('this pimsync has nothing mounted');
        return { pending: await this.#options.onUnmount(request.waitMs) };
      }
    }
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
