import { AuthError, ConfigError, NotFoundError, PimsyncError } from '../core/errors.ts';
import type { CollectionInfo, StorageMemo } from '../core/storage.ts';
import type { Guard, Manner } from '../http/guarded-fetch.ts';
import { statusOf } from '../http/refusal.ts';
import { isPassing } from '../http/retry-policy.ts';
import type { Logger } from '../lib/logger.ts';
import type { DavClient } from './client.ts';
import { withUniqueIds } from './collection-info.ts';
import type { Dialect } from './dialect.ts';
import { type Account, findAccount } from './discover.ts';
import { listPlace, type Place } from './home.ts';
import { recallPlaces, rememberPlaces } from './home-memory.ts';

interface Facts {
  readonly url: URL;
  readonly username: string | undefined;
  readonly dialect: Dialect;
  readonly client: DavClient;
  readonly guard: Guard;
  readonly memo: StorageMemo;
  readonly readOnly: boolean;
  readonly log: Logger;
}

/** Where the collections are, kept between runs so that a quiet account costs one request a home. */
export class AccountHomes {
  readonly #facts: Facts;
  #places: readonly Place[];

  constructor(facts: Facts) {
    this.#facts = facts;
    this.#places = recallPlaces(facts.memo, this.#from());
    for (const { url } of this.#places) facts.guard.trust(url);
  }

  /** All collections of the account. @throws PimsyncError rather than telling of fewer than there are */
  async list(signal?: AbortSignal): Promise<CollectionInfo[]> {
    if (this.#places.length > 0) {
      try {
        return await this.#listPlaces(signal);
      } catch (error) {
        if (!isAboutThePlace(error)) throw error;
        this.#facts.log.info(
          { reason: error.message },
          'the remembered home does not answer, looking for it anew',
        );
      }
    }
    await this.find(signal);
    return this.#listPlaces(signal);
  }

  /** Looks for the account from the configured URL. */
  async find(signal?: AbortSignal): Promise<Account> {
    const { client, dialect, url, guard, memo } = this.#facts;
    const account = await findAccount(client, dialect, url, signal);
    for (const place of account.places) guard.trust(place.url);
    this.#places = account.places;
    rememberPlaces(memo, this.#from(), account.places);
    return account;
  }

  /** The home that new collections go to. @throws ConfigError when only a collection is configured */
  async home(signal?: AbortSignal): Promise<URL> {
    if (this.#places.length === 0) await this.find(signal);
    const home = this.#places.find(({ type }) => type === 'home');
    if (home) return home.url;
    throw new ConfigError(
      `${this.#facts.url.href} is a collection, and the server names no home to make others in; give the URL of the account`,
    );
  }

  /** The host that serves a path: collections are named by their path alone, so that a move to another host changes no name. */
  originOf(path: string): URL {
    const place = this.#places.find(({ url }) => path.startsWith(url.pathname)) ?? this.#places[0];
    return place?.url ?? this.#facts.url;
  }

  /** Whether the account hangs on it: a home, or the one collection that is configured. */
  isPlace(path: string): boolean {
    return this.#places.some(({ url }) => url.pathname === path);
  }

  async #listPlaces(signal?: AbortSignal): Promise<CollectionInfo[]> {
    const { client, dialect, readOnly } = this.#facts;
    const manner: Manner = { limit: 'report', signal };
    const found = new Map<string, CollectionInfo>();
    for (const place of this.#places) {
      for (const info of await listPlace(client, dialect, place, { readOnly, manner }))
        found.set(info.href, info);
    }
    return withUniqueIds([...found.values()]);
  }

  #from(): string {
    return `${this.#facts.username ?? ''} ${this.#facts.url.href}`;
  }
}

/** Whether the account may have moved. A wrong password, a dead network or a busy server is no reason to look elsewhere. */
function isAboutThePlace(error: unknown): error is PimsyncError {
  if (!(error instanceof PimsyncError) || error instanceof AuthError) return false;
  if (error instanceof NotFoundError) return true;
  const status = statusOf(error);
  return status !== undefined && status < 500 && !isPassing(status);
}
