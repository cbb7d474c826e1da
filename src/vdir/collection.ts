import { lstat, stat, unlink } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as othersFirst } from 'node:timers/promises';
import {
  AlreadyExistsError,
  NotFoundError,
  PimsyncError,
  PreconditionFailedError,
  ReadOnlyError,
  RefusedError,
} from '../core/errors.ts';
import type { Item } from '../core/item.ts';
import {
  type Changes,
  type Collection,
  type CollectionInfo,
  type CreateOptions,
  type Etag,
  type Fetched,
  href as toHref,
  type Href,
  type ItemRef,
  type SyncToken,
  type WriteResult,
} from '../core/storage.ts';
import { syncFolder, writeNew, writeOver } from './atomic-write.ts';
import { type Disk, diskFor } from './disk.ts';
import { errnoCode, onDisk, toDiskError } from './disk-error.ts';
import { etagOf } from './fingerprint.ts';
import type { VdirHooks } from './hooks.ts';
import { listItems } from './listing.ts';
import { moveFile } from './move-item.ts';
import { assertCollectionName, assertItemName, itemFileName } from './names.ts';
import type { OwnHand } from './own-hand.ts';
import { readItemFile } from './read-item.ts';

interface VdirFolder {
  /** In the storage's folder. */
  readonly path: string;
  /** With the dot; only files that end in it are items. */
  readonly extension: string;
  readonly maxItemBytes: number;
  /** Tests put another one in. */
  readonly disk?: Disk;
  /** Is told of each write as soon as it is done. */
  readonly own?: OwnHand;
  readonly hooks?: VdirHooks | undefined;
}

/** Enough to keep a disk busy, few enough to keep the texts of a batch in memory. */
const PARALLEL_FILES = 8;
/** New files that are on their way to the disk together share its waiting. */
const PARALLEL_NEW_FILES = 32;
/** After so many taken names the item is called by its hash. */
const MAX_NUMBER = 9;

/** One folder of a vdir. An href is the file's name. */
export class VdirCollection implements Collection {
  readonly info: CollectionInfo;
  readonly deletions = 'inferred';
  readonly parallelWrites = PARALLEL_FILES;
  readonly #folder: VdirFolder;
  #chosen: Promise<Disk> | undefined;

  constructor(info: CollectionInfo, folder: VdirFolder) {
    this.info = info;
    this.#folder = folder;
  }

  /** Always everything: a file that is edited in place leaves no trace in its folder that a token could stand for. */
  async changes(_token: SyncToken | undefined, signal?: AbortSignal): Promise<Changes> {
    signal?.throwIfAborted();
    const { path, extension } = this.#folder;
    const { items, unclear } = await listItems(path, extension, await this.#disk(), signal);
    return { complete: true, changed: items, removed: [], unclear, token: undefined };
  }

  async *fetch(hrefs: readonly Href[], signal?: AbortSignal): AsyncIterable<Fetched> {
    const wanted = [...new Set(hrefs)];
    for (let at = 0; at < wanted.length; at += PARALLEL_FILES) {
      signal?.throwIfAborted();
      const some = wanted.slice(at, at + PARALLEL_FILES);
      const found = await Promise.all(some.map((href) => this.#read(href, signal)));
      if (found.includes(undefined)) await this.#assertFolder();
      for (const fetched of found) if (fetched) yield fetched;
      await othersFirst();
    }
  }

  async create(item: Item, options: CreateOptions = {}, signal?: AbortSignal): Promise<WriteResult> {
    signal?.throwIfAborted();
    this.#assertWritable();
    const written = await this.#writeNew(item, options, signal);
    await this.#syncFolder();
    return written;
  }

  /** One fsync of the folder for all. */
  async createMany(
    items: readonly { readonly item: Item; readonly name?: string | undefined }[],
    signal?: AbortSignal,
  ): Promise<readonly (WriteResult | PimsyncError)[]> {
    this.#assertWritable();
    const results: (WriteResult | PimsyncError)[] = [];
    for (let at = 0; at < items.length; at += PARALLEL_NEW_FILES) {
      signal?.throwIfAborted();
      const some = items.slice(at, at + PARALLEL_NEW_FILES);
      results.push(
        ...(await Promise.all(some.map(({ item, name }) => this.#tryWriteNew(item, { name }, signal)))),
      );
    }
    await this.#syncFolder();
    return results;
  }

  async update(ref: ItemRef, item: Item, signal?: AbortSignal): Promise<WriteResult> {
    signal?.throwIfAborted();
    this.#assertWritable();
    const name = this.#nameOf(ref.href);
    const old = await this.#statUnchanged(ref);
    if (!old) throw new PreconditionFailedError(`${this.#pathOf(name)} is gone since it was read`);
    const lastCheck = async (): Promise<void> => {
      if (!(await this.#statUnchanged(ref))) throw changed(this.#pathOf(name));
    };
    const target = { folder: this.#folder.path, name, text: item.text };
    const disk = await this.#disk();
    const etag = await onDisk(this.#pathOf(name), () => writeOver(target, { old, lastCheck }, disk));
    await this.#tellWritten(this.#pathOf(name), etag, signal);
    await this.#syncFolder();
    return { href: ref.href, etag };
  }

  async remove(ref: ItemRef, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#assertWritable();
    const path = this.#pathOf(this.#nameOf(ref.href));
    if (!(await this.#announceRemoval(ref, signal))) return;
    try {
      await unlink(path);
      this.#folder.own?.removed(path);
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') throw toDiskError(error, path);
    }
    await this.#syncFolder();
  }

  /** As with `create`, the other folder has no index of its UIDs: only a file of that name is in the way. */
  async move(ref: ItemRef, to: CollectionInfo, signal?: AbortSignal): Promise<WriteResult> {
    signal?.throwIfAborted();
    this.#assertWritable();
    const { path } = this.#folder;
    assertCollectionName(to.href);
    const target = join(dirname(path), to.href);
    if (to.readOnly) throw new ReadOnlyError(`${target} is read-only`);
    if (to.kind !== this.info.kind) throw new RefusedError(`${target} holds no ${this.info.kind} items`);
    const name = this.#nameOf(ref.href);
    await assertIsFolder(target);
    const seen = await this.#announceRemoval(ref, signal);
    if (!seen) throw new PreconditionFailedError(`${this.#pathOf(name)} is gone since it was read`);
    await moveFile({ from: path, to: target, name, seen }, await this.#disk());
    this.#folder.own?.removed(this.#pathOf(name));
    await this.#tellWritten(join(target, name), ref.etag, signal);
    return ref;
  }

  /** Takes the first name that is free; a name taken by the same item is a refusal. */
  async #writeNew(item: Item, { name }: CreateOptions, signal?: AbortSignal): Promise<WriteResult> {
    const { path: folder, extension } = this.#folder;
    const disk = await this.#disk();
    const wish = name ?? item.uid ?? item.hash;
    for (let number = 1; number <= MAX_NUMBER + 1; number += 1) {
      const choice = number > MAX_NUMBER ? item.hash : wish;
      const fileName = itemFileName(item.kind, extension, choice, number > MAX_NUMBER ? 1 : number);
      const path = this.#pathOf(fileName);
      const etag = await onDisk(path, () => writeNew({ folder, name: fileName, text: item.text }, disk));
      if (etag !== undefined) {
        await this.#tellWritten(path, etag, signal);
        return { href: toHref(fileName), etag };
      }
      const there = await this.#read(toHref(fileName));
      if (there?.type === 'item' && there.item.ident === item.ident)
        throw new AlreadyExistsError(`${path} holds that item already`);
    }
    throw new AlreadyExistsError(`${folder}: every file name for ${JSON.stringify(wish)} is taken`);
  }

  async #tryWriteNew(
    item: Item,
    options: CreateOptions,
    signal?: AbortSignal,
  ): Promise<WriteResult | PimsyncError> {
    try {
      return await this.#writeNew(item, options, signal);
    } catch (error) {
      if (error instanceof PimsyncError) return error;
      throw error;
    }
  }

  async #read(href: Href, signal?: AbortSignal): Promise<Fetched | undefined> {
    const { kind } = this.info;
    const { maxItemBytes: maxBytes } = this.#folder;
    const disk = await this.#disk();
    try {
      const path = this.#pathOf(this.#nameOf(href));
      return await readItemFile({ href, path, kind, maxBytes, disk }, signal);
    } catch (error) {
      if (error instanceof PimsyncError) return { type: 'unreadable', href, error };
      throw error;
    }
  }

  /** Whoever wants to hear of deletions has the file for as long as it takes; it may be another one, or gone, afterwards. */
  async #announceRemoval(ref: ItemRef, signal?: AbortSignal): Promise<BigIntStats | undefined> {
    const { hooks } = this.#folder;
    const found = await this.#statUnchanged(ref);
    if (!found || !hooks) return found;
    await hooks.beforeRemoval(this.#pathOf(this.#nameOf(ref.href)), signal);
    signal?.throwIfAborted();
    return this.#statUnchanged(ref);
  }

  async #tellWritten(path: string, etag: Etag, signal?: AbortSignal): Promise<void> {
    const { own, hooks } = this.#folder;
    own?.wrote(path, etag);
    await hooks?.written(path, signal);
  }

  /** The file behind `ref`; undefined when it is gone. @throws PreconditionFailedError when it is another one by now */
  async #statUnchanged(ref: ItemRef): Promise<BigIntStats | undefined> {
    const path = this.#pathOf(this.#nameOf(ref.href));
    let found: BigIntStats;
    try {
      found = await lstat(path, { bigint: true });
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') throw toDiskError(error, path);
      await this.#assertFolder();
      return undefined;
    }
    if (etagOf(found) !== ref.etag || !found.isFile()) throw changed(path);
    return found;
  }

  /** @throws NotFoundError when the folder is gone, as with a disk that is not mounted */
  #disk(): Promise<Disk> {
    const { path, disk } = this.#folder;
    this.#chosen ??= disk ? Promise.resolve(disk) : onDisk(path, () => diskFor(path));
    return this.#chosen;
  }

  /** A file that is missing together with its folder was not deleted: a disk is not mounted. */
  #assertFolder(): Promise<void> {
    return assertIsFolder(this.#folder.path);
  }

  #assertWritable(): void {
    if (this.info.readOnly) throw new ReadOnlyError(`${this.#folder.path} is read-only`);
  }

  #syncFolder(): Promise<void> {
    return onDisk(this.#folder.path, () => syncFolder(this.#folder.path));
  }

  #nameOf(href: Href): string {
    assertItemName(this.#folder.extension, href);
    return href;
  }

  #pathOf(name: string): string {
    return join(this.#folder.path, name);
  }
}

async function assertIsFolder(path: string): Promise<void> {
  const found = await onDisk(path, () => stat(path));
  if (!found.isDirectory()) throw new NotFoundError(`${path} is not a folder`);
}

const changed = (path: string): PreconditionFailedError =>
  new PreconditionFailedError(`${path} was changed since it was read`);
