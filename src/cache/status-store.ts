import { brand } from '../core/brand.ts';
import type { Ident } from '../core/item.ts';
import type {
  Agreement,
  Mapping,
  PairStatus,
  Progress,
  Side,
  StatusStore,
  SyncedItem,
  Unfinished,
} from '../core/status.ts';
import { collectionId, type Href, href, type SyncToken } from '../core/storage.ts';
import type { Database } from './database.ts';
import { asStateError } from './sqlite-error.ts';
import {
  type SyncedRow,
  toColumns,
  toSynced,
  toUnfinished,
  type UnfinishedRow,
  VERSION_COLUMNS,
  type VersionValues,
} from './status-rows.ts';
import { Transactor } from './transactor.ts';

interface MappingRow {
  readonly name: string;
  readonly aId: string;
  readonly aHref: string;
  readonly bId: string;
  readonly bHref: string;
}

interface ProgressRow {
  readonly token: string | null;
  readonly state: string | null;
  readonly completeAt: number | null;
}

const SIDES = ['a', 'b'] as const;

/** The memory of one pair, by its name in the configuration. */
export function createPairStatus(db: Database, pair: string): PairStatus {
  const transactor = new Transactor(db);
  const list = db.prepare<[string], MappingRow>(
    `SELECT name, a_id AS aId, a_href AS aHref, b_id AS bId, b_href AS bHref FROM mapping WHERE pair = ? ORDER BY id`,
  );
  const find = db
    .prepare<[string, string, string], number>(
      'SELECT id FROM mapping WHERE pair = ? AND a_href = ? AND b_href = ?',
    )
    .pluck();
  const upsert = db
    .prepare<[string, string, string, string, string, string], number>(
      `INSERT INTO mapping (pair, name, a_id, a_href, b_id, b_href) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (pair, a_href, b_href) DO UPDATE
         SET name = excluded.name, a_id = excluded.a_id, b_id = excluded.b_id RETURNING id`,
    )
    .pluck();
  const statements = prepareStatements(db);
  const what = `the status of ${pair}`;
  return {
    mappings: () => asStateError(what, () => list.all(pair).map(toMapping)),
    open: ({ name, a, b }) =>
      new SqliteStatusStore(what, {
        statements,
        transactor,
        find: () => find.get(pair, a.href, b.href),
        make: () => upsert.get(pair, name, a.id, a.href, b.id, b.href),
      }),
  };
}

const toMapping = ({ name, aId, aHref, bId, bHref }: MappingRow): Mapping => ({
  name,
  a: { id: collectionId(aId), href: href(aHref) },
  b: { id: collectionId(bId), href: href(bHref) },
});

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: Database) {
  const synced = `SELECT ident, ${VERSION_COLUMNS} FROM synced WHERE mapping = ?`;
  return {
    get: db.prepare<[number, string], SyncedRow>(`${synced} AND ident = ?`),
    byHref: {
      a: db.prepare<[number, string], SyncedRow>(`${synced} AND a_href = ?`),
      b: db.prepare<[number, string], SyncedRow>(`${synced} AND b_href = ?`),
    },
    all: db.prepare<[number], SyncedRow>(synced),
    count: db.prepare<[number], number>('SELECT count(*) FROM synced WHERE mapping = ?').pluck(),
    text: db
      .prepare<[number, string], string>('SELECT text FROM synced_text WHERE mapping = ? AND ident = ?')
      .pluck(),
    put: db.prepare<[number, string, ...VersionValues]>('INSERT INTO synced VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    putText: db.prepare<[number, string, string]>('INSERT INTO synced_text VALUES (?, ?, ?)'),
    // Takes the text along.
    forget: db.prepare<[number, string]>('DELETE FROM synced WHERE mapping = ? AND ident = ?'),
    unfinished: db.prepare<[number], UnfinishedRow>(
      `SELECT ident, ${VERSION_COLUMNS}, type, reason, at FROM unfinished WHERE mapping = ? ORDER BY ident`,
    ),
    finishOne: db.prepare<[number, string]>('DELETE FROM unfinished WHERE mapping = ? AND ident = ?'),
    finishAll: db.prepare<[number]>('DELETE FROM unfinished WHERE mapping = ?'),
    leave: db.prepare<[number, string, ...VersionValues, string, string, number]>(
      'INSERT INTO unfinished VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    finished: db.prepare<[number, number]>('UPDATE mapping SET finished_at = ? WHERE id = ?'),
    progress: db.prepare<[number, string], ProgressRow>(
      'SELECT token, state, complete_at AS completeAt FROM progress WHERE mapping = ? AND side = ?',
    ),
    setProgress: db.prepare<[number, string, string | null, string | null]>(
      `INSERT INTO progress (mapping, side, token, state) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET token = excluded.token, state = excluded.state`,
    ),
    setComplete: db.prepare<[number, string, number]>(
      `INSERT INTO progress (mapping, side, complete_at) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET complete_at = excluded.complete_at`,
    ),
  };
}

interface StoreParts {
  readonly statements: Statements;
  readonly transactor: Transactor;
  /** The mapping's number, where it is known. */
  readonly find: () => number | undefined;
  /** The same; makes or renames it, inside a transaction. */
  readonly make: () => number | undefined;
}

/** No number has this; what is asked of it is not there. */
const UNKNOWN = -1;

/** A mapping is made with the first thing written to it: planning alone (`sync -n`) must leave no trace. */
class SqliteStatusStore implements StatusStore {
  readonly #what: string;
  readonly #parts: StoreParts;
  readonly #statements: Statements;
  #mapping: number;
  #isMade = false;

  constructor(what: string, parts: StoreParts) {
    this.#what = what;
    this.#parts = parts;
    this.#statements = parts.statements;
    this.#mapping = this.#read(parts.find) ?? UNKNOWN;
  }

  get(ident: Ident): SyncedItem | undefined {
    const row = this.#isKnown ? this.#read(() => this.#statements.get.get(this.#mapping, ident)) : undefined;
    return row && toSynced(row);
  }

  byHref(side: Side, at: Href): SyncedItem | undefined {
    const row = this.#isKnown
      ? this.#read(() => this.#statements.byHref[side].get(this.#mapping, at))
      : undefined;
    return row && toSynced(row);
  }

  /** All at once and not row by row: the connection can do nothing else while a query is under way. */
  all(): Iterable<SyncedItem> {
    return this.#read(() => this.#statements.all.all(this.#mapping)).map(toSynced);
  }

  count(): number {
    return this.#read(() => this.#statements.count.get(this.#mapping)) ?? 0;
  }

  base(ident: Ident): string | undefined {
    return this.#read(() => this.#statements.text.get(this.#mapping, ident));
  }

  put(items: readonly Agreement[]): void {
    const { text, put, putText, forget, finishOne } = this.#statements;
    this.#write(() => {
      const texts = items.map((item) => item.text ?? text.get(this.#mapping, item.ident));
      // All old rows go first, so that two items may change places.
      for (const { ident } of items) forget.run(this.#mapping, ident);
      for (const [index, { ident, a, b }] of items.entries()) {
        put.run(this.#mapping, ident, ...toColumns(a, b));
        const kept = texts[index];
        if (kept !== undefined) putText.run(this.#mapping, ident, kept);
        finishOne.run(this.#mapping, ident);
      }
    });
  }

  forget(idents: readonly Ident[]): void {
    this.#write(() => {
      for (const ident of idents) {
        this.#statements.forget.run(this.#mapping, ident);
        this.#statements.finishOne.run(this.#mapping, ident);
      }
    });
  }

  unfinished(): readonly Unfinished[] {
    return this.#read(() => this.#statements.unfinished.all(this.#mapping)).map(toUnfinished);
  }

  finish(run: { a: Progress; b: Progress; unfinished: readonly Unfinished[]; atMs: number }): void {
    const { finishAll, leave, setProgress, finished } = this.#statements;
    this.#write(() => {
      finishAll.run(this.#mapping);
      for (const { ident, a, b, type, reason, atMs } of run.unfinished) {
        leave.run(this.#mapping, ident, ...toColumns(a, b), type, reason, atMs);
      }
      for (const side of SIDES) {
        setProgress.run(this.#mapping, side, run[side].token ?? null, run[side].state ?? null);
      }
      finished.run(run.atMs, this.#mapping);
    });
  }

  progress(side: Side): Progress {
    const row = this.#progress(side);
    return {
      token: row?.token == null ? undefined : brand<SyncToken>(row.token),
      state: row?.state ?? undefined,
    };
  }

  lastCompleteAtMs(side: Side): number | undefined {
    return this.#progress(side)?.completeAt ?? undefined;
  }

  setLastComplete(side: Side, atMs: number): void {
    this.#write(() => {
      this.#statements.setComplete.run(this.#mapping, side, atMs);
    });
  }

  #progress(side: Side): ProgressRow | undefined {
    return this.#read(() => this.#statements.progress.get(this.#mapping, side));
  }

  /** Before the first write there is nothing to be found, and a first run looks for every item several times. */
  get #isKnown(): boolean {
    return this.#mapping !== UNKNOWN;
  }

  #read<T>(work: () => T): T {
    return asStateError(this.#what, work);
  }

  #write(work: () => void): void {
    const { transactor, make } = this.#parts;
    asStateError(this.#what, () =>
      transactor.run('normal', () => {
        if (!this.#isMade) this.#mapping = make() ?? UNKNOWN;
        work();
      }),
    );
    this.#isMade = true;
  }
}
