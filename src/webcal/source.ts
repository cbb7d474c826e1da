import { createHash } from 'node:crypto';
import { ServerError } from '../core/errors.ts';
import type { CollectionProperties, StorageMemo } from '../core/storage.ts';
import type { Answer } from '../http/answer.ts';
import type { Exchange, Guard } from '../http/guarded-fetch.ts';
import { refusalOf } from '../http/refused.ts';
import { type Feed, readFeed } from './feed.ts';
import { recallIdentities, recallLook, rememberIdentities, rememberLook } from './look-memory.ts';
import { shownPath } from './shown-path.ts';
import { FeedFault } from './split.ts';

/** What a look at the feed told. */
export interface Look {
  readonly state: string;
  readonly properties: CollectionProperties;
  /** The items, which are only made when somebody wants them; `undefined` when the server said that nothing changed. */
  readonly feed: (() => Feed) | undefined;
}

export interface FeedSourceOptions {
  readonly url: URL;
  readonly username: string | undefined;
  readonly guard: Guard;
  readonly memo: StorageMemo;
  readonly maxItemBytes: number;
}

/** Downloads a feed, and remembers between runs what it was like. */
export class FeedSource {
  readonly #options: FeedSourceOptions;
  /** Validators are the feed's own; those of another address, or of another person's view, say nothing. */
  readonly #address: string;

  constructor(options: FeedSourceOptions) {
    this.#options = options;
    this.#address = digestOf(`${options.username ?? ''} ${options.url.href}`);
  }

  /** Downloads unless nothing changed since the last look. @throws PimsyncError, also for an answer that is no complete calendar */
  async look(signal: AbortSignal | undefined): Promise<Look> {
    const before = recallLook(this.#options.memo, this.#address);
    if (before?.etag === undefined && before?.lastModified === undefined) return this.download(signal);
    // With both, servers heed the etag alone (RFC 9110, 13.1.3); a date of seconds misses two changes in one.
    const condition: Record<string, string> =
      before.etag === undefined
        ? { 'if-modified-since': before.lastModified ?? '' }
        : { 'if-none-match': before.etag };
    const exchange = await this.#get(condition, signal);
    if (exchange.answer.status !== 304) return this.#read(exchange);
    return { state: before.state, properties: before.properties, feed: undefined };
  }

  /** Downloads in any case. @throws as `look` */
  async download(signal: AbortSignal | undefined): Promise<Look & { readonly feed: () => Feed }> {
    return this.#read(await this.#get({}, signal));
  }

  #get(condition: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Promise<Exchange> {
    const { guard, url } = this.#options;
    const headers = { accept: 'text/calendar, */*;q=0.5', ...condition };
    return guard.send({ url, method: 'GET', headers, body: undefined }, { limit: 'report', signal });
  }

  #read(exchange: Exchange): Look & { readonly feed: () => Feed } {
    const { answer } = exchange;
    this.#expectFeed(exchange);
    const { memo } = this.#options;
    const validators = validatorsOf(answer);
    const digest = digestOf(answer.body);
    const before = recallLook(memo, this.#address);
    if (before?.digest === digest) {
      rememberLook(memo, this.#address, { ...before, ...validators });
      return { state: before.state, properties: before.properties, feed: once(() => this.#parse(answer)) };
    }
    const feed = this.#parse(answer);
    const { state, properties, remembered } = feed;
    // In this order: with the look remembered alone, the next one would not ask for the identities again.
    rememberIdentities(memo, remembered);
    rememberLook(memo, this.#address, { state, properties, digest, ...validators });
    return { state, properties, feed: () => feed };
  }

  /** Some servers send an error page, or nothing at all, as a success; none of that is an empty calendar. */
  #expectFeed(exchange: Exchange): void {
    const { status } = exchange.answer;
    if (status === 200) return;
    const { guard } = this.#options;
    if (status >= 200 && status < 400)
      throw new ServerError(`${this.#what(exchange.answer)}: the server answered ${status}, and no calendar`);
    throw refusalOf(exchange, status, {
      what: this.#what(exchange.answer),
      secrets: [...guard.secrets(), ...this.#secretPath()],
      nowMs: guard.nowMs(),
    });
  }

  #parse(answer: Answer): Feed {
    const { memo, maxItemBytes } = this.#options;
    const contentType = answer.headers.get('content-type') ?? '';
    try {
      return readFeed(answer.body, contentType, { remembered: recallIdentities(memo), maxItemBytes });
    } catch (cause) {
      if (!(cause instanceof FeedFault)) throw cause;
      throw new ServerError(
        `${this.#what(answer)}: the answer (${contentType === '' ? 'no content type' : contentType}) is no complete calendar: ` +
          `${cause.message}; check url, and whether the site or the network wants a log-in first`,
        { cause },
      );
    }
  }

  /** Error pages like to repeat the address. */
  #secretPath(): string[] {
    const { pathname, search } = this.#options.url;
    return [pathname + search, pathname, search].filter(
      (text) => shownPath(text) !== text && text.length > 2,
    );
  }

  #what({ url }: Answer): string {
    return `GET ${url.origin}${shownPath(url.pathname)}`;
  }
}

function validatorsOf({ headers }: Answer): { etag: string | undefined; lastModified: string | undefined } {
  return { etag: headers.get('etag') || undefined, lastModified: headers.get('last-modified') || undefined };
}

const digestOf = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
