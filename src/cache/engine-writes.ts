import type { ItemKind } from '../core/item.ts';
import type { UpdateReason } from '../core/storage.ts';
import type { Database } from './database.ts';
import { classifyContent, type Content } from './content.ts';
import type { InodeRows, Place } from './inode-rows.ts';
import type { Author, ItemJournal } from './item-journal.ts';

/** A named file as the engine last saw it; a write is only done while it is still so. */
export interface Base extends Place {
  readonly ino: number;
  readonly version: number;
  /** The etag of an item; null for a metadata file. */
  readonly seq: number | null;
  /** Why it is to be changed, where that is told. */
  readonly reason?: UpdateReason | null;
}

/** A name that a file is to get. */
export interface Addition extends Place {
  /** What is in the file, where that is known already. */
  readonly content?: Content;
}

interface BaseRow extends Base {
  readonly writers: number;
}

/** The engine's changes to the tree: never a user's edit, so nothing of it is sent back. No transactions here. */
export class EngineWrites {
  readonly #inodes: InodeRows;
  readonly #journal: ItemJournal;
  readonly #base;
  readonly #identTaken;

  constructor(db: Database, inodes: InodeRows, journal: ItemJournal) {
    this.#inodes = inodes;
    this.#journal = journal;
    this.#base = db.prepare<[number, string], BaseRow>(
      `SELECT entry.parent, entry.name, entry.ino, version, item.seq, writers
       FROM entry JOIN inode USING (ino)
       LEFT JOIN item ON item.collection = entry.parent AND item.name = entry.name
       WHERE entry.parent = ? AND entry.name = ?`,
    );
    this.#identTaken = db
      .prepare<[number, string], number>('SELECT 1 FROM item WHERE collection = ? AND ident = ?')
      .pluck();
  }

  base(parent: number, name: string): Base | undefined {
    return this.#base.get(parent, name);
  }

  /** Whether nobody has written since, nor is about to. */
  isCurrent(base: Base): boolean {
    const now = this.#base.get(base.parent, base.name);
    return (
      now !== undefined &&
      now.ino === base.ino &&
      now.version === base.version &&
      now.seq === base.seq &&
      now.writers === 0
    );
  }

  isIdentTaken(collection: number, ident: string): boolean {
    return this.#identTaken.get(collection, ident) === 1;
  }

  /** Whether a file of that content would be a second item of one identity. */
  isDuplicate({ parent, name }: Place, ino: number): boolean {
    const kind = this.#journal.kindOf(parent, name);
    if (kind === undefined) return false;
    const { ident, hash } = classifyContent(kind, this.#inodes.body(ino));
    // Items without UID may well be alike.
    return ident !== null && ident !== `#${hash}` && this.isIdentTaken(parent, ident);
  }

  /** @returns the new etag; null for a metadata file */
  change(base: Base, bytes: Uint8Array, nowMs: number): number | null {
    const author = { ...engineAt(nowMs), reason: base.reason ?? undefined };
    this.#journal.contentChanging(base.ino, bytes, author, { collection: base.parent, name: base.name });
    this.#inodes.setContent(base.ino, bytes, { mtimeMs: nowMs, nowMs });
    this.#inodes.touchParentsOf(base.ino, nowMs);
    return this.base(base.parent, base.name)?.seq ?? null;
  }

  /**
   * Gives an inode that has no name yet its name, which must be free. Moves no time of the directory: that is for the caller to do,
   * once for all that it adds in one transaction.
   * @returns the new etag; null for a metadata file
   */
  add({ parent, name, content }: Addition, ino: number, nowMs: number): number | null {
    this.#inodes.insertEntry(parent, name, ino);
    const look = (kind: ItemKind): Content => content ?? classifyContent(kind, this.#inodes.body(ino));
    return this.#journal.named({ collection: parent, name }, { ino, look }, engineAt(nowMs)) ?? null;
  }

  /** Takes the name away; the inode is left for handles that are open on it. */
  remove({ parent, name }: Place, nowMs: number): void {
    this.#journal.unnaming({ collection: parent, name }, engineAt(nowMs), { settled: true });
    this.#inodes.removeEntry(parent, name);
    this.#inodes.touch(parent, nowMs);
  }
}

const engineAt = (atMs: number): Author => ({ by: 'engine', atMs });
