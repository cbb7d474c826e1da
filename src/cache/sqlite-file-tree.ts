import { type Clock, systemClock } from '../lib/clock.ts';
import type { CollectionLife } from './collection-life.ts';
import type { Collections } from './collections.ts';
import type { Database } from './database.ts';
import {
  type ContentCommit,
  type DirectoryEntry,
  FileError,
  type FileTree,
  type Inode,
} from './file-tree.ts';
import type { InodeRows, Place } from './inode-rows.ts';
import type { ItemJournal } from './item-journal.ts';
import { isListedName } from './listed-name.ts';
import { ReadCache } from './read-cache.ts';
import { prepareRows } from './rows.ts';
import { asFileError } from './sqlite-error.ts';
import type { Durability, Transactor } from './transactor.ts';
import { TreeContent } from './tree-content.ts';
import { TreeNames } from './tree-names.ts';
import { assertNotRefused, type Outcome, TreePublish } from './tree-publish.ts';

const ROOT = 1;

export interface FileTreeOptions {
  readonly readCacheBytes?: number;
  /** Tells how old a staged row is. */
  readonly clock?: Clock;
}

/** The tree in the database. Every method is one transaction, and the class holds nothing that another process could make stale. */
export class SqliteFileTree implements FileTree {
  readonly rootIno = ROOT;
  readonly #inodes: InodeRows;
  readonly #journal: ItemJournal;
  readonly #collections: Collections;
  readonly #life: CollectionLife;
  readonly #names: TreeNames;
  readonly #content: TreeContent;
  readonly #publish: TreePublish;
  readonly #transactor: Transactor;
  readonly #cache: ReadCache;
  readonly #clock: Clock;
  readonly #children;

  constructor(db: Database, options: FileTreeOptions = {}) {
    const { inodes, journal, collections, life, writes, staging, transactor } = prepareRows(db, 'eager');
    this.#inodes = inodes;
    this.#journal = journal;
    this.#collections = collections;
    this.#life = life;
    this.#names = new TreeNames(inodes, journal);
    this.#content = new TreeContent(db, inodes, journal);
    this.#publish = new TreePublish({ inodes, collections, writes, staging });
    this.#transactor = transactor;
    this.#cache = new ReadCache(options.readCacheBytes);
    this.#clock = options.clock ?? systemClock;
    this.#children = db.prepare<[number], DirectoryEntry>(
      'SELECT name, entry.ino, type FROM entry JOIN inode ON inode.ino = entry.ino WHERE parent = ?',
    );
  }

  inode(ino: number): Inode | undefined {
    return asFileError(() => this.#inodes.inode(ino));
  }

  lookup(parent: number, name: string): Inode | undefined {
    return asFileError(() => this.#inodes.lookup(parent, name));
  }

  children(parent: number): readonly DirectoryEntry[] {
    return asFileError(() => {
      const all = this.#children.all(parent);
      const kind = this.#collections.byIno(parent)?.kind;
      return all.filter(({ name }) => isListedName(kind, name));
    });
  }

  read(ino: number): Uint8Array {
    return asFileError(() => {
      const version = this.#inodes.version(ino);
      if (version === undefined) throw new FileError('ENOENT', `no inode ${ino}`);
      return this.#cache.read(ino, version, () => this.#inodes.body(ino));
    });
  }

  readlink(ino: number): string {
    return asFileError(() => {
      if (this.#existing(ino).type !== 'symlink') throw new FileError('EINVAL', 'not a symbolic link');
      return this.#inodes.body(ino).toString();
    });
  }

  createFile(parent: number, name: string, mode: number, atMs: number): Inode {
    return this.#run('normal', () => this.#names.createFile({ parent, name }, mode, atMs));
  }

  createDirectory(parent: number, name: string, mode: number, atMs: number): Inode {
    return this.#run('full', () => {
      const storage = this.#collections.storage(parent);
      if (!storage) return this.#names.createDirectory({ parent, name }, mode, atMs);
      return this.#existing(this.#life.make(storage, name, atMs));
    });
  }

  createSymlink(parent: number, name: string, target: string, atMs: number): Inode {
    return this.#run('normal', () => this.#names.createSymlink({ parent, name }, target, atMs));
  }

  commit(commit: ContentCommit, options: { readonly durable: boolean; readonly nowMs: number }): Inode {
    return asFileError(() => {
      const wanted = this.#content.compare(commit);
      if (wanted === 'nothing') {
        if (options.durable) this.#transactor.sync();
        return this.#existing(commit.ino);
      }
      // docs/facts.md, S3: a write to an item whose close returned survives a power loss, whether anybody asked for fsync or not.
      const isDurable = options.durable || this.#journal.isNotedContent(commit.ino);
      return this.#transactor.run(isDurable ? 'full' : 'normal', () => {
        this.#content.commit(commit, options.nowMs);
        return this.#existing(commit.ino);
      });
    });
  }

  release(ino: number, nowMs: number): void {
    asFileError(() => {
      if (this.#content.hasWriters(ino))
        this.#transactor.run('normal', () => this.#content.release(ino, nowMs));
    });
  }

  link(ino: number, parent: number, name: string, nowMs: number): Inode {
    return this.#run(this.#durabilityFor(parent, name), () => this.#names.link(ino, { parent, name }, nowMs));
  }

  rename(from: Place, to: Place, nowMs: number): void {
    const isNoted = this.#isNotedPlace(from) || this.#isNotedPlace(to);
    this.#run(isNoted ? 'full' : 'normal', () => this.#names.rename(from, to, nowMs));
  }

  unlink(parent: number, name: string, nowMs: number): void {
    this.#run(this.#durabilityFor(parent, name), () => {
      // libfuse unlinks an open file before it renames another over it. When that other is a new one of the engine's, the user's
      // file has to stay, and the rename to fail.
      if (this.#publish.isNameAwaited({ parent, name }))
        throw new FileError('EEXIST', `${name} is being added`);
      this.#names.unlink({ parent, name }, nowMs);
    });
  }

  removeDirectory(parent: number, name: string, nowMs: number): void {
    this.#run('full', () => this.#collections.removeDirectory(parent, name, nowMs));
  }

  storageOf(collection: number): number | undefined {
    return asFileError(() => this.#collections.byIno(collection)?.storage);
  }

  removeCollection(collection: number, nowMs: number): readonly number[] {
    return this.#run('full', () => this.#life.remove(collection, nowMs));
  }

  renameCollection(collection: number, name: string, nowMs: number): readonly number[] {
    return this.#run('full', () => this.#life.rename(collection, name, nowMs));
  }

  forget(ino: number): void {
    this.#run('normal', () => this.#inodes.forget(ino));
  }

  setMode(ino: number, mode: number, nowMs: number): void {
    this.#run('normal', () => {
      this.#existing(ino);
      this.#inodes.setMode(ino, mode & 0o7777, nowMs);
    });
  }

  setTimes(ino: number, atimeMs: number, mtimeMs: number, nowMs: number): void {
    this.#run('normal', () => {
      const { type } = this.#existing(ino);
      if (type === 'file' || type === 'symlink') this.#inodes.setTimes(ino, { atimeMs, mtimeMs, nowMs });
    });
  }

  sync(): void {
    asFileError(() => this.#transactor.sync());
  }

  publishChange(ino: number, size: number, busy: boolean): boolean {
    return this.#published(`inode ${ino}`, (nowMs) => this.#publish.change(ino, size, { busy, nowMs }));
  }

  publishRemoval(parent: number, name: string, busy: boolean): boolean {
    return this.#published(name, (nowMs) => this.#publish.removal({ parent, name }, { busy, nowMs }));
  }

  publishDirectoryRemoval(collection: number): boolean {
    return this.#published(`collection ${collection}`, (nowMs) =>
      this.#publish.directoryRemoval(collection, nowMs),
    );
  }

  stagedInode(parent: number, name: string): Inode | undefined {
    return asFileError(() => this.#publish.stagedInode(parent, name));
  }

  publishNew(parent: number, stagedName: string, name: string): void {
    const found = this.#published(name, (nowMs) =>
      this.#publish.addition(parent, stagedName, { name, nowMs }),
    );
    if (!found) throw new FileError('ENOENT', `nothing is staged as ${stagedName} for ${name}`);
  }

  #published(name: string, publish: (nowMs: number) => Outcome): boolean {
    const outcome = this.#run('normal', () => publish(this.#clock.nowMs()));
    assertNotRefused(outcome, name);
    return outcome === 'applied';
  }

  #run<T>(durability: Durability, work: () => T): T {
    return asFileError(() => this.#transactor.run(durability, work));
  }

  /** Names of items and properties are promises that outlast a power loss; scratch may be lost to one. */
  #durabilityFor(parent: number, name: string): Durability {
    return this.#isNotedPlace({ parent, name }) ? 'full' : 'normal';
  }

  #isNotedPlace({ parent, name }: Place): boolean {
    return asFileError(() => this.#journal.isNoted(parent, name));
  }

  #existing(ino: number): Inode {
    const inode = this.#inodes.inode(ino);
    if (!inode) throw new FileError('ENOENT', `no inode ${ino}`);
    return inode;
  }
}
