import { type Database, openDatabase } from '../../src/cache/database.ts';
import { FileError, type FileTree, type Inode } from '../../src/cache/file-tree.ts';
import { createItemStore } from '../../src/cache/item-store.ts';
import type { Publication, Publisher } from '../../src/cache/publisher.ts';
import { SqliteFileTree } from '../../src/cache/sqlite-file-tree.ts';
import { createPairStatus } from '../../src/cache/status-store.ts';
import { AlreadyExistsError, PreconditionFailedError } from '../../src/core/errors.ts';
import { METADATA_NAMES } from '../../src/core/item-name.ts';
import type { ItemKind } from '../../src/core/item.ts';
import {
  type Collection,
  collectionId,
  type CollectionInfo,
  type CollectionProperties,
  type Fetched,
  href,
  type PropertyName,
  type Storage,
} from '../../src/core/storage.ts';
import type { StatusStore } from '../../src/core/status.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/logger.ts';

export const WRITE_DELAY_MS = 2000;
export const DELETE_DELAY_MS = 5000;

/** A clock that stands still until told otherwise. */
export class TestClock implements Clock {
  #nowMs = 1_800_000_000_000;

  nowMs(): number {
    return this.#nowMs;
  }

  /** Negative: somebody set the clock back. */
  move(byMs: number): void {
    this.#nowMs += byMs;
  }
}

/** Both sides of one mounted collection: the tree that users see and the collection that the engine sees. */
export class MountedCache {
  readonly db: Database;
  readonly clock = new TestClock();
  readonly tree: FileTree;
  readonly storage: Storage;
  readonly info: CollectionInfo;
  readonly collection: Collection;
  /** The collection's directory. */
  readonly folder: number;
  /** Set to have the engine's writes go through it. */
  publisher: Publisher | undefined;

  private constructor(parts: {
    db: Database;
    clock: TestClock;
    storage: Storage;
    info: CollectionInfo;
    publisher: () => Publisher | undefined;
  }) {
    this.db = parts.db;
    this.clock = parts.clock;
    this.storage = parts.storage;
    this.info = parts.info;
    this.tree = new SqliteFileTree(parts.db, { clock: parts.clock });
    this.collection = parts.storage.open(parts.info);
    this.folder = this.at(parts.storage.name, parts.info.id).ino;
  }

  static async open({
    path = ':memory:',
    kind = 'calendar',
    id = 'work',
  }: { path?: string; kind?: ItemKind; id?: string } = {}): Promise<MountedCache> {
    const db = openDatabase(path);
    const clock = new TestClock();
    let cache: MountedCache | undefined = undefined as MountedCache | undefined;
    const publisher = (): Publisher | undefined => cache?.publisher;
    const storage = createItemStore({
      db,
      storage: 'personal',
      kind,
      clock,
      delays: () => ({ writeDelayMs: WRITE_DELAY_MS, deleteDelayMs: DELETE_DELAY_MS }),
      publisher,
      log: silentLogger,
    });
    const info = await storage.createCollection({ id: collectionId(id), kind, properties: {} });
    cache = new MountedCache({ db, clock, storage, info, publisher });
    return cache;
  }

  /** What the engine is told of the collection. */
  async infoNow(): Promise<CollectionInfo> {
    const found = (await this.storage.discover()).find(({ href }) => href === this.info.href);
    if (!found) throw new Error('the collection is gone');
    return found;
  }

  /** Has the collection say what the other side does, as the engine would. @returns what could not be done */
  async setAll(properties: CollectionProperties): Promise<ReadonlyMap<PropertyName, string>> {
    const changes = new Map(METADATA_NAMES.map((name) => [name, properties[name]]));
    return this.storage.setProperties(await this.infoNow(), changes);
  }

  /** The engine's memory of the collection, which it has tied to one of the other side from then on. */
  tie(): StatusStore {
    const { id, href: ours } = this.info;
    const b = { id, href: href('/dav/work/') };
    const status = createPairStatus(this.db, 'mount:personal').open({ name: id, a: { id, href: ours }, b });
    status.setLastComplete('a', 0);
    return status;
  }

  close(): void {
    this.db.close();
  }

  /** The inode at a path from the root; fails when there is none. */
  at(...path: readonly string[]): Inode {
    let ino = this.tree.rootIno;
    for (const name of path) {
      const found = this.tree.lookup(ino, name);
      if (!found) throw new Error(`no ${path.join('/')}`);
      ({ ino } = found);
    }
    const inode = this.tree.inode(ino);
    if (!inode) throw new Error(`no ${path.join('/')}`);
    return inode;
  }

  file(name: string): Inode {
    return this.at('personal', 'work', name);
  }

  /** Makes or overwrites a file as a user would, in place. */
  save(name: string, text: string | Uint8Array, { writers = false, folder = this.folder } = {}): Inode {
    const nowMs = this.clock.nowMs();
    const { ino } = this.tree.lookup(folder, name) ?? this.tree.createFile(folder, name, 0o644, nowMs);
    const body = typeof text === 'string' ? Buffer.from(text) : text;
    return this.tree.commit({ ino, body, mtimeMs: nowMs, writers }, { durable: false, nowMs });
  }

  remove(name: string): void {
    const { ino } = this.file(name);
    this.tree.unlink(this.folder, name, this.clock.nowMs());
    if (this.tree.inode(ino)?.links === 0) this.tree.forget(ino);
  }

  rename(from: string, to: string, folder = this.folder): void {
    this.tree.rename({ parent: this.folder, name: from }, { parent: folder, name: to }, this.clock.nowMs());
  }

  text(name: string): string {
    return Buffer.from(this.tree.read(this.file(name).ino)).toString();
  }

  names(folder = this.folder): string[] {
    return this.tree.children(folder).map(({ name }) => name);
  }

  /** Lets every quiet and grace time pass. */
  settle(): void {
    this.clock.move(Math.max(WRITE_DELAY_MS, DELETE_DELAY_MS));
  }

  async fetch(...names: readonly string[]): Promise<Fetched[]> {
    const { changed, unclear } = await this.collection.changes(undefined);
    const hrefs = [...changed, ...unclear].map(({ href }) => href);
    const wanted = hrefs.filter((href) => names.includes(href.slice('work/'.length)));
    const found: Fetched[] = [];
    for await (const fetched of this.collection.fetch(wanted)) found.push(fetched);
    return found;
  }

  /** What the engine is told since `token`, as file names. */
  async told(token?: Awaited<ReturnType<Collection['changes']>>['token']): Promise<{
    complete: boolean;
    changed: string[];
    removed: string[];
    unclear: string[];
    token: typeof token;
  }> {
    const { complete, changed, removed, unclear, token: next } = await this.collection.changes(token);
    const names = (refs: readonly { readonly href: string }[]): string[] =>
      refs.map(({ href }) => href.slice('work/'.length)).toSorted();
    return {
      complete,
      changed: names(changed),
      removed: names(removed.map((href) => ({ href }))),
      unclear: names(unclear),
      token: next,
    };
  }
}

/**
 * Kernel and file server in one: carries a publication out on the tree. Like the kernel it repeats an operation that was answered
 * with ESTALE.
 */
export class TreePublisher implements Publisher {
  readonly published: Publication[] = [];
  readonly #cache: MountedCache;
  /** Inodes that somebody has open for writing. */
  readonly busy = new Set<number>();
  /** Called before an operation reaches the tree; may throw in its stead. */
  before: ((publication: Publication) => void) | undefined;
  /** The operation is done, but its answer gets lost. */
  losesAnswers: Error | undefined;

  constructor(cache: MountedCache) {
    this.#cache = cache;
  }

  async publish(publication: Publication): Promise<void> {
    await Promise.resolve();
    this.published.push(publication);
    this.before?.(publication);
    try {
      this.perform(publication);
    } catch (error) {
      throw toOurs(error);
    }
    if (this.losesAnswers) throw this.losesAnswers;
  }

  perform(publication: Publication): void {
    try {
      this.#performOnce(publication);
    } catch (error) {
      if (!(error instanceof FileError && error.code === 'ESTALE')) throw error;
      this.#performOnce(publication);
    }
  }

  #performOnce(publication: Publication): void {
    const { tree, clock } = this.#cache;
    if (publication.type === 'touch') return;
    const folder = this.#cache.at(publication.storage, publication.directory).ino;
    if (publication.type === 'remove-directory') {
      if (!tree.publishDirectoryRemoval(folder)) throw new FileError('EPERM', 'collections stay');
      return;
    }
    const inode = tree.lookup(folder, publication.name);
    if (publication.type === 'add') return tree.publishNew(folder, publication.token, publication.name);
    if (!inode) throw new FileError('ENOENT', 'gone');
    const isBusy = this.busy.has(inode.ino);
    if (publication.type === 'change') {
      if (!tree.publishChange(inode.ino, publication.size, isBusy)) this.#truncate(inode, publication.size);
    } else {
      if (!tree.publishRemoval(folder, publication.name, isBusy)) {
        tree.unlink(folder, publication.name, clock.nowMs());
      }
      if (tree.inode(inode.ino)?.links === 0) tree.forget(inode.ino);
    }
  }

  /** What a file server does when nothing is staged: it is a user's truncation. */
  #truncate({ ino }: Inode, size: number): void {
    const { tree, clock } = this.#cache;
    const nowMs = clock.nowMs();
    const body = Buffer.alloc(size);
    body.set(tree.read(ino).subarray(0, size));
    tree.commit({ ino, body, mtimeMs: nowMs, writers: false }, { durable: false, nowMs });
  }
}

function toOurs(error: unknown): unknown {
  if (!(error instanceof FileError)) return error;
  if (error.code === 'EEXIST') return new AlreadyExistsError(error.message, { cause: error });
  return new PreconditionFailedError(error.message, { cause: error });
}
