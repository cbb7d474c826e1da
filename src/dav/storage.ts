import { AlreadyExistsError, ReadOnlyError, RefusedError, ServerError } from '../core/errors.ts';
import type { ItemKind } from '../core/item.ts';
import { METADATA_NAMES } from '../core/item-name.ts';
import type {
  Collection,
  CollectionInfo,
  NewCollection,
  PropertyChanges,
  PropertyName,
  Storage,
  StorageMemo,
} from '../core/storage.ts';
import type { Window } from '../core/window.ts';
import { basicCredentials } from '../http/credentials.ts';
import { Guard } from '../http/guarded-fetch.ts';
import { OriginLimits } from '../http/origin-limits.ts';
import { systemTiming, type Timing } from '../http/timing.ts';
import { type ConnectionPool, openConnections, type Transport } from '../http/transport.ts';
import type { Logger } from '../lib/logger.ts';
import { AccountHomes } from './account.ts';
import { DavClient } from './client.ts';
import { DavCollection } from './collection.ts';
import { deleteIfEmpty } from './delete-collection.ts';
import { type Dialect, dialectOf, propertyNameOf } from './dialect.ts';
import { FreshItems } from './fresh-items.ts';
import { listPlace } from './home.ts';
import { urlAt } from './href-path.ts';
import { makeCollection, setMissing } from './new-collection.ts';
import { setDavProperties } from './set-properties.ts';
import { labelOf } from './window.ts';

export interface DavStorageOptions {
  readonly name: string;
  readonly kind: ItemKind;
  /** Any URL from which discovery can start. Credentials and `headers` go to its origin. */
  readonly url: URL;
  readonly username: string | undefined;
  /** Called when the first request is made, and again only after it failed. */
  readonly password: () => Promise<string | undefined>;
  readonly readOnly: boolean;
  /** In place of 60 s for items and 300 s for reports. */
  readonly timeoutMs: number | undefined;
  readonly userAgent: string;
  /** PEM of roots to trust beside the usual ones. */
  readonly tlsRoot: string | undefined;
  /** Sent with every request to the configured origin. */
  readonly headers: ReadonlyMap<string, string>;
  /** Of one answer; 64 MB unless set. */
  readonly maxResponseBytes?: number;
  /** What is larger is told as unreadable; 20 MB unless set. */
  readonly maxItemBytes?: number;
  /** What of its calendars is carried; all unless set. */
  readonly window?: Window | undefined;
  /** Shared by all storages of an engine; this one has limits of its own unless set. */
  readonly limits?: OriginLimits | undefined;
  readonly memo: StorageMemo;
  readonly log: Logger;
  /** Tests put a function in place of the network, */
  readonly transport?: Transport;
  /** and move time and chance. */
  readonly timing?: Timing;
}

const MAX_ITEM_BYTES = 20 * 1024 * 1024;

/** A CalDAV or CardDAV account. @throws ConfigError when `tlsRoot` is no certificate */
export const createDavStorage = (options: DavStorageOptions): Storage => new DavStorage(openDav(options));

/** The parts that a storage, and a check of one, are made of. */
export interface Dav {
  readonly options: DavStorageOptions;
  readonly dialect: Dialect;
  readonly guard: Guard;
  readonly client: DavClient;
  readonly homes: AccountHomes;
}

export function openDav(options: DavStorageOptions): Dav {
  const { kind, url, username, password, headers, userAgent, timeoutMs, memo, readOnly, log } = options;
  const dialect = dialectOf(kind);
  const guard = new Guard({
    url,
    credentials: basicCredentials(username, password),
    headers,
    userAgent,
    timeoutMs,
    connections: connectionsFor(options),
    limits: options.limits ?? new OriginLimits(),
    maxBodyBytes: options.maxResponseBytes,
    timing: options.timing ?? systemTiming,
    log,
  });
  const client = new DavClient(guard);
  return {
    options,
    dialect,
    guard,
    client,
    homes: new AccountHomes({ url, username, dialect, client, guard, memo, readOnly, log }),
  };
}

const connectionsFor = ({ transport, tlsRoot }: DavStorageOptions): ConnectionPool =>
  transport ? { send: transport, close: () => Promise.resolve() } : openConnections(tlsRoot);

/** Another window is a reason to look again, though the server's state is the same. */
const underWindow = (info: CollectionInfo, label: string): CollectionInfo =>
  info.state === undefined ? info : Object.assign({}, info, { state: `${info.state} ${label}` });

class DavStorage implements Storage {
  readonly #dav: Dav;

  constructor(dav: Dav) {
    this.#dav = dav;
  }

  get name(): string {
    return this.#dav.options.name;
  }

  get kind(): ItemKind {
    return this.#dav.options.kind;
  }

  get properties(): readonly PropertyName[] {
    return METADATA_NAMES.filter((name) => propertyNameOf(this.#dav.dialect, name) !== undefined);
  }

  async discover(signal?: AbortSignal): Promise<readonly CollectionInfo[]> {
    const { homes, options } = this.#dav;
    const infos = await homes.list(signal);
    const { window } = options;
    return window ? infos.map((info) => underWindow(info, labelOf(window))) : infos;
  }

  open(info: CollectionInfo): Collection {
    const { options, dialect, client, homes, guard } = this.#dav;
    const origin = homes.originOf(info.href);
    const { memo, log } = options;
    const readOnly = info.readOnly || options.readOnly;
    return new DavCollection({
      client,
      dialect,
      info: { ...info, readOnly },
      origin,
      originOf: (path) => homes.originOf(path),
      memo,
      log,
      nowMs: () => guard.nowMs(),
      fresh: new FreshItems(options.kind),
      maxItemBytes: options.maxItemBytes ?? MAX_ITEM_BYTES,
      window: options.window,
    });
  }

  async createCollection(wanted: NewCollection, signal?: AbortSignal): Promise<CollectionInfo> {
    const { options, dialect, client, homes } = this.#dav;
    this.#assertWritable();
    if (wanted.kind !== options.kind)
      throw new RefusedError(`storage ${options.name} holds ${dialect.collectionWord}s only`);
    if ((await homes.list(signal)).some(({ id }) => id === wanted.id))
      throw new AlreadyExistsError(
        `storage ${options.name} has a ${dialect.collectionWord} called ${wanted.id} already`,
      );
    const url = await makeCollection(client, dialect, await homes.home(signal), { wanted, signal });
    const info = await this.#look(url, signal);
    const tried = await setMissing(client, dialect, url, {
      wanted: wanted.properties,
      found: info.properties,
      signal,
    });
    return tried ? this.#look(url, signal) : info;
  }

  async deleteCollection(info: CollectionInfo, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { dialect, client, homes } = this.#dav;
    this.#assertWritable(info);
    if (homes.isPlace(info.href))
      throw new RefusedError(`${info.href} is not deleted: the configuration is about this one collection`);
    await deleteIfEmpty(client, dialect, this.#urlOf(info), signal);
  }

  async setProperties(
    info: CollectionInfo,
    changes: PropertyChanges,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<PropertyName, string>> {
    signal?.throwIfAborted();
    const { dialect, client } = this.#dav;
    this.#assertWritable(info);
    const subject = { client, dialect, url: this.#urlOf(info), before: info.properties, signal };
    return setDavProperties(subject, changes);
  }

  #urlOf({ href }: CollectionInfo): URL {
    return urlAt(this.#dav.homes.originOf(href), href);
  }

  #assertWritable(info?: CollectionInfo): void {
    const { name, readOnly } = this.#dav.options;
    if (readOnly) throw new ReadOnlyError(`storage ${name} is read-only by configuration`);
    if (info?.readOnly === true)
      throw new ReadOnlyError(`${info.href} is read-only: you have no right to write there`);
  }

  /** A new collection as the server shows it. */
  async #look(url: URL, signal: AbortSignal | undefined): Promise<CollectionInfo> {
    const { dialect, client } = this.#dav;
    const manner = { limit: 'item', signal } as const;
    const [info] = await listPlace(client, dialect, { type: 'collection', url }, { readOnly: false, manner });
    if (info) return info;
    throw new ServerError(`the server made ${url.pathname}, but it is no ${dialect.collectionWord}`);
  }

  close(): Promise<void> {
    return this.#dav.guard.close();
  }
}
