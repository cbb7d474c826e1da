import { brand } from '../core/brand.ts';
import type { Ident } from '../core/item.ts';
import type {
  AgreedProperty,
  Agreement,
  Mapping,
  PairStatus,
  Progress,
  Side,
  StatusStore,
  SyncedItem,
  Unfinished,
} from '../core/status.ts';
import { collectionId, type Href, href, type PropertyName, type SyncToken } from '../core/storage.ts';
import type { Database } from './database.ts';
import { asStateError } from './sqlite-error.ts';
import { troublesOf } from './pair-troubles.ts';
import { toColumns, toSynced, toUnfinished } from './status-rows.ts';
import { prepareStatements, type ProgressRow, type Statements } from './status-statements.ts';
import { Transactor } from './transactor.ts';

interface MappingRow {
  readonly name: string;
  readonly aId: string;
  readonly aHref: string;
  readonly bId: string;
  readonly bHref: string;
}

const SIDES = ['a', 'b'] as const;
const HOUR_MS = 60 * 60 * 1000;

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
  const drop = db.prepare<[string, string, string]>(
    'DELETE FROM mapping WHERE pair = ? AND a_href = ? AND b_href = ?',
  );
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
    forget: ({ a, b }) =>
      asStateError(what, () => transactor.run('normal', () => void drop.run(pair, a.href, b.href))),
    ...troublesOf(db, pair, transactor),
  };
}

const toMapping = ({ name, aId, aHref, bId, bHref }: MappingRow): Mapping => ({
  name,
  a: { id: collectionId(aId), href: href(aHref) },
  b: { id: collectionId(bId), href: href(bHref) },
});

const toValues = ({ a, b }: { a: string | null; b: string | null }): Pick<AgreedProperty, 'a' | 'b'> => ({
  a: a ?? undefined,
  b: b ?? undefined,
});

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

  removed(ident: Ident, on: Side, atMs: number): void {
    const { forget, finishOne, noteRemoval, pruneRemovals } = this.#statements;
    this.#write(() => {
      forget.run(this.#mapping, ident);
      finishOne.run(this.#mapping, ident);
      noteRemoval.run(this.#mapping, on, atMs);
      pruneRemovals.run(this.#mapping, atMs - HOUR_MS);
    });
  }

  removedSince(on: Side, sinceMs: number): number {
    return this.#read(() => this.#statements.removals.get(this.#mapping, on, sinceMs)) ?? 0;
  }

  properties(): ReadonlyMap<PropertyName, AgreedProperty> {
    const { properties, propertyProblems } = this.#statements;
    const rows = this.#read(() => properties.all(this.#mapping));
    const problems = this.#read(() => propertyProblems.all(this.#mapping)).map(
      ({ name, ...problem }) => [name, { ...problem, ...toValues(problem) }] as const,
    );
    const problemOf = new Map(problems);
    return new Map(
      rows.map((row) => {
        const problem = problemOf.get(row.name);
        return [row.name as PropertyName, { ...toValues(row), ...(problem && { problem }) }];
      }),
    );
  }

  putProperties(properties: ReadonlyMap<PropertyName, AgreedProperty>): void {
    const { putProperty, finishProperty, leaveProperty } = this.#statements;
    this.#write(() => {
      for (const [name, { a, b, problem }] of properties) {
        putProperty.run(this.#mapping, name, a ?? null, b ?? null);
        finishProperty.run(this.#mapping, name);
        if (!problem) continue;
        const { type, reason, atMs } = problem;
        leaveProperty.run(this.#mapping, name, type, problem.a ?? null, problem.b ?? null, reason, atMs);
      }
    });
  }

  unfinished(): readonly Unfinished[] {
    return this.#read(() => this.#statements.unfinished.all(this.#mapping)).map(toUnfinished);
  }

  finish(run: Parameters<StatusStore['finish']>[0]): void {
    const { finishAll, leave, setProgress, finished } = this.#statements;
    this.#write(() => {
      finishAll.run(this.#mapping);
      for (const { ident, a, b, type, reason, atMs } of run.unfinished) {
        leave.run(this.#mapping, ident, ...toColumns(a, b), type, reason, atMs);
      }
      for (const side of SIDES) {
        setProgress.run(this.#mapping, side, run[side].token ?? null, run[side].state ?? null);
      }
      finished.run(run.atMs, run.settings ?? null, this.#mapping);
    });
  }

  settings(): string | undefined {
    return this.#read(() => this.#statements.settings.get(this.#mapping)) ?? undefined;
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
