import {
  AlreadyExistsError,
  NotFoundError,
  type PimsyncError,
  ReadOnlyError,
} from '../../src/core/errors.ts';
import type { ItemKind } from '../../src/core/item.ts';
import {
  type Collection,
  type CollectionInfo,
  type CollectionProperties,
  collectionId,
  href,
  type NewCollection,
  type Storage,
} from '../../src/core/storage.ts';
import { MemoryCollection } from './memory-collection.ts';

/** What a call on a storage was, told to `MemoryOptions.onCall` before and after it took effect. */
export type CallName =
  'discover' | 'createCollection' | 'changes' | 'fetch' | 'create' | 'createMany' | 'update' | 'remove';
export type Write = 'create' | 'update' | 'remove';

/** How a storage behaves. All fields may be changed at any time; what is absent behaves well. */
export interface MemoryOptions {
  name?: string;
  kind?: ItemKind;
  /** `false`: every answer is complete and has no token. */
  tokens?: boolean;
  /** `false`: discovery tells no `state`. */
  states?: boolean;
  readOnly?: boolean;
  deletions?: 'journalled' | 'inferred';
  parallelWrites?: number;
  /** Offers `createMany`. */
  bulk?: boolean;
  /** What is stored in place of what was sent. */
  rewrites?: ((text: string) => string) | undefined;
  /** `withheld`: no etag in answers to writes. `strong`: one even for a rewritten text. By default only a rewrite withholds it. */
  etags?: 'withheld' | 'strong' | undefined;
  /** Every listing and every fetch gives all it names new etags. */
  flakyEtags?: boolean;
  /** The error that a write is answered with; `undefined` lets it pass. `subject` is the href, or the UID of what is created. */
  failsWrite?: ((write: Write, subject: string) => PimsyncError | undefined) | undefined;
  failsListing?: PimsyncError | undefined;
  failsDiscovery?: PimsyncError | undefined;
  failsCreateCollection?: PimsyncError | undefined;
  /** Called before and after every call took effect; may throw, which is how tests kill a run. */
  onCall?: ((call: CallName, when: 'before' | 'after') => void) | undefined;
}

/** A storage without a server: the reference that the engine's tests run on. */
export class MemoryStorage implements Storage {
  readonly name: string;
  readonly kind: ItemKind;
  readonly options: MemoryOptions;
  readonly calls = { discover: 0, createCollection: 0 };
  readonly #collections = new Map<string, MemoryCollection>();
  #closed = false;

  constructor(options: MemoryOptions = {}) {
    this.options = options;
    this.name = options.name ?? 'memory';
    this.kind = options.kind ?? 'calendar';
  }

  /** The collection with that id, made as another client would when it is missing. */
  collection(id: string, properties: CollectionProperties = {}): MemoryCollection {
    const found = this.#collections.get(id);
    if (found) return found;
    const made = new MemoryCollection(
      { id: collectionId(id), href: href(`/${this.name}/${id}/`), kind: this.kind, properties },
      this.options,
    );
    this.#collections.set(id, made);
    return made;
  }

  has(id: string): boolean {
    return this.#collections.has(id);
  }

  /** Deletes a collection, as another client would. */
  dropCollection(id: string): void {
    this.#collections.delete(id);
  }

  async discover(signal?: AbortSignal): Promise<readonly CollectionInfo[]> {
    signal?.throwIfAborted();
    this.#assertOpen();
    this.calls.discover += 1;
    this.options.onCall?.('discover', 'before');
    if (this.options.failsDiscovery) throw this.options.failsDiscovery;
    return [...this.#collections.values()].map((collection) => collection.info);
  }

  open(info: CollectionInfo): Collection {
    this.#assertOpen();
    const found = [...this.#collections.values()].find((collection) => collection.info.href === info.href);
    if (!found) throw new NotFoundError(`there is no collection ${info.href} in ${this.name}`);
    return found;
  }

  async createCollection({ id, properties }: NewCollection, signal?: AbortSignal): Promise<CollectionInfo> {
    signal?.throwIfAborted();
    this.#assertOpen();
    this.calls.createCollection += 1;
    this.options.onCall?.('createCollection', 'before');
    if (this.options.readOnly === true) throw new ReadOnlyError(`${this.name} is read-only`);
    if (this.options.failsCreateCollection) throw this.options.failsCreateCollection;
    if (this.has(id)) throw new AlreadyExistsError(`${this.name} has a collection ${id}`);
    const { info } = this.collection(id, properties);
    this.options.onCall?.('createCollection', 'after');
    return info;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error(`${this.name} is used after close`);
  }
}
