import type { PropertyProblem } from '../core/status.ts';
import type { Database } from './database.ts';

/** A property of a mounted collection that a user set or took away, and that the other side does not have so. */
export interface PendingProperty {
  readonly name: string;
  /** `pending`: on its way. */
  readonly type: 'pending' | PropertyProblem['type'];
  /** Undefined: nothing is in its way. */
  readonly reason: string | undefined;
}

interface PropertyRow {
  readonly name: string;
  readonly value: string | null;
  /** 1: as both sides last agreed, or as the engine put it. */
  readonly settled: number;
  readonly hasFile: number;
  readonly type: PropertyProblem['type'] | null;
  readonly reason: string | null;
  /** 1: the problem is with what is there now. */
  readonly current: number;
}

/** Whether what a user made of a property differs from what both sides agreed on; of a row of `metadata`. */
export const UNSENT_PROPERTY = `(edited_at IS NOT NULL AND metadata.value IS NOT
  (SELECT agreed.value FROM agreed WHERE agreed.collection = metadata.collection AND agreed.name = metadata.name))`;

const SELECT_PROPERTY = `
  SELECT metadata.name, metadata.value, NOT ${UNSENT_PROPERTY} AS settled,
    EXISTS (SELECT 1 FROM entry WHERE parent = metadata.collection AND entry.name = metadata.name) AS hasFile,
    problem.type, reason,
    metadata.value IS (CASE side WHEN 'a' THEN problem.a ELSE problem.b END) AS current
  FROM metadata LEFT JOIN tied ON tied.collection = metadata.collection
  LEFT JOIN property_problem AS problem ON problem.mapping = tied.mapping AND problem.name = metadata.name
  WHERE metadata.collection = ?`;

/** Those of a collection that are not settled, by name. */
export function pendingProperties(db: Database): (collection: number) => readonly PendingProperty[] {
  const all = db.prepare<[number], PropertyRow>(`${SELECT_PROPERTY} ORDER BY metadata.name`);
  return (collection) =>
    all.all(collection).flatMap((row) => {
      const { state, reason } = judge(row);
      return state === 'settled' ? [] : [{ name: row.name, type: state, reason }];
    });
}

interface PropertyState {
  readonly state: 'settled' | PendingProperty['type'];
  readonly reason: string | undefined;
}

/** `undefined`: there is no file of that name, nor is the other side to hear that there is none. */
export function readProperty(db: Database, collection: number, name: string): PropertyState | undefined {
  const row = db
    .prepare<[number, string], PropertyRow>(`${SELECT_PROPERTY} AND metadata.name = ?`)
    .get(collection, name);
  if (!row) return undefined;
  const judged = judge(row);
  return row.hasFile === 0 && judged.state === 'settled' ? undefined : judged;
}

/** A value that came after the refused one has yet to be tried. */
function judge({ settled, type, reason, current }: PropertyRow): PropertyState {
  if (settled === 1) return { state: 'settled', reason: undefined };
  if (type === null || current === 0) return { state: 'pending', reason: 'not sent yet' };
  return { state: type, reason: reason ?? undefined };
}
