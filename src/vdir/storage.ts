import type { Dirent } from 'node:fs';
import { access, constants, mkdir, readdir, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NotFoundError, ReadOnlyError, RefusedError } from '../core/errors.ts';
import { EXTENSION } from '../core/item-name.ts';
import type { ItemKind } from '../core/item.ts';
import {
  type Collection,
  collectionId,
  type CollectionInfo,
  href,
  type NewCollection,
  type Storage,
} from '../core/storage.ts';
import type { Logger } from '../lib/logger.ts';
import { syncFolder } from './atomic-write.ts';
import { VdirCollection } from './collection.ts';
import { errnoCode, onDisk, toDiskError } from './disk-error.ts';
import { assertCollectionName, isCollectionName } from './names.ts';
import { readProperties, removeProperties, writeProperties } from './properties.ts';

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
}

const MAX_ITEM_BYTES = 20 * 1024 * 1024;

/** Folders of files on a disk, as khal, khard, todoman and vdirsyncer use them. */
export const createVdirStorage = (options: VdirOptions): Storage => new VdirStorage(options);

class VdirStorage implements Storage {
  readonly name: string;
  readonly kind: ItemKind;
  readonly #options: VdirOptions;
  readonly #extension: string;

  constructor(options: VdirOptions) {
    this.name = options.name;
    this.kind = options.kind;
    this.#options = options;
    const fileext = options.fileext ?? EXTENSION[options.kind];
    this.#extension = fileext.startsWith('.') ? fileext : `.${fileext}`;
  }

  async discover(signal?: AbortSignal): Promise<readonly CollectionInfo[]> {
    signal?.throwIfAborted();
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
    });
  }

  async createCollection(wanted: NewCollection, signal?: AbortSignal): Promise<CollectionInfo> {
    signal?.throwIfAborted();
    const { path: root, readOnly } = this.#options;
    if (readOnly) throw new ReadOnlyError(`the storage ${this.name} is read-only`);
    if (wanted.kind !== this.kind)
      throw new RefusedError(`the storage ${this.name} holds no ${wanted.kind} collections`);
    assertCollectionName(wanted.id);
    await this.#assertRoot();
    const path = join(root, wanted.id);
    await onDisk(path, () => mkdir(path));
    try {
      await writeProperties(path, wanted.properties);
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

  async close(): Promise<void> {}

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
      readOnly: this.#options.readOnly || !(await isWritable(path)),
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
