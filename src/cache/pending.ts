import type { ItemKind } from '../core/item.ts';
import type { Trouble, Unfinished } from '../core/status.ts';
import type { Database } from './database.ts';
import { type PendingProperty, pendingProperties, UNSENT_PROPERTY } from './pending-properties.ts';
import type { Delays } from './settle.ts';
import { asStateError } from './sqlite-error.ts';

/** What is on the minds of people who ask `status` about a mounted collection. */
export interface PendingCollection {
  readonly storage: string;
  readonly id: string;
  readonly directory: string;
  readonly kind: ItemKind;
  readonly items: number;
  /** Edits and deletions, of properties and of itself too, that the other side does not have yet; those within their quiet time are among them. */
  readonly unsent: number;
  /** Edits and deletions within their quiet time, and files open for writing. */
  readonly waiting: number;
  /** Files that are empty or half-written, or not UTF-8: kept and never sent. */
  readonly incomplete: readonly string[];
  readonly unfinished: readonly PendingItem[];
  /** Those that a user set or took away, and that the other side does not have so. */
  readonly properties: readonly PendingProperty[];
  /** `new`: made here, and not on the other side yet. `removed`: removed here, and still on the other side, with so many items. */
  readonly standing: 'known' | 'new' | 'removed';
  /** Why it is so, where that waits for somebody. */
  readonly trouble: Trouble | undefined;
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

interface CollectionCounts extends Pick<
  PendingCollection,
  'storage' | 'id' | 'directory' | 'kind' | 'items' | 'unsent' | 'waiting' | 'standing'
> {
  readonly ino: number;
  readonly base: string;
  readonly finishedAt: number | null;
}

const UNSENT_EDITS = `
  SELECT count(*) FROM item WHERE item.collection = place.ino AND edited_at IS NOT NULL AND content = 'whole'
    AND NOT EXISTS (SELECT 1 FROM sent WHERE sent.collection = item.collection
      AND href = place.base || '/' || item.name AND etag = CAST(item.seq AS TEXT))`;

/** Of items that the other side has, and that live on under no other name here. */
const UNSENT_DELETIONS = `
  SELECT count(*) FROM tombstone WHERE tombstone.collection = place.ino
    AND EXISTS (SELECT 1 FROM sent WHERE sent.collection = tombstone.collection
      AND href = place.base || '/' || tombstone.name)
    AND NOT EXISTS (SELECT 1 FROM item WHERE item.collection = tombstone.collection AND item.ident = tombstone.ident)`;

const UNSENT_PROPERTIES = `
  SELECT count(*) FROM metadata WHERE metadata.collection = place.ino AND ${UNSENT_PROPERTY}`;

/** One that was removed is one deletion, whatever was in it; one that was made is one edit beside those in it. */
const UNSENT = `iif(standing = 'removed', 1,
  (${UNSENT_EDITS}) + (${UNSENT_DELETIONS}) + (${UNSENT_PROPERTIES}) + (standing = 'new'))`;

/** Also those that users removed, as long as the other side has them. */
const PLACE = `
  place AS (
    SELECT collection.ino, collection.id, collection.kind, ifnull(entry.name, removed_from) AS directory, base,
      storage.name AS storage, write_delay, delete_delay, made_at, removed_at,
      CASE WHEN removed_at IS NOT NULL THEN 'removed'
        WHEN made_at IS NOT NULL AND collection.ino NOT IN (SELECT collection FROM tied) THEN 'new'
        ELSE 'known' END AS standing
    FROM collection LEFT JOIN entry ON entry.ino = collection.ino JOIN storage ON storage.ino = collection.storage
    WHERE removed_at IS NULL OR collection.ino IN (SELECT collection FROM tied))`;

/** Edits and deletions of all mounted storages that the other side does not have yet. */
export function pendingCount(db: Database): number {
  return asStateError('counting pending edits', () => {
    const count = db
      .prepare<[], number | null>(`WITH ${PLACE} SELECT sum(${UNSENT}) FROM place`)
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
         SELECT ino, storage, id, directory, base, kind, standing,
           iif(standing = 'removed',
             (SELECT count(*) FROM tied JOIN synced USING (mapping) WHERE tied.collection = place.ino),
             (SELECT count(*) FROM item WHERE collection = place.ino)) AS items,
           ${UNSENT} AS unsent,
           (SELECT count(*) FROM item JOIN inode ON inode.ino = item.ino WHERE item.collection = place.ino
              AND (writers = 1 OR abs($now - edited_at) < ifnull($write, write_delay)))
           + (SELECT count(*) FROM tombstone WHERE collection = place.ino AND settled = 0
              AND abs($now - deleted_at) < ifnull($delete, delete_delay))
           + (SELECT count(*) FROM metadata WHERE metadata.collection = place.ino AND ${UNSENT_PROPERTY}
              AND abs($now - edited_at) < ifnull($write, write_delay))
           + (standing = 'new' AND abs($now - made_at) < ifnull($write, write_delay))
           + (standing = 'removed' AND abs($now - removed_at) < ifnull($delete, delete_delay)) AS waiting,
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
    properties: pendingProperties(db),
    trouble: db.prepare<[string, string], Trouble>(
      'SELECT type, reason, at AS atMs FROM trouble WHERE pair = ? AND name = ?',
    ),
    unfinished: db.prepare<[number], LeftoverRow>(
      'SELECT ident, href, type, reason, at FROM leftover WHERE collection = ? ORDER BY ident',
    ),
  };
}

function toPendingCollection(
  { ino, base, finishedAt, ...row }: CollectionCounts,
  details: ReturnType<typeof prepareDetails>,
): PendingCollection {
  return {
    ...row,
    incomplete: details.incomplete.all(ino),
    unfinished: details.unfinished.all(ino).map((left) => toPendingItem(left, base)),
    properties: details.properties(ino),
    trouble: details.trouble.get(`mount:${row.storage}`, row.id),
    finishedAtMs: finishedAt ?? undefined,
  };
}

const toPendingItem = ({ ident, href, type, reason, at }: LeftoverRow, base: string): PendingItem => ({
  // What has no UID is identified by its hash or place, which say nothing to anybody.
  uid: /^[# ]/.test(ident) ? undefined : ident,
  name: href?.startsWith(`${base}/`) === true ? href.slice(base.length + 1) : undefined,
  type,
  reason,
  atMs: at,
});
