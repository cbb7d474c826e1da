import type { ItemKind } from '../core/item.ts';
import { isItemName } from '../core/item-name.ts';
import { classifyContent, type Content } from './content.ts';
import type { Database } from './database.ts';

/** Who made a change, and when. A user's has to be sent after its quiet time; the engine's is settled at once. */
export interface Author {
  readonly by: 'user' | 'engine';
  readonly atMs: number;
}

export interface ItemKey {
  readonly collection: number;
  readonly name: string;
}

interface ItemOfInode extends ItemKey {
  readonly kind: ItemKind;
}

/** F6: "once more 1–2 s later". */
const SECOND_TOUCH_AFTER_MS = 1500;
/** How long a program may think between its scan and its write. */
const SECOND_TOUCH_WITHIN_MS = 600_000;

/**
 * What the engine has to know of items: a row for each name that is an item, and one for each that was. Every change takes the
 * next number of the one counter, which is the item's etag. No transactions here; callers have one open.
 */
export class ItemJournal {
  readonly #next;
  readonly #kind;
  readonly #put;
  readonly #ofInode;
  readonly #update;
  readonly #remove;
  readonly #bury;
  readonly #unbury;
  readonly #quiet;
  readonly #isItem;
  readonly #remoteAt;
  readonly #touchAt;

  constructor(db: Database) {
    this.#next = db.prepare<[], number>('UPDATE counter SET seq = seq + 1 RETURNING seq').pluck();
    this.#kind = db.prepare<[number], ItemKind>('SELECT kind FROM collection WHERE ino = ?').pluck();
    this.#put = db.prepare<
      [number, string, number, number, number | null, string, string | null, string | null]
    >('INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#ofInode = db.prepare<[number], ItemOfInode>(
      `SELECT collection, name, kind FROM item JOIN collection ON collection.ino = item.collection WHERE item.ino = ?`,
    );
    this.#update = db.prepare<[number, number | null, string, string | null, string | null, number, string]>(
      'UPDATE item SET seq = ?, edited_at = ?, content = ?, ident = ?, hash = ? WHERE collection = ? AND name = ?',
    );
    this.#remove = db.prepare<[number, string]>('DELETE FROM item WHERE collection = ? AND name = ?');
    this.#bury = db.prepare<[number, number, number, number, string]>(
      `INSERT OR REPLACE INTO tombstone (collection, name, seq, deleted_at, settled, ident, hash, bytes)
       SELECT collection, name, ?, ?, ?, ident, hash, bytes FROM item JOIN body USING (ino) WHERE collection = ? AND name = ?`,
    );
    this.#unbury = db.prepare<[number, string]>('DELETE FROM tombstone WHERE collection = ? AND name = ?');
    this.#quiet = db.prepare<[number, number]>(
      'UPDATE item SET edited_at = ? WHERE ino = ? AND edited_at IS NOT NULL',
    );
    this.#isItem = db
      .prepare<[number, string], number>('SELECT 1 FROM item WHERE collection = ? AND name = ?')
      .pluck();
    this.#remoteAt = db.prepare<[number, number]>('UPDATE collection SET remote_at = ? WHERE ino = ?');
    this.#touchAt = db.prepare<[number, number, number]>(
      'UPDATE collection SET touch_at = ? WHERE ino = ? AND remote_at > ?',
    );
  }

  isItem({ collection, name }: ItemKey): boolean {
    return this.#isItem.get(collection, name) === 1;
  }

  /** Whether a file of that name in that directory would be an item. */
  kindOf(directory: number, name: string): ItemKind | undefined {
    const kind = this.#kind.get(directory);
    return kind !== undefined && isItemName(kind, name) ? kind : undefined;
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
    if (kind === undefined) return undefined;
    const { content, ident, hash } = file.look(kind);
    const seq = this.#nextSeq();
    this.#unbury.run(key.collection, key.name);
    this.#put.run(key.collection, key.name, file.ino, seq, editedAt(author), content, ident, hash);
    this.#noteWrite(key.collection, author);
    return seq;
  }

  /**
   * New bytes behind every item name of an inode.
   * @param written the name that was written to; the engine's write is a user's edit under any other (a hard link), to be sent from there
   */
  contentChanged(ino: number, bytes: Uint8Array, author: Author, written?: ItemKey): void {
    for (const item of this.#ofInode.all(ino)) {
      const meant = !written || (item.collection === written.collection && item.name === written.name);
      this.#rewrite(item, classifyContent(item.kind, bytes), meant ? author : { ...author, by: 'user' });
    }
  }

  #rewrite({ collection, name }: ItemOfInode, { content, ident, hash }: Content, author: Author): void {
    this.#update.run(this.#nextSeq(), editedAt(author), content, ident, hash, collection, name);
    this.#noteWrite(collection, author);
  }

  /** Whether any of an inode's names is an item's. */
  isItemContent(ino: number): boolean {
    return this.#ofInode.get(ino) !== undefined;
  }

  /** A name is about to go: noted as a deletion when it was an item's. `settled`: nothing to wait for. */
  unnamed({ collection, name }: ItemKey, author: Author, settled: boolean): void {
    if (!this.isItem({ collection, name })) return;
    this.#bury.run(this.#nextSeq(), author.atMs, Number(settled), collection, name);
    this.#remove.run(collection, name);
    this.#noteWrite(collection, author);
  }

  /** The quiet time of every item name of an inode that a user edited starts anew. */
  restartQuietTime(ino: number, nowMs: number): void {
    this.#quiet.run(nowMs, ino);
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

const editedAt = ({ by, atMs }: Author): number | null => (by === 'engine' ? null : atMs);
