import { cutToBytes, MAX_NAME_BYTES } from '../core/item-name.ts';
import type { ItemKind } from '../core/item.ts';
import type { CollectionRow, Collections, StorageRow } from './collections.ts';
import type { Database } from './database.ts';
import { FileError, type InodeType } from './file-tree.ts';
import type { InodeRows } from './inode-rows.ts';
import { isListedName } from './listed-name.ts';
import { isMetadataName, MetadataRows } from './metadata-rows.ts';
import { MetadataTexts } from './metadata-texts.ts';

interface Child {
  readonly name: string;
  readonly ino: number;
  readonly type: InodeType;
}

interface RemovedRow {
  readonly ino: number;
  readonly id: string;
  readonly removedAt: number;
}

interface AgreedRow {
  readonly name: string;
  readonly value: string;
}

const FILE_MODE = 0o644;

/**
 * Collections that users make, rename and remove. One that the other side knows keeps its row when it is removed: when it is made
 * again before the other side has heard of that, nothing was removed, only emptied. No transactions here.
 */
export class CollectionLife {
  readonly #inodes: InodeRows;
  readonly #collections: Collections;
  readonly #metadata: MetadataRows;
  readonly #texts: MetadataTexts;
  readonly #children;
  readonly #isTied;
  readonly #agreed;
  readonly #removed;
  readonly #removedFrom;
  readonly #bury;
  readonly #setMade;
  readonly #setId;
  readonly #forgetMetadata;
  readonly #forgetStagedFiles;

  constructor(db: Database, inodes: InodeRows, collections: Collections) {
    this.#inodes = inodes;
    this.#collections = collections;
    this.#metadata = new MetadataRows(db);
    this.#texts = new MetadataTexts(db);
    this.#children = db.prepare<[number], Child>(
      'SELECT name, entry.ino, type FROM entry JOIN inode ON inode.ino = entry.ino WHERE parent = ?',
    );
    this.#isTied = db.prepare<[number], number>('SELECT 1 FROM tied WHERE collection = ?').pluck();
    this.#agreed = db.prepare<[number], AgreedRow>(
      'SELECT name, value FROM agreed WHERE collection = ? AND value IS NOT NULL',
    );
    this.#removed = db
      .prepare<[{ storage: number; name: string }], number>(
        `SELECT ino FROM collection WHERE storage = $storage AND removed_at IS NOT NULL
           AND (removed_from = $name OR id = $name) ORDER BY removed_from = $name DESC, removed_at DESC LIMIT 1`,
      )
      .pluck();
    this.#removedFrom = db.prepare<[number], RemovedRow>(
      `SELECT ino, id, removed_at AS removedAt FROM collection
       WHERE storage = ? AND removed_at IS NOT NULL AND ino IN (SELECT collection FROM tied)`,
    );
    this.#bury = db.prepare<[number, string, number]>(
      'UPDATE collection SET removed_at = ?, removed_from = ?, made_at = NULL WHERE ino = ?',
    );
    this.#setMade = db.prepare<[number, number]>(
      'UPDATE collection SET made_at = ?, removed_at = NULL, removed_from = NULL WHERE ino = ?',
    );
    this.#setId = db.prepare<[string, number]>('UPDATE collection SET id = ? WHERE ino = ?');
    this.#forgetMetadata = db.prepare<[number]>('DELETE FROM metadata WHERE collection = ?');
    this.#forgetStagedFiles = db.prepare<[number]>(
      `DELETE FROM inode WHERE ino IN (SELECT ino FROM staged WHERE parent = ? AND op = 'add')
       AND ino NOT IN (SELECT ino FROM entry)`,
    );
  }

  /** @throws FileError EEXIST */
  make(storage: StorageRow, name: string, nowMs: number): number {
    const former = this.#removed.get({ storage: storage.ino, name });
    if (former === undefined) {
      const id = this.#freeId(storage.ino, name);
      const { ino } = this.#collections.create(storage, id, { nowMs, directory: name });
      this.#setMade.run(nowMs, ino);
      return ino;
    }
    this.#collections.comeBack(storage.ino, former, { nowMs, directory: name });
    this.#setMade.run(nowMs, former);
    this.#showAgreed(former, nowMs);
    return former;
  }

  /** Gives a directory another name. An empty collection that has that name is removed. @throws FileError ENOENT, ENOTEMPTY */
  rename(collection: number, name: string, nowMs: number): readonly number[] {
    const { storage, directory } = this.#existing(collection);
    if (name === directory) return [];
    const replaced = this.#inodes.target(storage, name);
    const orphans = replaced ? this.remove(replaced.ino, nowMs) : [];
    this.#inodes.removeEntry(storage, directory);
    this.#inodes.insertEntry(storage, name, collection);
    this.#inodes.setMode(collection, undefined, nowMs);
    this.#inodes.touch(storage, nowMs);
    // One that nobody else has heard of is only now being named.
    if (!this.#isKnown(collection)) {
      this.#setId.run(this.#freeId(storage, name), collection);
      this.#setMade.run(nowMs, collection);
    }
    return orphans;
  }

  /**
   * Removes a collection in which there is nothing but its properties and scratch that no listing shows.
   * @returns inodes of files that lost their name with it, and may still be open
   * @throws FileError ENOTEMPTY
   */
  remove(collection: number, nowMs: number): readonly number[] {
    const row = this.#existing(collection);
    const place = { parent: row.storage, name: row.directory };
    const children = this.#children.all(row.ino);
    if (!children.every((child) => isPassedOver(row.kind, child)))
      throw new FileError('ENOTEMPTY', 'the collection is not empty');
    for (const { name } of children) this.#inodes.removeEntry(row.ino, name);
    this.#forgetMetadata.run(row.ino);
    if (this.#isKnown(row.ino)) {
      this.#bury.run(nowMs, place.name, row.ino);
      this.#forgetStagedFiles.run(row.ino);
      this.#collections.takeAway(place, row.ino, nowMs);
    } else this.#collections.removeDirectory(place.parent, place.name, nowMs);
    return children.map(({ ino }) => ino);
  }

  #existing(collection: number): CollectionRow {
    const row = this.#collections.byIno(collection);
    if (!row) throw new FileError('ENOENT', `no collection ${collection}`);
    return row;
  }

  /** A user made it, and the other side has not heard of it. */
  isUsersOwn({ ino, madeAt }: CollectionRow): boolean {
    return madeAt !== null && !this.#isKnown(ino);
  }

  /** Those that the other side does not know to be removed. */
  removedFrom(storage: number): readonly RemovedRow[] {
    return this.#removedFrom.all(storage);
  }

  /** The other side has heard of it. */
  #isKnown(collection: number): boolean {
    return this.#isTied.get(collection) === 1;
  }

  /** It was never gone: so it has the properties that the other side has of it. */
  #showAgreed(collection: number, nowMs: number): void {
    const row = this.#existing(collection);
    for (const { name, value } of this.#agreed.all(collection)) {
      if (!isMetadataName(name)) continue;
      const text = this.#texts.textOf(row, name, value);
      this.#metadata.expect({ collection, name }, value, text);
      this.#metadata.accept({ collection, name });
      const bytes = Buffer.from(text);
      const ino = this.#inodes.insert({ type: 'file', mode: FILE_MODE, atMs: nowMs, collection, bytes });
      this.#inodes.insertEntry(collection, name, ino);
    }
  }

  /** An id goes with one collection of a storage, whatever its directory is called. */
  #freeId(storage: number, name: string): string {
    for (let number = 1; ; number += 1) {
      const suffix = number === 1 ? '' : `-${number}`;
      const id = cutToBytes(name, MAX_NAME_BYTES - suffix.length) + suffix;
      if (!this.#collections.isIdTaken(storage, id)) return id;
    }
  }
}

/** Files of properties go with their collection; what no listing shows cannot be removed before it by anybody. */
const isPassedOver = (kind: ItemKind, { name, type }: Child): boolean =>
  (type === 'file' || type === 'symlink') && (isMetadataName(name) || !isListedName(kind, name));
