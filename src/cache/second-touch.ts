import { PimsyncError } from '../core/errors.ts';
import type { Database } from './database.ts';
import type { Delivery } from './delivery.ts';
import type { Rows } from './rows.ts';
import { asStateError } from './sqlite-error.ts';

/**
 * Moves the time of a directory once more, a little after a user's write that followed a remote change (F6): khal reads the
 * directory's time after its own write and so would take the remote change for read.
 */
export class SecondTouch {
  readonly #rows: Rows;
  readonly #delivery: Delivery;
  readonly #due;
  readonly #settle;

  constructor(db: Database, rows: Rows, delivery: Delivery) {
    this.#rows = rows;
    this.#delivery = delivery;
    this.#due = db
      .prepare<[number, number], number>(
        `SELECT collection.ino FROM collection JOIN entry ON entry.ino = collection.ino
         WHERE storage = ? AND touch_at <= ?`,
      )
      .pluck();
    this.#settle = db.prepare<[number]>(
      'UPDATE collection SET touch_at = NULL, remote_at = NULL WHERE ino = ?',
    );
  }

  /** For all collections of a storage that are due. What the mount does not answer is not tried again. */
  async run(storage: number, nowMs: number, signal?: AbortSignal): Promise<void> {
    const due = asStateError('the cache of the mount', () => this.#due.all(storage, nowMs));
    if (due.length === 0) return;
    this.#delivery.transact(() => {
      for (const ino of due) {
        this.#settle.run(ino);
        this.#rows.inodes.touch(ino, nowMs);
      }
    });
    for (const ino of due) {
      try {
        await this.#delivery.touch(ino, signal);
      } catch (error) {
        if (!(error instanceof PimsyncError)) throw error;
      }
    }
  }
}
