import { ReadOnlyError } from '../core/errors.ts';
import type { Item } from '../core/item.ts';
import type {
  Changes,
  Collection,
  CollectionInfo,
  CreateOptions,
  Fetched,
  Href,
  ItemRef,
  SyncToken,
  WriteResult,
} from '../core/storage.ts';
import { CONNECTIONS_PER_ORIGIN } from '../http/transport.ts';
import { changesSince } from './changes.ts';
import { fetchItems } from './item-fetch.ts';
import { moveItem } from './moving.ts';
import type { Site } from './site.ts';
import { inWindow, tokenIn } from './window.ts';
import { createItem, removeItem, updateItem } from './writing.ts';

/** A calendar or address book on a server. */
export class DavCollection implements Collection {
  readonly deletions = 'inferred';
  readonly parallelWrites = CONNECTIONS_PER_ORIGIN;
  readonly #site: Site;
  /** From the last complete listing. */
  #size: number | undefined;

  constructor(site: Site) {
    this.#site = site;
  }

  get info(): CollectionInfo {
    return this.#site.info;
  }

  async changes(token: SyncToken | undefined, signal?: AbortSignal, intent?: 'first copy'): Promise<Changes> {
    const { window } = this.#site;
    // What lies outside of a window is not fetched.
    const isFirstCopy = intent === 'first copy' && !window;
    const changes = await changesSince(this.#site, tokenIn(window, token), isFirstCopy, signal);
    if (changes.complete) this.#size = changes.changed.length;
    return window ? inWindow(this.#site, window, changes, { limit: 'report', signal }) : changes;
  }

  fetch(hrefs: readonly Href[], signal?: AbortSignal): AsyncIterable<Fetched> {
    return this.#fetch(hrefs, signal);
  }

  async *#fetch(hrefs: readonly Href[], signal?: AbortSignal): AsyncGenerator<Fetched, void> {
    signal?.throwIfAborted();
    const missing: Href[] = [];
    for (const href of new Set(hrefs)) {
      const fresh = this.#site.fresh.take(href);
      if (fresh) yield fresh;
      else missing.push(href);
    }
    yield* fetchItems(this.#site, missing, this.#size, signal);
  }

  async create(item: Item, options: CreateOptions = {}, signal?: AbortSignal): Promise<WriteResult> {
    this.#assertWritable();
    return createItem(this.#site, item, options.name, signal);
  }

  async update(ref: ItemRef, item: Item, signal?: AbortSignal): Promise<WriteResult> {
    this.#assertWritable();
    this.#site.fresh.forget(ref.href);
    return updateItem(this.#site, ref, item, signal);
  }

  async remove(ref: ItemRef, signal?: AbortSignal): Promise<void> {
    this.#assertWritable();
    this.#site.fresh.forget(ref.href);
    return removeItem(this.#site, ref, signal);
  }

  async move(ref: ItemRef, to: CollectionInfo, signal?: AbortSignal): Promise<WriteResult> {
    this.#assertWritable();
    this.#assertWritable(to);
    this.#site.fresh.forget(ref.href);
    return moveItem(this.#site, ref, to, signal);
  }

  #assertWritable({ href, readOnly }: CollectionInfo = this.info): void {
    if (readOnly)
      throw new ReadOnlyError(`${href} is read-only: by configuration, or you have no right to write there`);
  }
}
