import { ReadOnlyError } from '../core/errors.ts';
import {
  type Collection,
  type CollectionId,
  type CollectionInfo,
  href,
  type Storage,
  type StorageMemo,
} from '../core/storage.ts';
import { basicCredentials } from '../http/credentials.ts';
import { Guard } from '../http/guarded-fetch.ts';
import { OriginLimits } from '../http/origin-limits.ts';
import { systemTiming, type Timing } from '../http/timing.ts';
import { openConnections } from '../http/transport.ts';
import type { Logger } from '../lib/logger.ts';
import { WebcalCollection } from './collection.ts';
import { shownPath } from './shown-path.ts';
import { FeedSource, type Look } from './source.ts';

export interface WebcalStorageOptions {
  readonly name: string;
  /** Of the feed, http or https. Credentials and `headers` go to its origin alone. */
  readonly url: URL;
  /** What its only collection is called. */
  readonly collection: CollectionId;
  readonly username: string | undefined;
  /** Called when the first request is made, and again only after it failed. */
  readonly password: () => Promise<string | undefined>;
  /** In place of 300 s. */
  readonly timeoutMs: number | undefined;
  readonly userAgent: string;
  /** PEM of roots to trust beside the usual ones. */
  readonly tlsRoot: string | undefined;
  readonly headers: ReadonlyMap<string, string>;
  /** Of the whole feed. */
  readonly maxResponseBytes: number;
  /** What is larger is told as unreadable. */
  readonly maxItemBytes: number;
  /** Shared by all storages of an engine; this one has limits of its own unless set. */
  readonly limits?: OriginLimits | undefined;
  readonly memo: StorageMemo;
  readonly log: Logger;
  /** Tests move time and chance. */
  readonly timing?: Timing;
}

/** A calendar that is published as one file on the web. @throws ConfigError when `tlsRoot` is no certificate */
export const createWebcalStorage = (options: WebcalStorageOptions): Storage => new WebcalStorage(options);

class WebcalStorage implements Storage {
  readonly name: string;
  readonly kind = 'calendar';
  /** A feed has no order. */
  readonly properties = ['displayname', 'color', 'description'] as const;
  readonly #id: CollectionId;
  readonly #guard: Guard;
  readonly #source: FeedSource;
  /** Given on to the collection that is opened for it. Kept until the next look, so that a quiet feed takes no memory. */
  #latest: Look | undefined;

  constructor(options: WebcalStorageOptions) {
    const { name, url, username, password, headers, userAgent, timeoutMs, tlsRoot, memo, log } = options;
    const { maxItemBytes, maxResponseBytes } = options;
    this.name = name;
    this.#id = options.collection;
    this.#guard = new Guard({
      url,
      credentials: basicCredentials(username, password),
      headers,
      userAgent,
      timeoutMs,
      connections: openConnections(tlsRoot),
      limits: options.limits ?? new OriginLimits(),
      maxBodyBytes: maxResponseBytes,
      shownPath,
      timing: options.timing ?? systemTiming,
      log,
    });
    this.#source = new FeedSource({ url, username, guard: this.#guard, memo, maxItemBytes });
  }

  async discover(signal?: AbortSignal): Promise<readonly CollectionInfo[]> {
    signal?.throwIfAborted();
    const look = await this.#source.look(signal);
    this.#latest = look;
    const { properties, state } = look;
    // Not the address: it may be a secret, and may change while the feed stays the same.
    return [{ id: this.#id, href: href(this.#id), kind: this.kind, readOnly: true, properties, state }];
  }

  open(info: CollectionInfo): Collection {
    const look = this.#latest?.state === info.state ? this.#latest : undefined;
    return new WebcalCollection(info, this.#source, look);
  }

  async createCollection(): Promise<never> {
    throw new ReadOnlyError(
      `storage "${this.name}" is a feed on the web; it has no place for other collections`,
    );
  }

  async deleteCollection(): Promise<never> {
    return this.#refuse();
  }

  async setProperties(): Promise<never> {
    return this.#refuse();
  }

  close(): Promise<void> {
    return this.#guard.close();
  }
  #refuse(): never {
    throw new ReadOnlyError(`storage "${this.name}" is a feed on the web, which nobody can write to`);
  }
}
