import { ReadOnlyError } from '../core/errors.ts';
import {
  type Changes,
  type Collection,
  type CollectionInfo,
  type Fetched,
  type Href,
  syncToken,
  type SyncToken,
  type WriteResult,
} from '../core/storage.ts';
import type { Feed, FeedItem } from './feed.ts';
import type { FeedSource, Look } from './source.ts';

/** A feed. What was downloaded for one question answers the next ones too. */
export class WebcalCollection implements Collection {
  readonly info: CollectionInfo;
  readonly deletions = 'inferred';
  readonly parallelWrites = 1;
  readonly #source: FeedSource;
  /** From discovery; used up by the first question for changes. */
  #discovered: Pick<Look, 'state' | 'feed'> | undefined;
  #feed: (() => Feed) | undefined;

  /** @param look what discovery told with `info` */
  constructor(info: CollectionInfo, source: FeedSource, look: Pick<Look, 'state' | 'feed'> | undefined) {
    this.info = info;
    this.#source = source;
    this.#discovered = look;
    this.#feed = look?.feed;
  }

  async changes(token: SyncToken | undefined, signal?: AbortSignal): Promise<Changes> {
    signal?.throwIfAborted();
    const { state, feed } = this.#discovered ?? (await this.#source.look(signal));
    this.#discovered = undefined;
    if (feed) this.#feed = feed;
    if (token === state)
      return { complete: false, changed: [], removed: [], unclear: [], token: syncToken(state) };
    // Nothing new for the server is not nothing new for us: the last run may have stopped before it was done.
    const all = await this.#feedIn(state, signal);
    return {
      complete: true,
      changed: [...all.items.values()].map(({ href, etag }) => ({ href, etag })),
      removed: [],
      unclear: [],
      token: syncToken(all.state),
    };
  }

  async *fetch(hrefs: readonly Href[], signal?: AbortSignal): AsyncIterable<Fetched> {
    signal?.throwIfAborted();
    const { items } = this.#feed ? this.#feed() : await this.#download(signal);
    for (const href of new Set(hrefs)) {
      signal?.throwIfAborted();
      const found = items.get(href);
      if (found) yield toFetched(found);
    }
  }

  create(): Promise<WriteResult> {
    return this.#refuse();
  }

  update(): Promise<WriteResult> {
    return this.#refuse();
  }

  remove(): Promise<void> {
    return this.#refuse();
  }

  /** @param state what the feed was in at the last look; an older download is of no use then */
  async #feedIn(state: string, signal: AbortSignal | undefined): Promise<Feed> {
    const downloaded = this.#feed?.();
    return downloaded?.state === state ? downloaded : this.#download(signal);
  }

  async #download(signal: AbortSignal | undefined): Promise<Feed> {
    const { feed } = await this.#source.download(signal);
    this.#feed = feed;
    return feed();
  }

  async #refuse(): Promise<never> {
    throw new ReadOnlyError(`${this.info.id} is a feed on the web, which nobody can write to`);
  }
}

const toFetched = (found: FeedItem): Fetched =>
  'item' in found
    ? { type: 'item', href: found.href, etag: found.etag, item: found.item }
    : { type: 'unreadable', href: found.href, error: found.error };
