import { AlreadyExistsError, NotFoundError, PreconditionFailedError } from '../core/errors.ts';
import { METADATA_NAMES } from '../core/item-name.ts';
import type { ItemKind } from '../core/item.ts';
import { sortChanges } from '../core/property-value.ts';
import {
  type Collection,
  type CollectionId,
  collectionId,
  type CollectionInfo,
  href,
  type NewCollection,
  type PropertyChanges,
  type PropertyName,
  type Storage,
} from '../core/storage.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { CollectionRow, StorageRow } from './collections.ts';
import type { Database } from './database.ts';
import { Delivery } from './delivery.ts';
import { ItemChanges } from './item-changes.ts';
import { type CollectionParts, ItemCollection } from './item-collection.ts';
import { ItemRows } from './item-rows.ts';
import { MetadataFiles } from './metadata-files.ts';
import type { Publisher } from './publisher.ts';
import { prepareRows } from './rows.ts';
import { SecondTouch } from './second-touch.ts';
import { type Delays, isWaiting } from './settle.ts';
import { asStateError } from './sqlite-error.ts';

export interface ItemStoreOptions {
  readonly db: Database;
  /** The storage's name in the configuration; its directory in the mount's root. */
  readonly storage: string;
  readonly kind: ItemKind;
  /** Users cannot write in any of its collections. Default: as each collection is on the server. */
  readonly readOnly?: boolean;
  readonly clock: Clock;
  /** Asked at each look; shorter than usual while everything has to go out. */
  readonly delays: () => Delays;
  /** The live mount, where there is one; without one, changes are simply committed. */
  readonly publisher?: () => Publisher | undefined;
  readonly log: Logger;
}

/**
 * A mounted storage's side of the tree as a Storage, so that the engine keeps it in step like any other. Makes the storage's directory
 * when it is new.
 * @throws StateError
 */
export function createItemStore(options: ItemStoreOptions): Storage {
  return new ItemStore(options);
}

/** Apart from all that other storages use for an href, so that a mapping tells by it that a side is ours. */
const COLLECTION_HREF = 'cache:';

/** The number of a collection's directory, from its href. */
const collectionInoOf = (at: string): number =>
  at.startsWith(COLLECTION_HREF) ? Number(at.slice(COLLECTION_HREF.length)) : Number.NaN;

class ItemStore implements Storage {
  readonly name: string;
  readonly kind: ItemKind;
  readonly properties = METADATA_NAMES;
  readonly removals = 'journalled';
  readonly #storage: StorageRow;
  readonly #parts: CollectionParts;
  readonly #secondTouch: SecondTouch;
  #discoveredAtMs: number | undefined;

  constructor(options: ItemStoreOptions) {
    const { db, storage, kind, clock, delays, log, publisher = () => undefined } = options;
    const rows = asStateError('the cache of the mount', () => prepareRows(db));
    const delivery = new Delivery({ rows, storage, clock, publisher });
    const wanted = { name: storage, kind, readOnly: options.readOnly ?? false, ...delays() };
    const ino = delivery.transact((nowMs) => rows.collections.ensureStorage(wanted, nowMs));
    this.name = storage;
    this.kind = kind;
    this.#storage = { ino, name: storage, kind };
    this.#secondTouch = new SecondTouch(db, rows, delivery);
    this.#parts = {
      db,
      rows,
      items: new ItemRows(db),
      itemChanges: new ItemChanges(db),
      metadata: new MetadataFiles(db, rows, delivery),
      delivery,
      clock,
      delays,
      log: log.child({ storage }),
    };
  }

  async discover(signal?: AbortSignal): Promise<readonly CollectionInfo[]> {
    signal?.throwIfAborted();
    this.#discoveredAtMs = this.#parts.clock.nowMs();
    await this.#secondTouch.run(this.#storage.ino, this.#discoveredAtMs, signal);
    return asStateError(`the cache of ${this.name}`, () => [
      ...this.#parts.rows.collections.ofStorage(this.#storage.ino).map((row) => this.#infoOf(row)),
      ...this.#justRemoved(),
    ]);
  }

  open(info: CollectionInfo): Collection {
    return new ItemCollection(info, this.#existing(info), this.#parts, this.#discoveredAtMs);
  }

  async createCollection({ id, properties }: NewCollection, signal?: AbortSignal): Promise<CollectionInfo> {
    signal?.throwIfAborted();
    const { rows, delivery, metadata } = this.#parts;
    const info = delivery.transact((nowMs) => {
      const made = this.#madeMeanwhile(id);
      if (made) return this.#infoOf(made);
      const row = rows.collections.create(this.#storage, id, { nowMs });
      metadata.writeNow(row, properties, nowMs);
      return this.#infoOf(row);
    });
    await delivery.touch(undefined, signal);
    return info;
  }

  async deleteCollection(info: CollectionInfo, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const row = this.#find(info);
    if (!row) return;
    try {
      await this.#parts.delivery.removeDirectory(row, signal);
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
      // A user was faster: removed it, or put something in, which a second look tells.
      if (this.#find(info)) throw error;
    }
  }

  async setProperties(
    info: CollectionInfo,
    changes: PropertyChanges,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<PropertyName, string>> {
    signal?.throwIfAborted();
    const { wanted, refused } = sortChanges(changes);
    const left = await this.#parts.metadata.change(this.#existing(info), wanted, info.properties, signal);
    return new Map([...refused, ...left]);
  }

  async close(): Promise<void> {
    // The database belongs to whoever opened it.
  }

  #find({ href }: CollectionInfo): CollectionRow | undefined {
    return asStateError(`the cache of ${this.name}`, () =>
      this.#parts.rows.collections.byIno(collectionInoOf(href)),
    );
  }

  #existing(info: CollectionInfo): CollectionRow {
    const row = this.#find(info);
    if (!row) throw new NotFoundError(`${this.name} has no collection ${info.id} in the mount`);
    return row;
  }

  /** One that a user was faster to make is the one that is wanted. @throws AlreadyExistsError for any other */
  #madeMeanwhile(id: CollectionId): CollectionRow | undefined {
    const { collections, life } = this.#parts.rows;
    const row = collections.byId(this.#storage.ino, id);
    if (!row || life.isUsersOwn(row)) return row;
    throw new AlreadyExistsError(`${this.name} has a collection ${id} in the mount`);
  }

  /** The deletion of a collection may be half of something else, as that of an item. */
  #justRemoved(): CollectionInfo[] {
    const { rows, delays, clock } = this.#parts;
    const { deleteDelayMs } = delays();
    return rows.life
      .removedFrom(this.#storage.ino)
      .filter(({ removedAt }) => isWaiting(removedAt, deleteDelayMs, clock.nowMs()))
      .map(({ ino, id }) => ({
        id: collectionId(id),
        href: href(COLLECTION_HREF + ino),
        kind: this.kind,
        readOnly: false,
        properties: {},
        passing: true,
      }));
  }

  /** Never read-only: that a user cannot write there does not concern the engine, which brings in what the server has. */
  #infoOf(row: CollectionRow): CollectionInfo {
    const { rows, itemChanges, metadata, delays, clock } = this.#parts;
    const [waits, nowMs] = [delays(), clock.nowMs()];
    const state = itemChanges.state(row, waits, nowMs);
    const isPassing =
      row.madeAt !== null && isWaiting(row.madeAt, waits.writeDelayMs, nowMs) && rows.life.isUsersOwn(row);
    return {
      id: collectionId(row.id),
      href: href(COLLECTION_HREF + row.ino),
      kind: row.kind,
      readOnly: false,
      ...metadata.read(row.ino, waits, nowMs),
      ...(state !== undefined && { state }),
      ...(isPassing && { passing: true }),
    };
  }
}
