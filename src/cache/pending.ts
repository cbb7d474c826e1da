import type { ItemKind } from '../core/item.ts';
import type { Unfinished } from '../core/status.ts';
import type { Database } from './database.ts';
import type { Delays } from './settle.ts';
import { asStateError } from './sqlite-error.ts';

/** What is on the minds of people who ask `status` about a mounted collection. */
export interface PendingCollection {
  readonly storage: string;
  readonly id: string;
  readonly directory: string;
  readonly kind: ItemKind;
  readonly items: number;
  /** Edits and deletions that the other side does not have yet; those within their quiet time are among them. */
  readonly unsent: number;
  /** Edits and deletions within their quiet time, and files open for writing. */
  readonly waiting: number;
  /** Files that are empty or half-written, or not UTF-8: kept and never sent. */
  readonly incomplete: readonly string[];
  readonly unfinished: readonly PendingItem[];
  /** The end of the last finished run; undefined: there was none. */
  readonly finishedAtMs: number | undefined;
}

interface PendingItem {
  /** Undefined for an item without one. */
  readonly uid: string | undefined;
  /** Its file in the collection's directory; undefined: the mount has none. */
  readonly name: string | undefined;
  readonly type: Unfinished['type'];
  readonly reason: string;
  readonly atMs: number;
}

interface CollectionCounts {
  readonly ino: number;
  readonly storage: string;
  readonly id: string;
  readonly directory: string;
  readonly kind: ItemKind;
  readonly items: number;
  readonly unsent: number;
  readonly waiting: number;
  readonly finishedAt: number | null;
}

const UNSENT_EDITS = `
  SELECT count(*) FROM item WHERE item.collection = place.ino AND edited_at IS NOT NULL AND content = 'whole'
    AND NOT EXISTS (SELECT 1 FROM sent WHERE sent.collection = item.collection
      AND href = place.directory || '/' || item.name AND etag = CAST(item.seq AS TEXT))`;

/** Of items that the other side has, and that live on under no other name here. */
const UNSENT_DELETIONS = `
  SELECT count(*) FROM tombstone WHERE tombstone.collection = place.ino
    AND EXISTS (SELECT 1 FROM sent WHERE sent.collection = tombstone.collection
      AND href = place.directory || '/' || tombstone.name)
    AND NOT EXISTS (SELECT 1 FROM item WHERE item.collection = tombstone.collection AND item.ident = tombstone.ident)`;

const PLACE = `
  place AS (
    SELECT collection.ino, collection.id, collection.kind, entry.name AS directory, storage.name AS storage,
      write_delay, delete_delay
    FROM collection CROSS JOIN entry ON entry.ino = collection.ino JOIN storage ON storage.ino = collection.storage)`;

/** Edits and deletions of all mounted storages that the other side does not have yet. */
export function pendingCount(db: Database): number {
  return asStateError('counting pending edits', () => {
    const count = db
      .prepare<[], number | null>(
        `WITH ${PLACE} SELECT sum((${UNSENT_EDITS}) + (${UNSENT_DELETIONS})) FROM place`,
      )
      .pluck()
      .get();
    return count ?? 0;
  });
}

/** Everything `status` has to say of mounted collections, by storage and id. @param delays for telling what still waits; absent: those of each storage */
export function readPending(db: Database, nowMs: number, delays?: Delays): readonly PendingCollection[] {
  return asStateError('reading what is pending', () => {
    const collections = db
      .prepare<[{ now: number; write: number | null; delete: number | null }], CollectionCounts>(
        `WITH ${PLACE}
         SELECT ino, storage, id, directory, kind,
           (SELECT count(*) FROM item WHERE collection = place.ino) AS items,
           (${UNSENT_EDITS}) + (${UNSENT_DELETIONS}) AS unsent,
           (SELECT count(*) FROM item JOIN inode ON inode.ino = item.ino WHERE item.collection = place.ino
              AND (writers = 1 OR abs($now - edited_at) < ifnull($write, write_delay)))
           + (SELECT count(*) FROM tombstone WHERE collection = place.ino AND settled = 0
              AND abs($now - deleted_at) < ifnull($delete, delete_delay)) AS waiting,
           (SELECT max(finished_at) FROM mapping
              WHERE a_href = 'cache:' || place.ino OR b_href = 'cache:' || place.ino) AS finishedAt
         FROM place ORDER BY storage, id`,
      )
      .all({ now: nowMs, write: delays?.writeDelayMs ?? null, delete: delays?.deleteDelayMs ?? null });
    const details = prepareDetails(db);
    return collections.map((row) => toPendingCollection(row, details));
  });
}

interface LeftoverRow {
  readonly ident: string;
  readonly href: string | null;
  readonly type: Unfinished['type'];
  readonly reason: string;
  readonly at: number;
}

function prepareDetails(db: Database) {
  return {
    incomplete: db
      .prepare<[number], string>(
        `SELECT name FROM item WHERE collection = ? AND content <> 'whole' AND edited_at IS NOT NULL ORDER BY name`,
      )
      .pluck(),
    unfinished: db.prepare<[number], LeftoverRow>(
      'SELECT ident, href, type, reason, at FROM leftover WHERE collection = ? ORDER BY ident',
    ),
  };
}

function toPendingCollection(
  { ino, storage, id, directory, kind, items, unsent, waiting, finishedAt }: CollectionCounts,
  details: ReturnType<typeof prepareDetails>,
): PendingCollection {
  return {
    storage,
    id,
    directory,
    kind,
    items,
    unsent,
    waiting,
    incomplete: details.incomplete.all(ino),
    unfinished: details.unfinished.all(ino).map((row) => toPendingItem(row, directory)),
    finishedAtMs: finishedAt ?? undefined,
  };
}

const toPendingItem = ({ ident, href, type, reason, at }: LeftoverRow, directory: string): PendingItem => ({
  // What has no UID is identified by its hash or place, which say nothing to anybody.
  uid: /^[# ]/.test(ident) ? undefined : ident,
  name: href?.startsWith(`${directory}/`) === true ? href.slice(directory.length + 1) : undefined,
  type,
  reason,
  atMs: at,
});
