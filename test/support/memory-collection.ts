import {
  AlreadyExistsError,
  InvalidItemError,
  NotFoundError,
  PimsyncError,
  PreconditionFailedError,
  ReadOnlyError,
} from '../../src/core/errors.ts';
import { type Item, parseItem } from '../../src/core/item.ts';
import { safeItemName } from '../../src/core/item-name.ts';
import {
  type Changes,
  type Collection,
  type CollectionInfo,
  type CollectionProperties,
  type CreateOptions,
  type Fetched,
  type Href,
  href,
  type ItemRef,
  syncToken,
  type SyncToken,
  type UnclearRef,
  type WriteResult,
} from '../../src/core/storage.ts';
import { MemoryItems } from './memory-items.ts';
import type { MemoryOptions, Write } from './memory-storage.ts';

/** Another collection of the same storage. */
type SiblingAt = (href: Href) => MemoryCollection | undefined;

type NewItem = { readonly item: Item; readonly name?: string | undefined };

/** What was asked of a collection. Refused writes count too: they were sent. */
export interface Calls {
  changes: number;
  /** How many of the answers to `changes` were complete. */
  complete: number;
  fetches: number;
  readonly fetched: Href[];
  create: number;
  createMany: number;
  update: number;
  remove: number;
  move: number;
}

export class MemoryCollection implements Collection {
  /** Listed, but not served. */
  readonly withheld = new Set<Href>();
  /** Listed, and served as unreadable. */
  readonly unreadable = new Map<Href, PimsyncError>();
  /** Answered as `unclear` in place of `changed` or `removed`. */
  readonly unclear = new Map<Href, Omit<UnclearRef, 'href'>>();
  /** Answered as `outside` in place of `changed`. */
  readonly outside = new Set<Href>();
  calls: Calls = noCalls();
  follow?: NonNullable<Collection['follow']>;
  readonly createMany?: NonNullable<Collection['createMany']>;
  readonly move?: NonNullable<Collection['move']>;
  /** As another client sees and sets them. */
  properties: CollectionProperties;
  standing: Pick<CollectionInfo, 'passing' | 'unsettled'> = {};
  readonly #info: Omit<CollectionInfo, 'readOnly' | 'state'>;
  readonly #options: MemoryOptions;
  readonly #siblingAt: SiblingAt;
  readonly #items = new MemoryItems();
  #oldestToken = 0;

  constructor(
    info: Omit<CollectionInfo, 'readOnly' | 'state'>,
    options: MemoryOptions,
    siblingAt: SiblingAt = () => undefined,
  ) {
    this.#info = info;
    this.properties = info.properties;
    this.#options = options;
    this.#siblingAt = siblingAt;
    if (options.bulk === true) this.createMany = (items, signal) => this.#createMany(items, signal);
    if (options.moves === true) this.move = (ref, to, signal) => this.#move(ref, to, signal);
  }

  get info(): CollectionInfo {
    const { properties } = this;
    const info = { ...this.#info, properties, readOnly: this.#options.readOnly === true };
    return { ...info, ...this.standing, ...this.#items.state(this.#options.states) };
  }

  get deletions(): 'journalled' | 'inferred' {
    return this.#options.deletions ?? 'inferred';
  }

  get parallelWrites(): number {
    return this.#options.parallelWrites ?? 1;
  }

  get writes(): number {
    const { create, createMany, update, remove, move } = this.calls;
    return create + createMany + update + remove + move;
  }

  /** Stores a text as another client would, without asking anybody; duplicates of a UID included. */
  put(name: string, text: string): ItemRef {
    const at = href(this.#info.href + name);
    return { href: at, etag: this.#items.put(at, parseItem(this.#info.kind, text)) };
  }

  /** Deletes as another client would. */
  drop(name: string): void {
    this.#items.delete(href(this.#info.href + name));
  }

  /** The texts by file name. */
  texts(): Record<string, string> {
    return Object.fromEntries(
      this.hrefs().map((at) => [at.slice(this.#info.href.length), this.#items.get(at)?.item.text ?? '']),
    );
  }

  hrefs(): Href[] {
    return this.#items.hrefs();
  }

  /** Tokens handed out so far are no longer accepted. */
  expireTokens(): void {
    this.#oldestToken = this.#items.next();
  }

  /** Gives an item a new etag without changing it. */
  touch(name: string): void {
    this.#items.renewEtags([href(this.#info.href + name)]);
  }

  async changes(token: SyncToken | undefined, signal?: AbortSignal): Promise<Changes> {
    signal?.throwIfAborted();
    this.calls.changes += 1;
    this.#options.onCall?.('changes', 'before');
    if (this.#options.failsListing) throw this.#options.failsListing;
    if (this.#options.flakyEtags === true) this.#items.renewEtags(this.hrefs());
    const since = token === undefined ? -1 : Number(token);
    const known = since >= this.#oldestToken && since <= this.#items.sequence;
    const complete = this.#options.tokens === false || !known;
    if (complete) this.calls.complete += 1;
    const seen = [...this.#items.changedAt].filter(([, at]) => complete || at > since).map(([at]) => at);
    const clear = seen.filter((at) => !this.unclear.has(at) && !this.outside.has(at));
    return {
      complete,
      changed: clear.flatMap((at) => this.#items.ref(at) ?? []),
      removed: complete ? [] : clear.filter((at) => !this.#items.get(at)),
      unclear: [...this.unclear].map(([at, doubt]) => Object.assign({ href: at }, doubt)),
      outside: seen.filter((at) => this.outside.has(at) && this.#items.get(at) !== undefined),
      token: this.#options.tokens === false ? undefined : syncToken(String(this.#items.sequence)),
    };
  }

  async *fetch(hrefs: readonly Href[], signal?: AbortSignal): AsyncIterable<Fetched> {
    if (hrefs.length === 0) return;
    this.calls.fetches += 1;
    this.calls.fetched.push(...hrefs);
    this.#options.onCall?.('fetch', 'before');
    for (const at of new Set(hrefs)) {
      signal?.throwIfAborted();
      await Promise.resolve();
      const fetched = this.#fetchOne(at);
      if (fetched) yield fetched;
    }
  }

  async create(item: Item, options?: CreateOptions, signal?: AbortSignal): Promise<WriteResult> {
    signal?.throwIfAborted();
    this.calls.create += 1;
    this.#options.onCall?.('create', 'before');
    const result = this.#create({ item, name: options?.name });
    this.#options.onCall?.('create', 'after');
    return result;
  }

  async update(ref: ItemRef, item: Item, signal?: AbortSignal): Promise<WriteResult> {
    signal?.throwIfAborted();
    this.calls.update += 1;
    this.#options.onCall?.('update', 'before');
    this.#assertTakes('update', ref.href);
    if (this.#items.get(ref.href)?.etag !== ref.etag)
      throw new PreconditionFailedError(`${ref.href} is no longer ${ref.etag}`);
    const result = this.#write(ref.href, item.text);
    this.#options.onCall?.('update', 'after');
    return result;
  }

  async remove(ref: ItemRef, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.calls.remove += 1;
    this.#options.onCall?.('remove', 'before');
    this.#assertTakes('remove', ref.href);
    const stored = this.#items.get(ref.href);
    if (stored && stored.etag !== ref.etag)
      throw new PreconditionFailedError(`${ref.href} is no longer ${ref.etag}`);
    this.#items.delete(ref.href);
    this.#options.onCall?.('remove', 'after');
  }

  async #move(ref: ItemRef, { href: to }: CollectionInfo, signal?: AbortSignal): Promise<WriteResult> {
    signal?.throwIfAborted();
    this.calls.move += 1;
    this.#options.onCall?.('move', 'before');
    this.#assertTakes('move', ref.href);
    const stored = this.#items.get(ref.href);
    if (stored?.etag !== ref.etag) throw new PreconditionFailedError(`${ref.href} is no longer ${ref.etag}`);
    const target = this.#siblingAt(to);
    if (!target) throw new NotFoundError(`there is no collection ${to}`);
    const result = target.#receive(ref.href.slice(this.#info.href.length), stored.item);
    this.#items.delete(ref.href);
    this.#options.onCall?.('move', 'after');
    return result;
  }

  #receive(name: string, item: Item): WriteResult {
    const at = href(this.#info.href + name);
    if (this.#items.get(at) || this.#isThere(item))
      throw new AlreadyExistsError(`${this.#info.href} has an item of that name or UID`);
    const tag = this.#items.put(at, item);
    return { href: at, etag: this.#options.etags === 'withheld' ? undefined : tag };
  }

  async #createMany(
    items: readonly NewItem[],
    signal?: AbortSignal,
  ): Promise<readonly (WriteResult | PimsyncError)[]> {
    signal?.throwIfAborted();
    this.calls.createMany += 1;
    this.#options.onCall?.('createMany', 'before');
    const results = items.map((wanted) => orError(() => this.#create(wanted)));
    this.#options.onCall?.('createMany', 'after');
    return results;
  }

  #create({ item, name }: NewItem): WriteResult {
    this.#assertTakes('create', item.uid ?? item.ident);
    if (item.kind !== this.#info.kind) throw new InvalidItemError(`${this.#info.href} holds no ${item.kind}`);
    if (this.#isThere(item))
      throw new AlreadyExistsError(`${this.#info.href} has an item with the UID ${item.uid}`);
    const taken = (candidate: string): boolean =>
      this.#items.get(href(this.#info.href + candidate)) !== undefined;
    const wish = safeItemName(this.#info.kind, name ?? item.uid ?? 'item', taken);
    return this.#write(href(this.#info.href + wish), item.text);
  }

  /** Several items without UID may have one content; then there is nothing to tell them apart by. */
  #isThere({ uid, ident }: Item): boolean {
    return uid !== undefined && this.#items.holds(ident);
  }

  #assertTakes(write: Write, subject: string): void {
    if (this.#options.readOnly === true) throw new ReadOnlyError(`${this.#info.href} is read-only`);
    const error = this.#options.failsWrite?.(write, subject);
    if (error) throw error;
  }

  #write(at: Href, sent: string): WriteResult {
    const { rewrites, etags } = this.#options;
    const text = rewrites?.(sent) ?? sent;
    const tag = this.#items.put(at, parseItem(this.#info.kind, text));
    const withheld = etags === 'withheld' || (etags === undefined && text !== sent);
    return { href: at, etag: withheld ? undefined : tag };
  }

  #fetchOne(at: Href): Fetched | undefined {
    if (this.#options.flakyEtags === true) this.#items.renewEtags([at]);
    const stored = this.#items.get(at);
    if (!stored || this.withheld.has(at)) return undefined;
    const error = this.unreadable.get(at);
    if (error) return { type: 'unreadable', href: at, error };
    return { type: 'item', href: at, etag: stored.etag, item: stored.item };
  }
}

export const noCalls = (): Calls => ({
  changes: 0,
  complete: 0,
  fetches: 0,
  fetched: [],
  create: 0,
  createMany: 0,
  update: 0,
  remove: 0,
  move: 0,
});

function orError<T>(run: () => T): T | PimsyncError {
  try {
    return run();
  } catch (error) {
    if (error instanceof PimsyncError) return error;
    throw error;
  }
}
