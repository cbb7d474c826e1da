import {
  AlreadyExistsError,
  InvalidItemError,
  NotFoundError,
  PimsyncError,
  PreconditionFailedError,
  RefusedError,
} from '../core/errors.ts';
import { type Item, parseItem } from '../core/item.ts';
import { safeItemName } from '../core/item-name.ts';
import {
  type Changes,
  type Collection,
  type CollectionInfo,
  type CreateOptions,
  etag,
  type Fetched,
  type Href,
  type ItemRef,
  type SyncToken,
  type UpdateReason,
  type WriteResult,
} from '../core/storage.ts';
import { decodeUtf8 } from '../core/text.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { CollectionRow } from './collections.ts';
import { contentOf, whyNotSent } from './content.ts';
import type { Database } from './database.ts';
import type { Delivery, NewFile } from './delivery.ts';
import type { Base } from './engine-writes.ts';
import { hrefOf, type ItemChanges, nameIn } from './item-changes.ts';
import type { ItemRows } from './item-rows.ts';
import type { MetadataFiles } from './metadata-files.ts';
import type { Rows } from './rows.ts';
import type { Delays } from './settle.ts';
import { asStateError } from './sqlite-error.ts';

export interface CollectionParts {
  readonly db: Database;
  readonly rows: Rows;
  readonly items: ItemRows;
  readonly itemChanges: ItemChanges;
  readonly metadata: MetadataFiles;
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly delays: () => Delays;
  readonly log: Logger;
}

/** Up to so many new items are published one by one, so that watchers of the directory see each of them come. */
const FEW = 8;
/**
 * A transaction of ours keeps the file server waiting, so a long one is cut here. Without a mount it keeps the answers of servers
 * waiting: a first sync takes a tenth longer with 100 ms (bench/first-sync).
 */
const TRANSACTION_MS = 4;
/** How many publications go through the kernel at once. */
const PARALLEL_PUBLICATIONS = 4;

/** One mounted collection as the engine sees it. An etag is the number of the item's last change. */
export class ItemCollection implements Collection {
  readonly info: CollectionInfo;
  readonly deletions = 'journalled';
  readonly #row: CollectionRow;
  readonly #parts: CollectionParts;
  readonly #asOfMs: number | undefined;

  /** @param asOfMs the moment at which all collections of a run are looked at, or the two halves of a move could be seen apart; absent: now */
  constructor(info: CollectionInfo, row: CollectionRow, parts: CollectionParts, asOfMs?: number) {
    this.info = info;
    this.#row = row;
    this.#parts = parts;
    this.#asOfMs = asOfMs;
  }

  get parallelWrites(): number {
    return this.#parts.delivery.isMounted ? PARALLEL_PUBLICATIONS : 1;
  }

  async changes(token: SyncToken | undefined, signal?: AbortSignal): Promise<Changes> {
    signal?.throwIfAborted();
    const { itemChanges, delays, clock } = this.#parts;
    const nowMs = clock.nowMs();
    return this.#query(() => {
      this.#assertThere();
      return itemChanges.read(this.#row, token, { ...delays(), nowMs, asOfMs: this.#asOfMs ?? nowMs });
    });
  }

  async *fetch(hrefs: readonly Href[], signal?: AbortSignal): AsyncIterable<Fetched> {
    signal?.throwIfAborted();
    for (const at of new Set(hrefs)) {
      const fetched = this.#query(() => this.#fetchOne(at));
      if (fetched) yield fetched;
      signal?.throwIfAborted();
    }
  }

  #fetchOne(at: Href): Fetched | undefined {
    const name = nameIn(this.#row, at);
    const stored = name === undefined ? undefined : this.#parts.items.read(this.#row.ino, name);
    if (!stored) return undefined;
    const { kind } = this.#row;
    const reason = stored.edited === 1 ? whyNotSent(stored.content, kind) : undefined;
    if (reason !== undefined) {
      return { type: 'unreadable', href: at, error: new InvalidItemError(`${at}: ${reason}`) };
    }
    const item = parseItem(kind, decodeUtf8(stored.bytes, at));
    return { type: 'item', href: at, etag: etag(String(stored.seq)), item };
  }

  async create(item: Item, options?: CreateOptions, signal?: AbortSignal): Promise<WriteResult> {
    signal?.throwIfAborted();
    const choose = (): NewFile => {
      this.#assertThere();
      return this.#newFile(item, options?.name);
    };
    return this.#written(await this.#parts.delivery.add(choose, signal));
  }

  async createMany(
    items: readonly { readonly item: Item; readonly name?: string | undefined }[],
    signal?: AbortSignal,
  ): Promise<readonly (WriteResult | PimsyncError)[]> {
    signal?.throwIfAborted();
    if (this.#parts.delivery.isMounted && items.length <= FEW) return this.#createOneByOne(items, signal);
    const results: (WriteResult | PimsyncError)[] = [];
    while (results.length < items.length) {
      signal?.throwIfAborted();
      results.push(...this.#createSome(items.slice(results.length)));
      // Lets the other tasks of the process have their turn, and the file server the database.
      await new Promise((resolve) => void setImmediate(resolve));
    }
    await this.#touch(signal);
    return results;
  }

  async #createOneByOne(
    items: readonly { readonly item: Item; readonly name?: string | undefined }[],
    signal: AbortSignal | undefined,
  ): Promise<readonly (WriteResult | PimsyncError)[]> {
    const results: (WriteResult | PimsyncError)[] = [];
    for (const { item, name } of items) {
      try {
        results.push(await this.create(item, { name }, signal));
      } catch (error) {
        if (!(error instanceof PimsyncError)) throw error;
        results.push(error);
      }
    }
    return results;
  }

  /** As many as fit into one short transaction, at least one. */
  #createSome(
    items: readonly { readonly item: Item; readonly name?: string | undefined }[],
  ): readonly (WriteResult | PimsyncError)[] {
    const { delivery, rows } = this.#parts;
    return delivery.transact((nowMs) => {
      this.#assertThere();
      const endMs = performance.now() + TRANSACTION_MS;
      const results: (WriteResult | PimsyncError)[] = [];
      for (const { item, name } of items) {
        results.push(orRefusal(() => this.#written(delivery.addNow(this.#newFile(item, name), nowMs))));
        if (performance.now() >= endMs) break;
      }
      rows.inodes.touch(this.#row.ino, nowMs);
      return results;
    });
  }

  async update(ref: ItemRef, item: Item, signal?: AbortSignal, reason?: UpdateReason): Promise<WriteResult> {
    signal?.throwIfAborted();
    const bytes = this.#bytesOf(item);
    const base = this.#query(() => this.#base(ref));
    if (!base) throw new PreconditionFailedError(`${ref.href} is gone`);
    // Nothing visible may change when the text is the same (F14).
    if (this.#query(() => this.#parts.rows.inodes.body(base.ino)).equals(bytes)) return ref;
    const change = { ...base, reason: reason ?? null };
    const seq = await this.#parts.delivery.change(change, bytes, signal);
    return { href: ref.href, etag: seq === null ? undefined : etag(String(seq)) };
  }

  async remove(ref: ItemRef, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const base = this.#query(() => this.#base(ref));
    if (!base) return;
    try {
      await this.#parts.delivery.remove(base, signal);
    } catch (error) {
      const isGone = this.#query(() => this.#parts.rows.writes.base(base.parent, base.name)) === undefined;
      if (!(isGone && error instanceof PreconditionFailedError)) throw error;
    }
  }

  async follow(other: CollectionInfo, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#query(() => this.#assertThere());
    await this.#parts.metadata.refresh(this.#row, signal);
    if (this.#setReadOnly(other.readOnly)) await this.#touch(signal);
  }

  #setReadOnly(readOnly: boolean): boolean {
    const { rows, delivery } = this.#parts;
    const isSame = this.#query(() => rows.collections.byIno(this.#row.ino)?.readOnly) === Number(readOnly);
    if (!isSame) {
      delivery.transact((nowMs) => {
        rows.collections.setReadOnly(this.#row.ino, readOnly);
        rows.inodes.touch(this.#row.ino, nowMs);
      });
    }
    return !isSame;
  }

  /** What was committed stays so when the mount does not answer; its watchers then learn of it with the next change. */
  async #touch(signal: AbortSignal | undefined): Promise<void> {
    const { delivery, log } = this.#parts;
    try {
      await delivery.touch(this.#row.ino, signal);
    } catch (error) {
      if (!(error instanceof PimsyncError)) throw error;
      log.warn({ err: error, collection: this.#row.id }, 'the mount was not told of new files');
    }
  }

  /** The file that `ref` is about. `undefined`: gone. @throws PreconditionFailedError when it has changed */
  #base({ href, etag }: ItemRef): Base | undefined {
    const name = nameIn(this.#row, href);
    const base = name === undefined ? undefined : this.#parts.rows.writes.base(this.#row.ino, name);
    if (!base || base.seq === null) return undefined;
    if (String(base.seq) !== etag) throw new PreconditionFailedError(`${href} was changed in the mount`);
    return base;
  }

  #newFile(item: Item, wish: string | undefined): NewFile {
    const { rows, items } = this.#parts;
    const { ino: parent, directory } = this.#row;
    // Items without UID may well be alike; then there is nothing to tell them apart by.
    if (item.uid !== undefined && rows.writes.isIdentTaken(parent, item.ident)) {
      throw new AlreadyExistsError(`${directory} has an item with the UID ${item.uid}`);
    }
    const name = items.freeName(parent, item.ident, (taken) =>
      safeItemName(this.#row.kind, wish ?? item.uid ?? 'item', taken),
    );
    return { parent, name, bytes: this.#bytesOf(item), content: contentOf(item) };
  }

  #bytesOf({ text }: Item): Buffer {
    // To the kernel, a truncation to nothing is always a user's.
    if (text === '')
      throw new RefusedError(`${this.#row.directory}: an item without any text cannot be a file`);
    return Buffer.from(text);
  }

  #written({ file, seq }: { file: NewFile; seq: number | null }): WriteResult {
    return { href: hrefOf(this.#row, file.name), etag: seq === null ? undefined : etag(String(seq)) };
  }

  #assertThere(): void {
    if (!this.#parts.rows.collections.byIno(this.#row.ino)) {
      throw new NotFoundError(`the collection ${this.#row.directory} was removed from the mount`);
    }
  }

  #query<T>(work: () => T): T {
    return asStateError(`the cache of ${this.#row.directory}`, work);
  }
}

function orRefusal<T>(work: () => T): T | PimsyncError {
  try {
    return work();
  } catch (error) {
    if (error instanceof PimsyncError) return error;
    throw error;
  }
}
