import { BUSY_TIMEOUT_MS, type Database } from './database.ts';
import { primaryCode } from './sqlite-error.ts';

/** `full`: survives a power loss when it returns. `normal`: survives a crash of the process. */
export type Durability = 'full' | 'normal';

/**
 * How it waits for the other process. `patient`: as SQLite does, in naps of up to 100 ms. `eager`: looks every quarter of a
 * millisecond, for the file server, behind whom somebody's program waits. The other side never holds the lock for long.
 */
export type Waiting = 'patient' | 'eager';

const EAGER_NAP_MS = 0.25;
/** Bringing the log into the database takes milliseconds; at SQLite's usual 1000 pages the patient side does it first. */
const EAGER_CHECKPOINT_PAGES = 4000;
const nap = new Int32Array(new SharedArrayBuffer(4));

/**
 * Short immediate transactions on one connection. Immediate, because one that begins by reading and then writes fails at once, without
 * waiting, when the other process wrote in between.
 */
export class Transactor {
  readonly #db: Database;
  readonly #waiting: Waiting;
  readonly #transaction;
  readonly #flush;
  #mode: Durability = 'normal';
  #unsynced = false;

  constructor(db: Database, waiting: Waiting = 'patient') {
    this.#db = db;
    this.#waiting = waiting;
    this.#transaction = db.transaction((work: () => unknown) => work());
    this.#flush = db.prepare('UPDATE counter SET seq = seq');
    if (waiting === 'eager') db.pragma(`wal_autocheckpoint = ${EAGER_CHECKPOINT_PAGES}`);
  }

  run<T>(durability: Durability, work: () => T): T {
    this.#setMode(durability);
    // It hands back what `work` returned.
    const result = (
      this.#waiting === 'eager' ? this.#runEagerly(work) : this.#transaction.immediate(work)
    ) as T;
    this.#unsynced = durability === 'normal';
    return result;
  }

  /** Makes everything committed so far on this connection survive a power loss: any full commit flushes the whole log. */
  sync(): void {
    if (this.#unsynced) this.run('full', () => this.#flush.run());
  }

  #runEagerly(work: () => unknown): unknown {
    // Elsewhere the connection waits: a read has nobody to wait for but a process that is just recovering the log.
    this.#db.pragma('busy_timeout = 0');
    try {
      for (let triesLeft = BUSY_TIMEOUT_MS / EAGER_NAP_MS; ; triesLeft -= 1) {
        try {
          return this.#transaction.immediate(work);
        } catch (error) {
          // Only the beginning of an immediate transaction can find the lock taken, so `work` has not run.
          if (primaryCode(error) !== 'SQLITE_BUSY' || triesLeft <= 0) throw error;
          Atomics.wait(nap, 0, 0, EAGER_NAP_MS);
        }
      }
    } finally {
      this.#db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }

  #setMode(durability: Durability): void {
    if (this.#mode === durability) return;
    this.#db.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
    this.#mode = durability;
  }
}
