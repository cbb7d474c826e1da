import type { Database } from './database.ts';
import { type ContentCommit, FileError } from './file-tree.ts';
import type { InodeRows } from './inode-rows.ts';
import type { ItemJournal } from './item-journal.ts';

interface Stored {
  readonly type: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly writers: number;
}

/** Content that users write. No transactions here. */
export class TreeContent {
  readonly #inodes: InodeRows;
  readonly #journal: ItemJournal;
  readonly #stored;

  constructor(db: Database, inodes: InodeRows, journal: ItemJournal) {
    this.#inodes = inodes;
    this.#journal = journal;
    this.#stored = db.prepare<[number], Stored>(
      'SELECT type, size, mtime AS mtimeMs, writers FROM inode WHERE ino = ?',
    );
  }

  /** What a commit would do, found out without a transaction: most closes write nothing. */
  compare(commit: ContentCommit): 'nothing' | 'something' {
    const stored = this.#file(commit.ino);
    const isSame =
      stored.mtimeMs === commit.mtimeMs &&
      stored.writers === Number(commit.writers) &&
      this.#isSameContent(commit, stored);
    return isSame ? 'nothing' : 'something';
  }

  commit(commit: ContentCommit, nowMs: number): void {
    const { ino, body, mtimeMs, writers } = commit;
    const stored = this.#file(ino);
    if (this.#isSameContent(commit, stored)) {
      const atimeMs = this.#inodes.inode(ino)?.atimeMs ?? mtimeMs;
      if (stored.mtimeMs !== mtimeMs) this.#inodes.setTimes(ino, { atimeMs, mtimeMs, nowMs });
    } else {
      this.#journal.contentChanging(ino, body, { by: 'user', atMs: nowMs });
      this.#inodes.setContent(ino, body, { mtimeMs, nowMs });
      this.#inodes.touchParentsOf(ino, nowMs);
    }
    if (stored.writers === 1 && !writers) this.release(ino, nowMs);
    else if (stored.writers === 0 && writers) this.#inodes.setWriters(ino, true);
  }

  hasWriters(ino: number): boolean {
    return this.#stored.get(ino)?.writers === 1;
  }

  release(ino: number, nowMs: number): void {
    this.#inodes.setWriters(ino, false);
    this.#journal.restartQuietTime(ino, nowMs);
  }

  #isSameContent({ ino, body }: ContentCommit, stored: Stored): boolean {
    return stored.size === body.length && this.#inodes.body(ino).equals(body);
  }

  #file(ino: number): Stored {
    const stored = this.#stored.get(ino);
    if (!stored) throw new FileError('ENOENT', `no inode ${ino}`);
    if (stored.type !== 'file') throw new FileError('EISDIR', 'only files have content');
    return stored;
  }
}
