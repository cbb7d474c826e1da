import type { ItemKind } from '../core/item.ts';
import { isItemName } from '../core/item-name.ts';
import type { UpdateReason } from '../core/storage.ts';
import { classifyContent, type Content } from './content.ts';
import type { Database } from './database.ts';
import { type Former, History, type Why } from './history.ts';
import { MetadataRows } from './metadata-rows.ts';

/** Who made a change, and when. A user's has to be sent after its quiet time; the engine's is settled at once. */
export interface Author {
  readonly by: 'user' | 'engine';
  readonly atMs: number;
  /** Why the engine changes a text, where that is more than that the other side has another one. */
  readonly reason?: UpdateReason | undefined;
}

export interface ItemKey {
  readonly collection: number;
  readonly name: string;
}

/** How a name goes. */
export interface Leaving {
  /** There is nothing to wait for. */
  readonly settled: boolean;
  /** The file goes on as an item under another name. */
  readonly isMoved?: boolean;
}

/** F6: "once more 1–2 s later". */
const SECOND_TOUCH_AFTER_MS = 1500;
/** How long a program may think between its scan and its write. */
const SECOND_TOUCH_WITHIN_MS = 600_000;

/**
 * What the engine has to know of items: a row for each name that is an item, and one for each that was. Every change takes the
 * next number of the one counter, which is the item's etag. What becomes of names and contents is told to the properties' rows too.
 * No transactions here; callers have one open.
 */
export class ItemJournal {
  readonly #history: History;
  readonly #metadata: MetadataRows;
  readonly #next;
  readonly #kind;
  readonly #put;
  readonly #ofInode;
  readonly #named;
  readonly #update;
  readonly #remove;
  readonly #bury;
  readonly #unbury;
  readonly #quiet;
  readonly #remoteAt;
  readonly #touchAt;

  constructor(db: Database) {
    this.#history = new History(db);
    this.#metadata = new MetadataRows(db);
    this.#next = db.prepare<[], number>('UPDATE counter SET seq = seq + 1 RETURNING seq').pluck();
    this.#kind = db.prepare<[number], ItemKind>('SELECT kind FROM collection WHERE ino = ?').pluck();
    this.#put = db.prepare<
      [number, string, number, number, number | null, string, string | null, string | null]
    >('INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    const former = `SELECT item.collection, name, item.ino, kind, content, ident, hash, edited_at IS NOT NULL AS edited
      FROM item JOIN collection ON collection.ino = item.collection`;
    this.#ofInode = db.prepare<[number], Former>(`${former} WHERE item.ino = ?`);
    this.#named = db.prepare<[number, string], Former>(`${former} WHERE item.collection = ? AND name = ?`);
    this.#update = db.prepare<[number, number | null, string, string | null, string | null, number, string]>(
      'UPDATE item SET seq = ?, edited_at = ?, content = ?, ident = ?, hash = ? WHERE collection = ? AND name = ?',
    );
    this.#remove = db.prepare<[number, string]>('DELETE FROM item WHERE collection = ? AND name = ?');
    this.#bury = db.prepare<[number, number, number, number | null, number, string]>(
      `INSERT OR REPLACE INTO tombstone (collection, name, seq, deleted_at, settled, ident, hash, version)
       SELECT collection, name, ?, ?, ?, ident, hash, ? FROM item WHERE collection = ? AND name = ?`,
    );
    this.#unbury = db
      .prepare<[number, string], number | null>(
        'DELETE FROM tombstone WHERE collection = ? AND name = ? RETURNING version',
      )
      .pluck();
    this.#quiet = db.prepare<[number, number]>(
      'UPDATE item SET edited_at = ? WHERE ino = ? AND edited_at IS NOT NULL',
    );
    this.#remoteAt = db.prepare<[number, number]>('UPDATE collection SET remote_at = ? WHERE ino = ?');
    this.#touchAt = db.prepare<[number, number, number]>(
      'UPDATE collection SET touch_at = ? WHERE ino = ? AND remote_at > ?',
    );
  }

  /** Whether a file of that name in that directory would be an item. */
  kindOf(directory: number, name: string): ItemKind | undefined {
    const kind = this.#kind.get(directory);
    return kind !== undefined && isItemName(kind, name) ? kind : undefined;
  }

  /** Whether a file of that name in that directory is the other side's business: an item or a property. */
  isNoted(directory: number, name: string): boolean {
    return this.kindOf(directory, name) !== undefined || this.#metadata.isMetadata(directory, name);
  }

  /**
   * A file got a name: noted when it is an item's. A deletion waiting under that name becomes a change of it (F12).
   * @param file `look` tells what is in it; not called when it is no item's
   * @returns its etag
   */
  named(
    key: ItemKey,
    file: { readonly ino: number; readonly look: (kind: ItemKind) => Content },
    author: Author,
  ): number | undefined {
    const kind = this.kindOf(key.collection, key.name);
    if (kind === undefined) {
      this.#metadata.named(key, file.ino, author);
      return undefined;
    }
    const { content, ident, hash } = file.look(kind);
    const seq = this.#nextSeq();
    const version = this.#unbury.get(key.collection, key.name);
    if (version !== undefined) this.#history.named({ ...key, ino: file.ino }, version, rewrittenBy(author));
    this.#put.run(key.collection, key.name, file.ino, seq, editedAt(author), content, ident, hash);
    this.#noteWrite(key.collection, author);
    return seq;
  }

  /**
   * New bytes are about to be put behind every item name of an inode.
   * @param written the name that was written to; the engine's write is a user's edit under any other (a hard link), to be sent from there
   */
  contentChanging(ino: number, bytes: Uint8Array, author: Author, written?: ItemKey): void {
    this.#metadata.contentChanging(ino, bytes, author, written);
    for (const item of this.#ofInode.all(ino)) {
      this.#history.rewriting(item, bytes, rewrittenBy(author));
      const meant = !written || (item.collection === written.collection && item.name === written.name);
      this.#rewrite(item, classifyContent(item.kind, bytes), meant ? author : { ...author, by: 'user' });
    }
  }

  #rewrite({ collection, name }: ItemKey, { content, ident, hash }: Content, author: Author): void {
    this.#update.run(this.#nextSeq(), editedAt(author), content, ident, hash, collection, name);
    this.#noteWrite(collection, author);
  }

  /** Whether any of an inode's names is an item's or a property's. */
  isNotedContent(ino: number): boolean {
    return this.#ofInode.get(ino) !== undefined || this.#metadata.isContent(ino);
  }

  /** A name is about to go: noted as a deletion when it was an item's. */
  unnaming({ collection, name }: ItemKey, author: Author, { settled, isMoved = false }: Leaving): void {
    this.#metadata.unnaming({ collection, name }, author);
    const former = this.#named.get(collection, name);
    if (!former) return;
    // Another name of the same file, where it has one, goes on showing the text.
    const isShown = isMoved || this.#ofInode.all(former.ino).length > 1;
    const version = isShown ? undefined : this.#history.removing(former, removedBy(author));
    this.#bury.run(this.#nextSeq(), author.atMs, Number(settled), version ?? null, collection, name);
    this.#remove.run(collection, name);
    this.#noteWrite(collection, author);
  }

  /** The quiet time of every item name of an inode that a user edited starts anew. */
  restartQuietTime(ino: number, nowMs: number): void {
    this.#quiet.run(nowMs, ino);
    this.#metadata.restartQuietTime(ino, nowMs);
  }

  #nextSeq(): number {
    const seq = this.#next.get();
    if (seq === undefined) throw new Error('the change counter has no row');
    return seq;
  }

  /**
   * khal stores the directory's time after its own write and so misses a remote change that came before it; after a user's write
   * that follows a remote one, the directory has to move once more (F6).
   */
  #noteWrite(collection: number, { by, atMs }: Author): void {
    if (by === 'engine') this.#remoteAt.run(atMs, collection);
    else this.#touchAt.run(atMs + SECOND_TOUCH_AFTER_MS, collection, atMs - SECOND_TOUCH_WITHIN_MS);
  }
}

const rewrittenBy = ({ by, atMs, reason }: Author): { why: Why; atMs: number } => ({
  why: by === 'user' ? 'edited-here' : (reason ?? 'changed-there'),
  atMs,
});

const removedBy = ({ by, atMs }: Author): { why: Why; atMs: number } => ({
  why: by === 'user' ? 'deleted-here' : 'deleted-there',
  atMs,
});

const editedAt = ({ by, atMs }: Author): number | null => (by === 'engine' ? null : atMs);
