import {
  AlreadyExistsError,
  NotFoundError,
  type PimsyncError,
  ReadOnlyError,
  RefusedError,
} from '../../src/core/errors.ts';
import type { ItemKind } from '../../src/core/item.ts';
import { METADATA_NAMES } from '../../src/core/item-name.ts';
import { sortChanges } from '../../src/core/property-value.ts';
import {
  type Collection,
  type CollectionInfo,
  type CollectionProperties,
  collectionId,
  href,
  type NewCollection,
  type PropertyChanges,
  type PropertyName,
  type Storage,
} from '../../src/core/storage.ts';
import { MemoryCollection } from './memory-collection.ts';

/** What a call on a storage was, told to `MemoryOptions.onCall` before and after it took effect. */
export type CallName =
  | 'discover'
  | 'createCollection'
  | 'deleteCollection'
  | 'setProperties'
  | 'changes'
  | 'fetch'
  | 'create'
  | 'createMany'
  | 'update'
  | 'remove'
  | 'move';
export type Write = 'create' | 'update' | 'remove' | 'move';

/** How a storage behaves. All fields may be changed at any time; what is absent behaves well. */
export interface MemoryOptions {
  name?: string;
  kind?: ItemKind;
  /** `false`: every answer is complete and has no token. */
  tokens?: boolean;
  /** `false`: discovery tells no `state`. `digest`: one of the contents, which comes back with them (the ctag of Radicale 3.1.8). */
  states?: boolean | 'digest';
  readOnly?: boolean;
  deletions?: 'journalled' | 'inferred';
  removals?: 'journalled';
  /** Its collections are views of the other side's. */
  views?: boolean;
  parallelWrites?: number;
  /** Offers `createMany`. */
  bulk?: boolean;
  /** Offers `move`. */
  moves?: boolean;
  /** Which its collections can have; all unless set. */
  properties?: readonly PropertyName[];
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
  failsDeleteCollection?: PimsyncError | undefined;
  failsSetProperties?: PimsyncError | undefined;
  /** Why a property is not set; `undefined`: it is. */
  refusesProperty?: ((name: PropertyName, value: string | undefined) => string | undefined) | undefined;
  /** Called before and after every call took effect; may throw, which is how tests kill a run. */
  onCall?: ((call: CallName, when: 'before' | 'after') => void) | undefined;
}

/** A storage without a server: the reference that the engine's tests run on. */
export class MemoryStorage implements Storage {
  readonly name: string;
  readonly kind: ItemKind;
  readonly options: MemoryOptions;
  readonly removals?: 'journalled';
  readonly calls = { discover: 0, createCollection: 0, deleteCollection: 0, setProperties: 0 };
  readonly #collections = new Map<string, MemoryCollection>();
  #closed = false;

  constructor(options: MemoryOptions = {}) {
    this.options = options;
    this.name = options.name ?? 'memory';
    this.kind = options.kind ?? 'calendar';
    if (options.removals) this.removals = options.removals;
  }

  get properties(): readonly PropertyName[] {
    return this.options.properties ?? METADATA_NAMES;
  }

  /** The collection with that id, made as another client would when it is missing. */
  collection(id: string, properties: CollectionProperties = {}): MemoryCollection {
    const found = this.#collections.get(id);
    if (found) return found;
    const made = new MemoryCollection(
      { id: collectionId(id), href: href(`/${this.name}/${id}/`), kind: this.kind, properties },
      this.options,
      (at) => this.#at(at),
    );
    if (this.options.views === true) made.follow = () => Promise.resolve();
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
    const found = this.#at(info.href);
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
    const { info } = this.collection(id, this.#those(properties));
    this.options.onCall?.('createCollection', 'after');
    return info;
  }

  async deleteCollection(info: CollectionInfo, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#assertOpen();
    this.calls.deleteCollection += 1;
    this.options.onCall?.('deleteCollection', 'before');
    if (this.options.readOnly === true) throw new ReadOnlyError(`${this.name} is read-only`);
    if (this.options.failsDeleteCollection) throw this.options.failsDeleteCollection;
    const found = this.#at(info.href);
    if (found && found.hrefs().length > 0)
      throw new RefusedError(`${info.href} still holds ${found.hrefs().join(', ')}`);
    if (found) this.#collections.delete(info.id);
    this.options.onCall?.('deleteCollection', 'after');
  }

  async setProperties(
    info: CollectionInfo,
    changes: PropertyChanges,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<PropertyName, string>> {
    signal?.throwIfAborted();
    this.#assertOpen();
    this.calls.setProperties += 1;
    this.options.onCall?.('setProperties', 'before');
    if (this.options.readOnly === true) throw new ReadOnlyError(`${this.name} is read-only`);
    if (this.options.failsSetProperties) throw this.options.failsSetProperties;
    const found = this.#at(info.href);
    if (!found) throw new NotFoundError(`there is no collection ${info.href} in ${this.name}`);
    const { wanted, refused: senseless } = sortChanges(changes);
    const refused = new Map(senseless);
    for (const [name, value] of wanted) {
      const reason = this.#refusalOf(name, value);
      if (reason !== undefined) refused.set(name, reason);
      else found.properties = withProperty(found.properties, name, value);
    }
    this.options.onCall?.('setProperties', 'after');
    return refused;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #those(properties: CollectionProperties): CollectionProperties {
    return Object.fromEntries(
      this.properties.flatMap((name) => {
        const value = properties[name];
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  #refusalOf(name: PropertyName, value: string | undefined): string | undefined {
    if (!this.properties.includes(name)) return `${this.name} has no such property`;
    return this.options.refusesProperty?.(name, value);
  }

  #at(at: string): MemoryCollection | undefined {
    return [...this.#collections.values()].find(({ info }) => info.href === at);
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error(`${this.name} is used after close`);
  }
}

function withProperty(
  properties: CollectionProperties,
  name: PropertyName,
  value: string | undefined,
): CollectionProperties {
  const { [name]: _, ...others } = properties;
  return value === undefined ? others : { ...others, [name]: value };
}
