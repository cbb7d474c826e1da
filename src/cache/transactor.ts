import type { Database } from './database.ts';

/** `full`: survives a power loss when it returns. `normal`: survives a crash of the process. */
export type Durability = 'full' | 'normal';

/**
 * Short immediate transactions on one connection. Immediate, because one that begins by reading and then writes fails at once, without
 * waiting, when the other process wrote in between.
 */
export class Transactor {
  readonly #db: Database;
  readonly #transaction;
  readonly #flush;
  #mode: Durability = 'normal';
  #unsynced = false;

  constructor(db: Database) {
    this.#db = db;
    this.#transaction = db.transaction((work: () => unknown) => work());
    this.#flush = db.prepare('UPDATE counter SET seq = seq');
  }

  run<T>(durability: Durability, work: () => T): T {
    this.#setMode(durability);
    // It hands back what `work` returned.
    const result = this.#transaction.immediate(work) as T;
    this.#unsynced = durability === 'normal';
    return result;
  }

  /** Makes everything committed so far on this connection survive a power loss: any full commit flushes the whole log. */
  sync(): void {
    if (this.#unsynced) this.run('full', () => this.#flush.run());
  }

  #setMode(durability: Durability): void {
    if (this.#mode === durability) return;
    this.#db.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
    this.#mode = durability;
  }
}
