import type { ItemKind } from '../core/item.ts';
import { cutToBytes, MAX_NAME_BYTES, METADATA_NAMES } from '../core/item-name.ts';
import { StateError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { FileError } from './file-tree.ts';
import type { InodeRows, Place } from './inode-rows.ts';

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
  /** Its name in the storage's directory; stable for ever. */
  readonly directory: string;
}

const SELECT_COLLECTION = `
  SELECT c.ino, c.storage, c.id, c.kind, c.read_only AS readOnly, entry.name AS directory
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
  readonly #insert;
  readonly #setReadOnly;
  readonly #children;
  readonly #dropStaged;

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
    this.#insert = db.prepare<[number, number, string, string]>(
      'INSERT INTO collection (ino, storage, id, kind) VALUES (?, ?, ?, ?)',
    );
    this.#setReadOnly = db.prepare<[number, number]>('UPDATE collection SET read_only = ? WHERE ino = ?');
    this.#children = db.prepare<[number], { name: string; ino: number; readOnly: number }>(
      'SELECT name, ino, read_only AS readOnly FROM entry JOIN inode USING (ino) WHERE parent = ?',
    );
    this.#dropStaged = db.prepare<[number]>('DELETE FROM staged WHERE parent = ?');
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
    const name = at.directory ?? this.#freeName(storage.ino, id);
    if (this.byId(storage.ino, id) || this.#inodes.target(storage.ino, name)) {
      throw new FileError('EEXIST', `${storage.name} has a collection ${id}`);
    }
    const ino = this.#makeDirectory({ parent: storage.ino, name, type: 'collection' }, at.nowMs);
    this.#insert.run(ino, storage.ino, id, storage.kind);
    return { ino, storage: storage.ino, id, kind: storage.kind, readOnly: 0, directory: name };
  }

  #freeName(storage: number, id: string): string {
    return safeDirectoryName(id, (taken) => this.#inodes.target(storage, taken) !== undefined);
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
    this.#inodes.removeEntry(parent, name);
    this.#dropStaged.run(target.ino);
    this.#inodes.remove(target.ino);
    this.#inodes.touch(parent, nowMs);
  }

  /** What is in a collection besides the metadata files that we made; those users cannot remove. */
  usersNamesIn(collection: number): string[] {
    return this.#children
      .all(collection)
      .filter((file) => !isOurs(file))
      .map(({ name }) => name);
  }

  #empty(directory: number, isCollection: boolean): void {
    const left = this.#children.all(directory);
    if (!left.every((file) => isCollection && isOurs(file)))
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

const isOurs = ({ name, readOnly }: { readonly name: string; readonly readOnly: number }): boolean =>
  readOnly === 1 && METADATA_NAMES.some((metadata) => metadata === name);

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
