import type { ItemKind } from '../core/item.ts';
import { cutToBytes, MAX_NAME_BYTES } from '../core/item-name.ts';
import { StateError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { FileError } from './file-tree.ts';
import type { InodeRows, Place } from './inode-rows.ts';
import { isMetadataName } from './metadata-rows.ts';

const ROOT = 1;
const DIRECTORY_MODE = 0o755;

export interface StorageRow {
  readonly ino: number;
  readonly name: string;
  readonly kind: ItemKind;
}

/** A storage as configured. */
export interface WantedStorage {
  readonly name: string;
  readonly kind: ItemKind;
  readonly readOnly: boolean;
  /** Kept beside the tree, so that every process reckons alike when an edit is due. */
  readonly writeDelayMs: number;
  readonly deleteDelayMs: number;
}

export interface CollectionRow {
  readonly ino: number;
  readonly storage: number;
  readonly id: string;
  readonly kind: ItemKind;
  readonly readOnly: number;
  /** Its name in the storage's directory, which only users change. */
  readonly directory: string;
  /** How the hrefs of its items begin; what the directory was called at first, stable for ever. */
  readonly base: string;
  /** When a user made it; null: it came from the other side. */
  readonly madeAt: number | null;
}

const SELECT_COLLECTION = `
  SELECT c.ino, c.storage, c.id, c.kind, c.read_only AS readOnly, entry.name AS directory, base,
    made_at AS madeAt
  FROM collection AS c JOIN entry ON entry.ino = c.ino`;

/** The two upper levels of the tree: storages and their collections. No transactions here. */
export class Collections {
  readonly #inodes: InodeRows;
  readonly #storageByName;
  readonly #storageByIno;
  readonly #insertStorage;
  readonly #updateStorage;
  readonly #ofStorage;
  readonly #byIno;
  readonly #byId;
  readonly #isIdTaken;
  readonly #isBaseTaken;
  readonly #formerly;
  readonly #revive;
  readonly #insert;
  readonly #setReadOnly;
  readonly #children;
  readonly #dropStaged;
  readonly #remember;
  readonly #forgetFormer;

  constructor(db: Database, inodes: InodeRows) {
    this.#inodes = inodes;
    this.#storageByName = db.prepare<[string], StorageRow>(
      'SELECT ino, name, kind FROM storage WHERE name = ?',
    );
    this.#storageByIno = db.prepare<[number], StorageRow>(
      'SELECT ino, name, kind FROM storage WHERE ino = ?',
    );
    this.#insertStorage = db.prepare<[number, string, string, number, number, number]>(
      'INSERT INTO storage VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#updateStorage = db.prepare<[string, number, number, number, number]>(
      'UPDATE storage SET kind = ?, read_only = ?, write_delay = ?, delete_delay = ? WHERE ino = ?',
    );
    this.#ofStorage = db.prepare<[number], CollectionRow>(
      `${SELECT_COLLECTION} WHERE c.storage = ? ORDER BY c.id`,
    );
    this.#byIno = db.prepare<[number], CollectionRow>(`${SELECT_COLLECTION} WHERE c.ino = ?`);
    this.#byId = db.prepare<[number, string], CollectionRow>(
      `${SELECT_COLLECTION} WHERE c.storage = ? AND c.id = ?`,
    );
    this.#isIdTaken = db
      .prepare<[number, string], number>('SELECT 1 FROM collection WHERE storage = ? AND id = ?')
      .pluck();
    this.#isBaseTaken = db
      .prepare<[number, string], number>('SELECT 1 FROM collection WHERE storage = ? AND base = ?')
      .pluck();
    this.#formerly = db.prepare<[number, string], { ino: number; name: string }>(
      `SELECT ino, removed_from AS name FROM collection WHERE storage = ? AND id = ? AND removed_at IS NOT NULL`,
    );
    this.#revive = db.prepare<[number]>(
      'UPDATE collection SET made_at = NULL, removed_at = NULL, removed_from = NULL WHERE ino = ?',
    );
    this.#insert = db.prepare<[number, number, string, string, string]>(
      'INSERT INTO collection (ino, storage, id, kind, base) VALUES (?, ?, ?, ?, ?)',
    );
    this.#setReadOnly = db.prepare<[number, number]>('UPDATE collection SET read_only = ? WHERE ino = ?');
    this.#children = db.prepare<[number], { name: string; ino: number }>(
      'SELECT name, ino FROM entry WHERE parent = ?',
    );
    this.#dropStaged = db.prepare<[number]>('DELETE FROM staged WHERE parent = ?');
    this.#forgetFormer = db.prepare<[number]>('DELETE FROM former_collection WHERE ino = ?');
    this.#remember = db.prepare<[number]>(
      `INSERT INTO former_collection
       SELECT c.ino, storage.name, entry.name, c.kind FROM collection AS c
       JOIN storage ON storage.ino = c.storage JOIN entry ON entry.ino = c.ino
       WHERE c.ino = ? AND EXISTS (SELECT 1 FROM version WHERE version.collection = c.ino)`,
    );
  }

  /** The storage's directory, made when it is new. @throws StateError when the name held the other kind of items before */
  ensureStorage(wanted: WantedStorage, nowMs: number): number {
    const known = this.#storageByName.get(wanted.name);
    if (!known) return this.#makeStorage(wanted, nowMs);
    if (known.kind !== wanted.kind && this.ofStorage(known.ino).length > 0) {
      throw new StateError(
        `storage ${wanted.name} held ${known.kind}s in the mount before and now has ${wanted.kind}s; give it another name in the configuration`,
      );
    }
    const { kind, readOnly, writeDelayMs, deleteDelayMs } = wanted;
    this.#updateStorage.run(kind, Number(readOnly), writeDelayMs, deleteDelayMs, known.ino);
    return known.ino;
  }

  #makeStorage(wanted: WantedStorage, nowMs: number): number {
    const { name, kind, readOnly, writeDelayMs, deleteDelayMs } = wanted;
    const directory = safeDirectoryName(name, (taken) => this.#inodes.target(ROOT, taken) !== undefined);
    const ino = this.#makeDirectory({ parent: ROOT, name: directory, type: 'storage' }, nowMs);
    this.#insertStorage.run(ino, name, kind, Number(readOnly), writeDelayMs, deleteDelayMs);
    return ino;
  }

  storage(ino: number): StorageRow | undefined {
    return this.#storageByIno.get(ino);
  }

  ofStorage(storage: number): readonly CollectionRow[] {
    return this.#ofStorage.all(storage);
  }

  byIno(ino: number): CollectionRow | undefined {
    return this.#byIno.get(ino);
  }

  byId(storage: number, id: string): CollectionRow | undefined {
    return this.#byId.get(storage, id);
  }

  /** @param directory the name to use; absent: made from the id. @throws FileError EEXIST when the id or the name is taken */
  create(
    storage: StorageRow,
    id: string,
    at: { readonly nowMs: number; readonly directory?: string },
  ): CollectionRow {
    const former = this.#formerly.get(storage.ino, id);
    const name = at.directory ?? this.#freeName(storage.ino, former?.name ?? id);
    if (this.byId(storage.ino, id) || this.#inodes.target(storage.ino, name)) {
      throw new FileError('EEXIST', `${storage.name} has a collection ${id}`);
    }
    if (former) this.comeBack(storage.ino, former.ino, { nowMs: at.nowMs, directory: name });
    const ino =
      former?.ino ?? this.#makeDirectory({ parent: storage.ino, name, type: 'collection' }, at.nowMs);
    if (!former) this.#insert.run(ino, storage.ino, id, storage.kind, this.#freeBase(storage.ino, name));
    const row = this.byIno(ino);
    if (!row) throw new FileError('EIO', `${storage.name} lost the collection ${id}`);
    return row;
  }

  /** One that a user had removed, with all that is known of it, under that name. */
  comeBack(
    storage: number,
    ino: number,
    { nowMs, directory }: { readonly nowMs: number; readonly directory: string },
  ): void {
    this.#revive.run(ino);
    this.#forgetFormer.run(ino);
    this.#inodes.insertEntry(storage, directory, ino);
    this.#inodes.touch(ino, nowMs);
    this.#inodes.touch(storage, nowMs);
  }

  isIdTaken(storage: number, id: string): boolean {
    return this.#isIdTaken.get(storage, id) === 1;
  }

  #freeName(storage: number, id: string): string {
    return safeDirectoryName(id, (taken) => this.#inodes.target(storage, taken) !== undefined);
  }

  #freeBase(storage: number, name: string): string {
    return safeDirectoryName(name, (taken) => this.#isBaseTaken.get(storage, taken) === 1);
  }

  setReadOnly(ino: number, readOnly: boolean): void {
    this.#setReadOnly.run(Number(readOnly), ino);
  }

  /** Removes a collection or a scratch directory. @throws FileError ENOTEMPTY, ENOTDIR, EPERM */
  removeDirectory(parent: number, name: string, nowMs: number): void {
    const target = this.#inodes.target(parent, name);
    if (!target) throw new FileError('ENOENT', `no ${name} here`);
    if (target.type === 'file' || target.type === 'symlink')
      throw new FileError('ENOTDIR', `${name} is a file`);
    if (target.type === 'storage')
      throw new FileError('EPERM', 'a storage goes when it leaves the configuration');
    this.#empty(target.ino, target.type === 'collection');
    this.takeAway({ parent, name }, target.ino, nowMs);
    this.#inodes.remove(target.ino);
  }

  /** Takes an empty directory out of the tree. */
  takeAway({ parent, name }: Place, ino: number, nowMs: number): void {
    // For the history of what was in it.
    this.#remember.run(ino);
    this.#inodes.removeEntry(parent, name);
    this.#dropStaged.run(ino);
    this.#inodes.touch(parent, nowMs);
  }

  /** What is in a collection besides the files of its properties. */
  usersNamesIn(collection: number): string[] {
    return this.#children
      .all(collection)
      .filter(({ name }) => !isMetadataName(name))
      .map(({ name }) => name);
  }

  #empty(directory: number, isCollection: boolean): void {
    const left = this.#children.all(directory);
    if (!left.every(({ name }) => isCollection && isMetadataName(name)))
      throw new FileError('ENOTEMPTY', 'the directory is not empty');
    for (const { name, ino } of left) {
      this.#inodes.removeEntry(directory, name);
      this.#inodes.forget(ino);
    }
  }

  #makeDirectory(wanted: Place & { readonly type: 'storage' | 'collection' }, nowMs: number): number {
    const { parent, name, type } = wanted;
    const ino = this.#inodes.insert({ type, mode: DIRECTORY_MODE, atMs: nowMs, collection: undefined });
    if (type === 'collection') this.#inodes.setCollection(ino, ino);
    this.#inodes.insertEntry(parent, name, ino);
    this.#inodes.touch(parent, nowMs);
    return ino;
  }
}

/** A directory name made from an id: no slash, control character or leading dot, at most 255 bytes, not in `taken`. */
function safeDirectoryName(id: string, taken: (name: string) => boolean): string {
  const base = id
    // oxlint-disable-next-line no-control-regex -- these are the characters to get rid of
    .replaceAll(/[\u0000-\u001F\u007F/\\]/g, '_')
    .replace(/^\.+/, '_');
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `-${number}`;
    const name = cutToBytes(base === '' ? 'collection' : base, MAX_NAME_BYTES - suffix.length) + suffix;
    if (!taken(name)) return name;
  }
}
