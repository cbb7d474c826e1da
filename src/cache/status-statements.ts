import type { PropertyProblem } from '../core/status.ts';
import type { Database } from './database.ts';
import { type SyncedRow, type UnfinishedRow, VERSION_COLUMNS, type VersionValues } from './status-rows.ts';

export interface ProgressRow {
  readonly token: string | null;
  readonly state: string | null;
  readonly completeAt: number | null;
}

interface PropertyRow {
  readonly name: string;
  readonly a: string | null;
  readonly b: string | null;
}

interface PropertyProblemRow extends PropertyRow {
  readonly type: PropertyProblem['type'];
  readonly reason: string;
  readonly atMs: number;
}

export type Statements = ReturnType<typeof prepareStatements>;

/** All that is asked of one mapping's rows; the first parameter is its number. */
export function prepareStatements(db: Database) {
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
    finished: db.prepare<[number, string | null, number]>(
      'UPDATE mapping SET finished_at = ?, settings = coalesce(?, settings) WHERE id = ?',
    ),
    settings: db.prepare<[number], string | null>('SELECT settings FROM mapping WHERE id = ?').pluck(),
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
    noteRemoval: db.prepare<[number, string, number]>('INSERT INTO removal VALUES (?, ?, ?)'),
    pruneRemovals: db.prepare<[number, number]>('DELETE FROM removal WHERE mapping = ? AND at < ?'),
    removals: db
      .prepare<[number, string, number], number>(
        'SELECT count(*) FROM removal WHERE mapping = ? AND side = ? AND at >= ?',
      )
      .pluck(),
    ...propertyStatements(db),
  };
}

function propertyStatements(db: Database) {
  return {
    propertyProblems: db.prepare<[number], PropertyProblemRow>(
      'SELECT name, type, a, b, reason, at AS atMs FROM property_problem WHERE mapping = ?',
    ),
    leaveProperty: db.prepare<[number, string, string, string | null, string | null, string, number]>(
      'INSERT INTO property_problem VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    finishProperty: db.prepare<[number, string]>(
      'DELETE FROM property_problem WHERE mapping = ? AND name = ?',
    ),
    properties: db.prepare<[number], PropertyRow>('SELECT name, a, b FROM property WHERE mapping = ?'),
    putProperty: db.prepare<[number, string, string | null, string | null]>(
      'INSERT INTO property VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET a = excluded.a, b = excluded.b',
    ),
  };
}
