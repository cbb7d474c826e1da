import { type Brand, brand } from './brand.ts';
import type { PimsyncError } from './errors.ts';
import type { Ident, Item, ItemKind } from './item.ts';

/** Where a storage keeps something: a URL path, a file name, a row. Opaque outside the storage; unique inside it. */
export type Href = Brand<'Href'>;
/** Changes whenever the stored bytes change. Opaque; never parsed, never compared across storages, never empty. */
export type Etag = Brand<'Etag'>;
/** Name of a collection that both sides of a pair can share: last URL segment, folder name. Unique inside a storage. */
export type CollectionId = Brand<'CollectionId'>;
/** "Everything up to here is known." Opaque; each storage has its own form and understands only its own. */
export type SyncToken = Brand<'SyncToken'>;

export const href = (text: string): Href => brand<Href>(text);
export const collectionId = (text: string): CollectionId => brand<CollectionId>(text);
export const syncToken = (text: string): SyncToken => brand<SyncToken>(text);

/** An empty etag would turn a guarded write into a blind overwrite, so there is none. */
export function etag(text: string): Etag {
  if (text === '') throw new RangeError('an etag is never empty');
  return brand<Etag>(text);
}

/** One stored item at one moment. */
export interface ItemRef {
  readonly href: Href;
  readonly etag: Etag;
}

/** What `Collection.fetch` yields for an href that is there. */
export type Fetched =
  | ({ readonly type: 'item'; readonly item: Item } & ItemRef)
  /** It exists, but cannot be carried (not UTF-8, too large, withheld by the server). Never a deletion. */
  | { readonly type: 'unreadable'; readonly href: Href; readonly error: PimsyncError };

/** Servers may withhold the etag when they stored something other than what was sent (RFC 4791, 5.3.4). */
export interface WriteResult {
  readonly href: Href;
  readonly etag: Etag | undefined;
}

/** Properties that vdirs keep as files and servers as DAV properties. Absent = the collection has none. */
export interface CollectionProperties {
  readonly displayname?: string;
  /** `#RRGGBB` */
  readonly color?: string;
  readonly description?: string;
  /** A decimal number, as text. */
  readonly order?: string;
}

export type PropertyName = keyof CollectionProperties;

/** Values to set; `undefined` takes the property away. What is not named stays as it is. */
export type PropertyChanges = ReadonlyMap<PropertyName, string | undefined>;

export interface CollectionInfo {
  readonly id: CollectionId;
  readonly href: Href;
  readonly kind: ItemKind;
  readonly readOnly: boolean;
  readonly properties: CollectionProperties;
  /**
   * Whatever the storage can tell cheaply at discovery that changes with every change of an item (ctag or sync-token of a
   * server, last change number of the cache). Equal to the one of the last run = nothing to look at. Absent = unknown.
   */
  readonly state?: string;
  /** It was made or removed a moment ago, and that may not be the last word: it and its counterpart are left alone for now. */
  readonly passing?: boolean;
  /** Properties that somebody is just changing: nothing may be concluded from them now. Absent: none. */
  readonly unsettled?: readonly PropertyName[];
}

/** Something that exists, but about which nothing may be concluded now, least of all that it was deleted. */
export interface UnclearRef {
  readonly href: Href;
  /** Where the storage knows it. */
  readonly ident: Ident | undefined;
  readonly reason: string;
  /**
   * `passing`: will be clear soon without anybody doing anything (an edit within its quiet time); not worth a line.
   * `problem`: somebody has to do something; reported.
   */
  readonly weight: 'passing' | 'problem';
  /** It was deleted, but that may still be half of an edit. */
  readonly isDeletion?: boolean;
}

/** The answer to "what is different since `token`?" */
export interface Changes {
  /** `true`: `changed` lists all there is, and what it lacks is gone. `false`: only the differences since the token. */
  readonly complete: boolean;
  /** New or changed items; each href once. */
  readonly changed: readonly ItemRef[];
  /** Hrefs that are gone; may name some that were never known. Empty when `complete`. */
  readonly removed: readonly Href[];
  readonly unclear: readonly UnclearRef[];
  /**
   * There, but outside of what the configuration chose (a window of time, kinds of components): not carried, and never taken for gone.
   * In neither of the above. Absent: nothing.
   */
  readonly outside?: readonly Href[];
  /** To be stored only after everything in this answer was dealt with. Absent: ask for everything again next time. */
  readonly token: SyncToken | undefined;
}

export interface CreateOptions {
  /** The file name that the item has on the other side, without folders; a wish, not a demand. */
  readonly name?: string | undefined;
}

/** What else than the other side's text led to an update: a merge of both, or the decision of a conflict for the other side. */
export type UpdateReason = 'merged' | 'overruled';

/**
 * One calendar or address book. Every write is conditional. Methods reject with a PimsyncError for whatever the storage or
 * the network does, and only then.
 */
export interface Collection {
  readonly info: CollectionInfo;
  /**
   * Differences since `token`, or everything when it is undefined or no longer accepted; the fall-back from one way of
   * asking to the next is the storage's own affair. A listing that may be cut short rejects; it never comes back shorter.
   * @param intent `first copy`: all that is told will be fetched at once, so that texts may come along with it
   */
  changes(token: SyncToken | undefined, signal?: AbortSignal, intent?: 'first copy'): Promise<Changes>;
  /** Yields in any order, each href once; an href that is gone is left out, never an error. */
  fetch(hrefs: readonly Href[], signal?: AbortSignal): AsyncIterable<Fetched>;
  /**
   * Stores a new item. Never replaces anything.
   * @throws AlreadyExistsError when an item with that name or UID is there
   * @throws RefusedError when the storage will not take this item
   */
  create(item: Item, options?: CreateOptions, signal?: AbortSignal): Promise<WriteResult>;
  /**
   * The same for many items in few steps, where the storage gains by it; one result for each item, in order.
   * Absent: `create` one by one is as good.
   */
  createMany?(
    items: readonly { readonly item: Item; readonly name?: string | undefined }[],
    signal?: AbortSignal,
  ): Promise<readonly (WriteResult | PimsyncError)[]>;
  /**
   * @param reason for a storage that keeps a history; the write is the same
   * @throws PreconditionFailedError when the stored etag is no longer `ref.etag`, or the item is gone
   */
  update(ref: ItemRef, item: Item, signal?: AbortSignal, reason?: UpdateReason): Promise<WriteResult>;
  /** An item that is gone already is removed, not an error. @throws PreconditionFailedError when the stored etag is no longer `ref.etag` */
  remove(ref: ItemRef, signal?: AbortSignal): Promise<void>;
  /**
   * Moves an item into another collection of the same storage, where it keeps its identity on the way (MOVE); never replaces anything
   * there. Absent: only a copy and a removal can do it.
   * @throws PreconditionFailedError when the stored etag is no longer `ref.etag`, or the item is gone
   * @throws AlreadyExistsError when an item with that name or UID is there
   * @throws RefusedError when the storage does not move between these two; a copy and a removal may still do
   */
  move?(ref: ItemRef, to: CollectionInfo, signal?: AbortSignal): Promise<WriteResult>;
  /**
   * Takes over the read-only flag of the collection on the other side, and shows properties as they are to be shown now. Only the
   * mount's cache has it: its collections are views of a server's.
   */
  follow?(other: CollectionInfo, signal?: AbortSignal): Promise<void>;
  /**
   * `journalled`: an absence in `changes` is a deletion that was seen happening (the mount). `inferred`: it is only the lack
   * of an entry, and a folder that was not mounted looks the same. The guard against emptied sides trusts the former more.
   */
  readonly deletions: 'journalled' | 'inferred';
  /** How many writes may be under way at once; 1 where more gains nothing. */
  readonly parallelWrites: number;
}

export interface NewCollection {
  readonly id: CollectionId;
  readonly kind: ItemKind;
  readonly properties: CollectionProperties;
}

/** An account, a folder of vdirs, the mount's cache. */
export interface Storage {
  /** As in the configuration; for messages. */
  readonly name: string;
  /** What it can hold; both sides of a pair must agree. */
  readonly kind: ItemKind;
  /** Which properties its collections can have. What another storage has beyond these is not missing here. */
  readonly properties: readonly PropertyName[];
  /** A collection that is not there any more was seen being removed (the mount). Absent: it is only missing, as on a disk that is not mounted. */
  readonly removals?: 'journalled';
  /** All collections of `kind`. Rejects rather than leaving out what it could not read. */
  discover(signal?: AbortSignal): Promise<readonly CollectionInfo[]>;
  open(info: CollectionInfo): Collection;
  /** @throws AlreadyExistsError, ReadOnlyError, RefusedError */
  createCollection(wanted: NewCollection, signal?: AbortSignal): Promise<CollectionInfo>;
  /**
   * Deletes a collection in which there is nothing but its properties. One that is gone already is deleted, not an error.
   * @throws RefusedError when anything is inside, or the storage keeps its collections
   * @throws ReadOnlyError
   */
  deleteCollection(info: CollectionInfo, signal?: AbortSignal): Promise<void>;
  /**
   * Sets and takes away properties of a collection, as far as the storage has them.
   * @returns what it would not take, with the reason; the others are set
   * @throws NotFoundError, ReadOnlyError
   */
  setProperties(
    info: CollectionInfo,
    changes: PropertyChanges,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<PropertyName, string>>;
  /**
   * Calls back soon after something in it was changed by anybody else, a few times at most for many changes; what it was is not said.
   * Returns what ends the watch. Absent: only looking tells.
   */
  watch?(onChange: () => void): () => void;
  /** Ends connections and watchers; the storage is not used afterwards. */
  close(): Promise<void>;
}

/** What a storage wants to remember between runs (a home URL, "no sync-collection here"); never secrets. */
export interface StorageMemo {
  get(key: string): string | undefined;
  /** `undefined` forgets. */
  set(key: string, value: string | undefined): void;
}
