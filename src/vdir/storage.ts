import type { Dirent } from 'node:fs';
import { access, constants, mkdir, readdir, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NotFoundError, ReadOnlyError, RefusedError } from '../core/errors.ts';
import { EXTENSION, METADATA_NAMES } from '../core/item-name.ts';
import type { ItemKind } from '../core/item.ts';
import { sortChanges } from '../core/property-value.ts';
import {
  type Collection,
  collectionId,
  type CollectionInfo,
  href,
  type NewCollection,
  type PropertyChanges,
  type PropertyName,
  type Storage,
} from '../core/storage.ts';
import type { Logger } from '../lib/logger.ts';
import { idleTimer, type Timer } from '../lib/timer.ts';
import { syncFolder } from './atomic-write.ts';
import { VdirCollection } from './collection.ts';
import { errnoCode, onDisk, toDiskError } from './disk-error.ts';
import type { VdirHooks } from './hooks.ts';
import { type WatchFolder, watchFolder } from './inotify.ts';
import { assertCollectionName, isCollectionName, isMetadataName, isVdirItem } from './names.ts';
import { OwnHand } from './own-hand.ts';
import { changeProperties, readProperties, removeProperties, writeProperties } from './properties.ts';
import { removeCollectionFolder } from './remove-collection.ts';
import { VdirWatch } from './watch.ts';

export interface VdirOptions {
  readonly name: string;
  readonly kind: ItemKind;
  /** Absolute; every folder in it is a collection. */
  readonly path: string;
  /** Of item files, with or without the dot; `.ics` or `.vcf` by default. */
  readonly fileext?: string | undefined;
  readonly readOnly: boolean;
  readonly log: Logger;
  /** Larger files are not carried. */
  readonly maxItemBytes?: number;
  /** Programs to be called around writes. */
  readonly hooks?: VdirHooks;
  /** `false`: it is only looked at on its interval. */
  readonly watched?: boolean;
  /** Tests put others in. */
  readonly timer?: Timer;
  readonly watchFolder?: WatchFolder;
}

const MAX_ITEM_BYTES = 20 * 1024 * 1024;
/** At folders that vanish while they are looked at. */
const MAX_LOOKS = 3;

/** Folders of files on a disk, as khal, khard, todoman and vdirsyncer use them. */
export const createVdirStorage = (options: VdirOptions): Storage => new VdirStorage(options);

class VdirStorage implements Storage {
  readonly name: string;
  readonly kind: ItemKind;
  readonly properties = METADATA_NAMES;
  readonly #options: VdirOptions;
  readonly #extension: string;
  readonly #own = new OwnHand();
  readonly #watches = new Set<VdirWatch>();
  readonly watch?: NonNullable<Storage['watch']>;

  constructor(options: VdirOptions) {
    this.name = options.name;
    this.kind = options.kind;
    this.#options = options;
    const fileext = options.fileext ?? EXTENSION[options.kind];
    this.#extension = fileext.startsWith('.') ? fileext : `.${fileext}`;
    if (options.watched !== false) this.watch = (onChange) => this.#watch(onChange);
  }

  async discover(signal?: AbortSignal): Promise<readonly CollectionInfo[]> {
    for (let look = 1; ; look += 1) {
      try {
        return await this.#look(signal);
      } catch (error) {
        // A folder that was deleted under our hands: the next look tells what is there.
        if (look >= MAX_LOOKS || !(error instanceof NotFoundError)) throw error;
      }
    }
  }

  async #look(signal?: AbortSignal): Promise<readonly CollectionInfo[]> {
    signal?.throwIfAborted();
    // What happens after this look is noticed.
    for (const { armed } of this.#watches) await armed;
    await this.#assertRoot();
    const { path } = this.#options;
    const entries = await onDisk(path, () => readdir(path, { withFileTypes: true }));
    const found: CollectionInfo[] = [];
    for (const entry of entries) {
      signal?.throwIfAborted();
      if (await isCollectionFolder(entry, path)) found.push(await this.#describe(entry.name));
    }
    return found;
  }

  open(info: CollectionInfo): Collection {
    assertCollectionName(info.href);
    return new VdirCollection(info, {
      path: join(this.#options.path, info.href),
      extension: this.#extension,
      maxItemBytes: this.#options.maxItemBytes ?? MAX_ITEM_BYTES,
      own: this.#own,
      hooks: this.#options.hooks,
    });
  }

  async createCollection(wanted: NewCollection, signal?: AbortSignal): Promise<CollectionInfo> {
    signal?.throwIfAborted();
    const { path: root } = this.#options;
    this.#assertWritable();
    if (wanted.kind !== this.kind)
      throw new RefusedError(`the storage ${this.name} holds no ${wanted.kind} collections`);
    assertCollectionName(wanted.id);
    await this.#assertRoot();
    const path = join(root, wanted.id);
    await onDisk(path, () => mkdir(path));
    this.#own.made(path);
    try {
      await writeProperties(path, wanted.properties, this.#own);
    } catch (error) {
      // Half a collection would be taken for a whole one that somebody stripped of its name.
      await removeProperties(path);
      await rmdir(path);
      throw error;
    }
    await onDisk(root, () => syncFolder(root));
    this.#options.log.info({ storage: this.name, collection: wanted.id }, 'collection created');
    return this.#describe(wanted.id);
  }

  async deleteCollection(info: CollectionInfo, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { path: root, log } = this.#options;
    this.#assertWritable(info);
    assertCollectionName(info.href);
    await this.#assertRoot();
    await removeCollectionFolder(join(root, info.href), this.#own);
    await onDisk(root, () => syncFolder(root));
    log.info({ storage: this.name, collection: info.id }, 'collection deleted');
  }

  async setProperties(
    info: CollectionInfo,
    changes: PropertyChanges,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<PropertyName, string>> {
    signal?.throwIfAborted();
    this.#assertWritable(info);
    assertCollectionName(info.href);
    const path = join(this.#options.path, info.href);
    const { wanted, refused } = sortChanges(changes);
    await onDisk(path, () => access(path));
    return new Map([...refused, ...(await changeProperties(path, wanted, this.#own))]);
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) this.#endWatch(watch);
  }

  #watch(onChange: () => void): () => void {
    const { path: root, log, timer = idleTimer, watchFolder: watchOne = watchFolder } = this.#options;
    const isRelevant = (name: string): boolean => isVdirItem(this.#extension, name) || isMetadataName(name);
    this.#own.beginWatch();
    const watch = new VdirWatch({
      root,
      isRelevant,
      own: this.#own,
      log,
      timer,
      watchFolder: watchOne,
      onChange,
    });
    this.#watches.add(watch);
    return () => this.#endWatch(watch);
  }

  #endWatch(watch: VdirWatch): void {
    if (!this.#watches.delete(watch)) return;
    watch.end();
    this.#own.endWatch();
  }

  #assertWritable(info?: CollectionInfo): void {
    if (this.#options.readOnly) throw new ReadOnlyError(`the storage ${this.name} is read-only`);
    if (info?.readOnly === true)
      throw new ReadOnlyError(`${join(this.#options.path, info.href)} is read-only`);
  }

  /** A missing folder is never an empty one: that would delete everything on the other side. */
  async #assertRoot(): Promise<void> {
    const { path } = this.#options;
    try {
      if ((await stat(path)).isDirectory()) return;
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') throw toDiskError(error, path);
      const advice = 'mount its disk, or make it with mkdir -p';
      throw new NotFoundError(`${path} is not there; ${advice}`, { cause: error });
    }
    throw new NotFoundError(`${path} is not a folder; a vdir is a folder of folders`);
  }

  async #describe(name: string): Promise<CollectionInfo> {
    const path = join(this.#options.path, name);
    return {
      id: collectionId(name),
      href: href(name),
      kind: this.kind,
      readOnly: this.#options.readOnly || !(await onDisk(path, () => isWritable(path))),
      properties: await readProperties(path),
    };
  }
}

/** Folders count, links to folders too. @throws NotFoundError for a link to nothing, which may be a disk that is not mounted */
async function isCollectionFolder(entry: Dirent, root: string): Promise<boolean> {
  if (!isCollectionName(entry.name)) return false;
  const path = join(root, entry.name);
  if (entry.name.includes('\uFFFD') && !entry.isFile())
    throw new RefusedError(`${path}: the folder's name is not UTF-8; rename it`);
  if (entry.isDirectory()) return true;
  if (!entry.isSymbolicLink()) return false;
  return onDisk(path, async () => (await stat(path)).isDirectory());
}

async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(errnoCode(error) ?? '')) return false;
    throw error;
  }
}
