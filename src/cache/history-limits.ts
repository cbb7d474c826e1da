import type { Database } from './database.ts';
import { dropVersion } from './history.ts';
import { asStateError } from './sqlite-error.ts';
import { Transactor } from './transactor.ts';

/** How much of the history is kept. */
export interface HistoryLimits {
  /** 0: nothing is kept at all. */
  readonly keepMs: number;
  readonly maxBytes: number;
}

interface Totals extends HistoryLimits {
  readonly bytes: number;
}

/** A few milliseconds' worth: the file server may be waiting for the database. */
const VERSIONS_A_STEP = 50;

const TOTALS = `SELECT history_keep_ms AS keepMs, history_max_bytes AS maxBytes, history_bytes AS bytes FROM counter`;

/** For all processes from now on; what is there beyond the limits goes with the next purge. */
export function setHistoryLimits(db: Database, { keepMs, maxBytes }: HistoryLimits): void {
  asStateError('setting the limits of the history', () => {
    const now = db.prepare<[], Totals>(TOTALS).get();
    if (now?.keepMs === keepMs && now.maxBytes === maxBytes) return;
    new Transactor(db).run('normal', () =>
      db.prepare('UPDATE counter SET history_keep_ms = ?, history_max_bytes = ?').run(keepMs, maxBytes),
    );
  });
}

/** Takes away what is too old or too much, the oldest first, in short transactions. */
export class HistoryPurge {
  readonly #transactor: Transactor;
  readonly #totals;
  readonly #oldest;
  readonly #redate;
  readonly #drop;
  readonly #forgetCollections;

  constructor(db: Database) {
    this.#transactor = new Transactor(db);
    this.#totals = db.prepare<[], Totals>(TOTALS);
    this.#oldest = db.prepare<[], { readonly number: number; readonly replacedAt: number }>(
      'SELECT number, replaced_at AS replacedAt FROM version ORDER BY number LIMIT 1',
    );
    this.#redate = db.prepare<[number, number]>('UPDATE version SET replaced_at = ? WHERE number = ?');
    this.#drop = dropVersion(db);
    this.#forgetCollections = db.prepare(
      'DELETE FROM former_collection WHERE NOT EXISTS (SELECT 1 FROM version WHERE collection = former_collection.ino)',
    );
  }

  /** @returns whether there may be more to take away */
  step(nowMs: number): boolean {
    return asStateError('purging the history', () => {
      if (this.#next(nowMs) === undefined) return false;
      return this.#transactor.run('normal', () => {
        for (let left = VERSIONS_A_STEP; left > 0; left -= 1) {
          const next = this.#next(nowMs);
          if (next === undefined) {
            this.#forgetCollections.run();
            return false;
          }
          // From before the clock was set back; it must not keep what came after it for ever.
          if (next.isAhead) this.#redate.run(nowMs, next.number);
          else this.#drop(next.number);
        }
        return true;
      });
    });
  }

  #next(nowMs: number): { readonly number: number; readonly isAhead: boolean } | undefined {
    const totals = this.#totals.get();
    const oldest = this.#oldest.get();
    if (!totals || !oldest) return undefined;
    const { number, replacedAt } = oldest;
    const isOver = totals.bytes > totals.maxBytes || nowMs - replacedAt >= totals.keepMs;
    const isAhead = !isOver && replacedAt > nowMs;
    return isOver || isAhead ? { number, isAhead } : undefined;
  }
}
