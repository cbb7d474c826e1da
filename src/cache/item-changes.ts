import type { Ident } from '../core/item.ts';
import {
  type Changes,
  etag,
  type Href,
  href,
  syncToken,
  type SyncToken,
  type UnclearRef,
} from '../core/storage.ts';
import type { CollectionRow } from './collections.ts';
import { type ContentClass, whyNotSent } from './content.ts';
import type { Database } from './database.ts';
import { type Delays, isWaiting } from './settle.ts';

interface ItemRow {
  readonly name: string;
  readonly seq: number;
  readonly ident: Ident | null;
  readonly content: ContentClass;
  readonly editedAt: number | null;
  readonly writers: number;
  /** When the same item was removed from another collection of the storage, if nobody was told yet. */
  readonly movedAt: number | null;
}

/** What is quiet by both counts as quiet: the halves of a move lie in two collections, which are read one after the other. */
export interface Moment {
  readonly nowMs: number;
  /** When the run began that reads several collections. */
  readonly asOfMs: number;
}

interface TombstoneRow {
  readonly name: string;
  readonly seq: number;
  readonly ident: Ident | null;
  readonly deletedAt: number;
  readonly settled: number;
  /** The same item is in the collection under another name. */
  readonly livesOn: number;
}

interface Extent {
  /** The last number that touched the collection. */
  readonly last: number;
  readonly purged: number;
}

/** Makes an href from a file's name, and is the only one to do so. */
export const hrefOf = ({ base }: CollectionRow, name: string): Href => href(`${base}/${name}`);

/** The file name in an href; undefined when it is no href of that collection. */
export const nameIn = ({ base }: CollectionRow, at: Href): string | undefined =>
  at.startsWith(`${base}/`) ? at.slice(base.length + 1) : undefined;

/** The other collections, as `other`, of the storage that this one is in. */
const ELSEWHERE = (collection: string): string =>
  `other.ino <> ${collection} AND other.storage = (SELECT storage FROM collection WHERE ino = ${collection})`;

/**
 * "What is different since?", answered from the numbers in the rows. A token is such a number: everything up to it was settled and
 * told. Users' edits and deletions within their quiet time are unclear and hold the token back, so that they come again.
 *
 * Files that are empty, half-written or not UTF-8 are never sent, and unclear as long as they are so, whatever the token. An
 * incomplete file is `passing`: somebody is most likely still at it, and `status` shows it; what is not UTF-8 stays so until
 * somebody does something, which is a `problem`. The engine's own texts are taken as they are.
 */
export class ItemChanges {
  readonly #since;
  readonly #unfit;
  readonly #buried;
  readonly #extent;
  readonly #unclear;
  readonly #snapshot;

  constructor(db: Database) {
    // Without statistics SQLite takes the primary key for better than the partial indices; so they are named, and joins are ordered.
    const columns = `SELECT name, seq, ident, content, edited_at AS editedAt, writers, CASE WHEN edited_at IS NULL THEN NULL ELSE (
        SELECT max(deleted_at) FROM collection AS other CROSS JOIN tombstone
        ON tombstone.collection = other.ino AND tombstone.ident = item.ident AND settled = 0
        WHERE ${ELSEWHERE('item.collection')}) END AS movedAt FROM item`;
    this.#since = db.prepare<[number, number], ItemRow>(
      `${columns} JOIN inode ON inode.ino = item.ino WHERE item.collection = ? AND seq > ? ORDER BY seq`,
    );
    this.#unfit = db.prepare<[number, number], ItemRow>(
      `${columns} INDEXED BY item_unfit JOIN inode ON inode.ino = item.ino
       WHERE item.collection = ? AND content <> 'whole' AND edited_at IS NOT NULL AND seq <= ?`,
    );
    this.#buried = db.prepare<[number, number], TombstoneRow>(
      `SELECT name, seq, ident, deleted_at AS deletedAt, settled,
         EXISTS (SELECT 1 FROM item WHERE item.collection = dead.collection AND item.ident = dead.ident) AS livesOn
       FROM tombstone AS dead WHERE collection = ? AND seq > ? ORDER BY seq`,
    );
    this.#extent = db.prepare<[number], Extent>(
      `SELECT purged, max(purged,
         ifnull((SELECT max(seq) FROM item WHERE item.collection = collection.ino), 0),
         ifnull((SELECT max(seq) FROM tombstone WHERE tombstone.collection = collection.ino), 0)) AS last
       FROM collection WHERE ino = ?`,
    );
    this.#unclear = db
      .prepare<[{ collection: number; now: number; write: number; delete: number }], number>(
        `SELECT EXISTS (SELECT 1 FROM item WHERE collection = $collection AND edited_at IS NOT NULL
             AND edited_at > $now - $write AND edited_at < $now + $write)
           OR EXISTS (SELECT 1 FROM item INDEXED BY item_unfit
             WHERE collection = $collection AND content <> 'whole' AND edited_at IS NOT NULL)
           OR EXISTS (SELECT 1 FROM tombstone WHERE collection = $collection AND settled = 0
             AND deleted_at > $now - $delete AND deleted_at < $now + $delete)
           OR EXISTS (SELECT 1 FROM inode CROSS JOIN item ON item.ino = inode.ino
             WHERE writers = 1 AND item.collection = $collection)
           OR EXISTS (SELECT 1 FROM collection AS other
             CROSS JOIN tombstone ON tombstone.collection = other.ino AND settled = 0
               AND deleted_at > $now - $delete AND deleted_at < $now + $delete
             CROSS JOIN item ON item.collection = $collection AND item.ident = tombstone.ident AND edited_at IS NOT NULL
             WHERE ${ELSEWHERE('$collection')})`,
      )
      .pluck();
    this.#snapshot = db.transaction((work: () => unknown) => work());
  }

  /** Changes with every change; undefined while there is something unclear, because that becomes clear without one. */
  state({ ino }: CollectionRow, { writeDelayMs, deleteDelayMs }: Delays, nowMs: number): string | undefined {
    const waits = { collection: ino, now: nowMs, write: writeDelayMs, delete: deleteDelayMs };
    return this.#unclear.get(waits) === 1 ? undefined : String(this.#extent.get(ino)?.last ?? 0);
  }

  read(collection: CollectionRow, token: SyncToken | undefined, at: Delays & Moment): Changes {
    // One look at all tables, which the other process goes on writing.
    return this.#snapshot.deferred(() => this.#read(collection, token, at)) as Changes;
  }

  #read(collection: CollectionRow, token: SyncToken | undefined, at: Delays & Moment): Changes {
    const { last, purged } = this.#extent.get(collection.ino) ?? { last: 0, purged: 0 };
    const asked = token !== undefined && /^\d+$/.test(token) ? Number(token) : -1;
    const complete = asked < purged || asked > last;
    const since = complete ? -1 : asked;
    const answer = new Answer(collection, at);
    for (const row of this.#since.all(collection.ino, since)) answer.addItem(row);
    for (const row of this.#unfit.all(collection.ino, since)) answer.addItem(row);
    for (const row of this.#buried.all(collection.ino, since)) answer.addTombstone(row);
    return answer.toChanges(complete, last);
  }
}

class Answer {
  readonly #collection: CollectionRow;
  readonly #at: Delays & Moment;
  readonly #changed: { href: Href; etag: ReturnType<typeof etag> }[] = [];
  readonly #removed: Href[] = [];
  readonly #unclear: UnclearRef[] = [];
  #heldAt = Infinity;

  constructor(collection: CollectionRow, at: Delays & Moment) {
    this.#collection = collection;
    this.#at = at;
  }

  addItem({ name, seq, ident, content, editedAt, writers, movedAt }: ItemRow): void {
    const { writeDelayMs, deleteDelayMs } = this.#at;
    if (writers === 1) return this.#hold(name, ident, seq, 'open for writing');
    if (editedAt !== null && this.#waits(editedAt, writeDelayMs)) {
      return this.#hold(name, ident, seq, 'edited a moment ago');
    }
    // Its removal over there waits as well: told together, they are a move.
    if (movedAt !== null && this.#waits(movedAt, deleteDelayMs))
      return this.#hold(name, ident, seq, 'moved a moment ago');
    const reason = editedAt === null ? undefined : whyNotSent(content, this.#collection.kind);
    const at = hrefOf(this.#collection, name);
    if (reason === undefined) this.#changed.push({ href: at, etag: etag(String(seq)) });
    else
      this.#doubt(
        at,
        ident,
        `${this.#collection.directory}/${name}: ${reason}`,
        content === 'not-utf8' ? 'problem' : 'passing',
      );
  }

  addTombstone({ name, seq, ident, deletedAt, settled, livesOn }: TombstoneRow): void {
    const waits = settled === 0 && livesOn === 0 && this.#waits(deletedAt, this.#at.deleteDelayMs);
    if (waits) {
      const deletion = {
        href: hrefOf(this.#collection, name),
        ident: ident ?? undefined,
        isDeletion: true,
      } as const;
      this.#heldAt = Math.min(this.#heldAt, seq);
      this.#unclear.push({ ...deletion, reason: 'deleted a moment ago', weight: 'passing' });
    } else this.#removed.push(hrefOf(this.#collection, name));
  }

  toChanges(complete: boolean, last: number): Changes {
    return {
      complete,
      changed: this.#changed,
      removed: complete ? [] : this.#removed,
      unclear: this.#unclear,
      token: syncToken(String(Math.min(last, this.#heldAt - 1))),
    };
  }

  #waits(sinceMs: number, delayMs: number): boolean {
    return [this.#at.nowMs, this.#at.asOfMs].some((atMs) => isWaiting(sinceMs, delayMs, atMs));
  }

  #hold(name: string, ident: Ident | null, seq: number, reason: string): void {
    this.#heldAt = Math.min(this.#heldAt, seq);
    this.#doubt(hrefOf(this.#collection, name), ident, reason, 'passing');
  }

  #doubt(at: Href, ident: Ident | null, reason: string, weight: UnclearRef['weight']): void {
    this.#unclear.push({ href: at, ident: ident ?? undefined, reason, weight });
  }
}
