import type { ItemKind } from '../core/item.ts';
import type { Database } from './database.ts';
import type { Inode, InodeType } from './file-tree.ts';

/** The columns of SELECT_INODE. As an array, because better-sqlite3 takes half as long to make one as to make an object. */
type InodeRow = [
  ino: number,
  type: InodeType,
  mode: number,
  size: number,
  mtimeMs: number,
  ctimeMs: number,
  atimeMs: number,
  links: number,
  version: number,
  readOnly: number,
  kind: ItemKind | null,
  collection: number | null,
];

export interface NewInode {
  readonly type: InodeType;
  readonly mode: number;
  readonly atMs: number;
  readonly collection: number | undefined;
  readonly readOnly?: boolean;
  /** Absent for directories. */
  readonly bytes?: Uint8Array;
}

/** A name in a directory. */
export interface Place {
  readonly parent: number;
  readonly name: string;
}

/** Where a name leads, with what is needed to change it. */
export interface Target {
  readonly ino: number;
  readonly type: InodeType;
}

const SELECT_INODE = `
  SELECT i.ino, i.type, i.mode, i.size, i.mtime, i.ctime, i.atime,
    (SELECT count(*) FROM entry AS name WHERE name.ino = i.ino), i.version,
    i.read_only OR ifnull(c.read_only, 0) OR ifnull(s.read_only, 0),
    CASE i.type WHEN 'collection' THEN c.kind END, i.collection
  FROM inode AS i
  LEFT JOIN collection AS c ON c.ino = i.collection
  LEFT JOIN storage AS s ON s.ino = ifnull(c.storage, i.ino)`;

/** Rows of inode, body and entry: no rules here, no transactions. */
export class InodeRows {
  readonly #byIno;
  readonly #byName;
  readonly #version;
  readonly #target;
  readonly #parent;
  readonly #body;
  readonly #insert;
  readonly #insertBody;
  readonly #replaceBody;
  readonly #insertEntry;
  readonly #removeEntry;
  readonly #content;
  readonly #times;
  readonly #mode;
  readonly #writers;
  readonly #collection;
  readonly #touch;
  readonly #touchParents;
  readonly #forget;
  readonly #remove;

  constructor(db: Database) {
    this.#byIno = db.prepare<[number], InodeRow>(`${SELECT_INODE} WHERE i.ino = ?`).raw();
    this.#byName = db
      .prepare<[number, string], InodeRow>(
        `${SELECT_INODE} WHERE i.ino = (SELECT ino FROM entry WHERE parent = ? AND name = ?)`,
      )
      .raw();
    this.#version = db.prepare<[number], number>('SELECT version FROM inode WHERE ino = ?').pluck();
    this.#target = db.prepare<[number, string], Target>(
      'SELECT ino, i.type FROM entry JOIN inode AS i USING (ino) WHERE parent = ? AND name = ?',
    );
    this.#parent = db.prepare<[number], number>('SELECT parent FROM entry WHERE ino = ? LIMIT 1').pluck();
    this.#body = db.prepare<[number], Buffer>('SELECT bytes FROM body WHERE ino = ?').pluck();
    this.#insert = db.prepare<[string, number, number, number, number, number, number, number | null]>(
      `INSERT INTO inode (type, mode, size, mtime, ctime, atime, read_only, collection) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertBody = db.prepare<[number, Uint8Array]>('INSERT INTO body VALUES (?, ?)');
    this.#replaceBody = db.prepare<[Uint8Array, number]>('UPDATE body SET bytes = ? WHERE ino = ?');
    this.#insertEntry = db.prepare<[number, string, number]>('INSERT INTO entry VALUES (?, ?, ?)');
    this.#removeEntry = db.prepare<[number, string]>('DELETE FROM entry WHERE parent = ? AND name = ?');
    this.#content = db.prepare<[number, number, number, number]>(
      'UPDATE inode SET size = ?, mtime = max(mtime + 1, ?), ctime = ?, version = version + 1 WHERE ino = ?',
    );
    this.#times = db.prepare<[number, number, number, number]>(
      'UPDATE inode SET atime = ?, mtime = ?, ctime = ? WHERE ino = ?',
    );
    this.#mode = db.prepare<[number | null, number, number]>(
      'UPDATE inode SET mode = ifnull(?, mode), ctime = ? WHERE ino = ?',
    );
    this.#writers = db.prepare<[number, number]>('UPDATE inode SET writers = ? WHERE ino = ?');
    this.#collection = db.prepare<[number, number | null]>(
      `WITH RECURSIVE below (ino) AS (
         VALUES (?) UNION SELECT entry.ino FROM entry JOIN below ON entry.parent = below.ino)
       UPDATE inode SET collection = ? WHERE ino IN below`,
    );
    this.#touch = db.prepare<[number, number, number]>(
      'UPDATE inode SET mtime = max(mtime + 1, ?), ctime = max(ctime, ?) WHERE ino = ?',
    );
    this.#touchParents = db.prepare<[number, number, number]>(
      `UPDATE inode SET mtime = max(mtime + 1, ?), ctime = max(ctime, ?)
       WHERE ino IN (SELECT parent FROM entry WHERE entry.ino = ?)`,
    );
    this.#forget = db.prepare<[number, number, number]>(
      `DELETE FROM inode WHERE ino = ? AND ino <> 1 AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.ino = ?)
       AND NOT EXISTS (SELECT 1 FROM staged WHERE op = 'add' AND staged.ino = ?)`,
    );
    this.#remove = db.prepare<[number]>('DELETE FROM inode WHERE ino = ?');
  }

  inode(ino: number): Inode | undefined {
    return toInode(this.#byIno.get(ino));
  }

  lookup(parent: number, name: string): Inode | undefined {
    return toInode(this.#byName.get(parent, name));
  }

  target(parent: number, name: string): Target | undefined {
    return this.#target.get(parent, name);
  }

  version(ino: number): number | undefined {
    return this.#version.get(ino);
  }

  /** Of a directory, which has one name only. */
  parentOf(directory: number): number | undefined {
    return this.#parent.get(directory);
  }

  /** Empty for what has no content. */
  body(ino: number): Buffer {
    return this.#body.get(ino) ?? Buffer.alloc(0);
  }

  /** @returns the new number */
  insert({ type, mode, atMs, collection, readOnly = false, bytes }: NewInode): number {
    const { lastInsertRowid } = this.#insert.run(
      type,
      mode,
      bytes?.length ?? 0,
      atMs,
      atMs,
      atMs,
      Number(readOnly),
      collection ?? null,
    );
    const ino = Number(lastInsertRowid);
    if (bytes) this.#insertBody.run(ino, bytes);
    return ino;
  }

  insertEntry(parent: number, name: string, ino: number): void {
    this.#insertEntry.run(parent, name, ino);
  }

  removeEntry(parent: number, name: string): void {
    this.#removeEntry.run(parent, name);
  }

  /** New content: the time given, but at least 1 ms after the former (F5). */
  setContent(
    ino: number,
    bytes: Uint8Array,
    times: { readonly mtimeMs: number; readonly nowMs: number },
  ): void {
    this.#content.run(bytes.length, times.mtimeMs, times.nowMs, ino);
    this.#replaceBody.run(bytes, ino);
  }

  setTimes(
    ino: number,
    times: { readonly atimeMs: number; readonly mtimeMs: number; readonly nowMs: number },
  ): void {
    this.#times.run(times.atimeMs, times.mtimeMs, times.nowMs, ino);
  }

  /** `undefined` keeps the mode and moves ctime alone. */
  setMode(ino: number, mode: number | undefined, nowMs: number): void {
    this.#mode.run(mode ?? null, nowMs, ino);
  }

  setWriters(ino: number, writers: boolean): void {
    this.#writers.run(Number(writers), ino);
  }

  /** Also of everything below, when a directory moved. */
  setCollection(ino: number, collection: number | undefined): void {
    this.#collection.run(ino, collection ?? null);
  }

  /** A change inside a directory (F6). */
  touch(directory: number, nowMs: number): void {
    this.#touch.run(nowMs, nowMs, directory);
  }

  touchParentsOf(ino: number, nowMs: number): void {
    this.#touchParents.run(nowMs, nowMs, ino);
  }

  /** No-op while a name or a staged addition leads to it. */
  forget(ino: number): void {
    this.#forget.run(ino, ino, ino);
  }

  /** For directories, which no handle keeps. */
  remove(ino: number): void {
    this.#remove.run(ino);
  }
}

function toInode(row: InodeRow | undefined): Inode | undefined {
  if (!row) return undefined;
  const [ino, type, mode, size, mtimeMs, ctimeMs, atimeMs, links, version, readOnly, kind, collection] = row;
  return {
    ino,
    type,
    mode,
    size,
    mtimeMs,
    ctimeMs,
    atimeMs,
    links: type === 'root' ? 1 : links,
    version,
    readOnly: readOnly === 1,
    kind: kind ?? undefined,
    collection: collection ?? undefined,
  };
}
