import { PimsyncError, RefusedError, ServerError } from '../core/errors.ts';
import type { Manner } from '../http/guarded-fetch.ts';
import { refusalError, statusOf } from '../http/refusal.ts';
import type { DavClient } from './client.ts';
import { type Dialect, ETAG } from './dialect.ts';
import { asCollectionPath, decodeSegment, lastSegment, readHref } from './href-path.ts';
import type { Entry } from './multistatus.ts';
import { asRefusal } from './write-errors.ts';

/** So many names tell what is inside. */
const NAMED = 5;
/** Of a name that a stranger chose. */
const MAX_NAME = 80;

/**
 * Deletes a collection that a look just before shows to be empty. No server offers more: there is no condition for that (docs/facts.md,
 * D18), so what comes in between the two requests goes along.
 * @param url canonical, with a slash at the end: sabre 1.8 answers 500 without
 * @throws RefusedError naming what is inside
 */
export async function deleteIfEmpty(
  client: DavClient,
  dialect: Dialect,
  url: URL,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    const isThere = await assertEmpty(client, dialect, url, { limit: 'report', signal });
    if (isThere) await client.deleteCollection(url, { limit: 'item', signal });
  } catch (error) {
    // Cyrus 3.6 says 404 although it worked.
    if (isGone(statusOf(error))) return;
    throw error instanceof PimsyncError ? asRefusal(error) : error;
  }
}

/** `false`: it is gone already. By PROPFIND, which has no filter that could hide something. @throws RefusedError */
async function assertEmpty(client: DavClient, dialect: Dialect, url: URL, manner: Manner): Promise<boolean> {
  const found = new Found(url.pathname);
  for await (const part of client.listing(url, { ...ETAG, 'd:resourcetype': {} }, manner))
    for (const entry of part.entries) found.take(entry);
  return found.assertEmpty(dialect);
}

/** What a listing says of a collection. */
class Found {
  readonly #path: string;
  readonly #members: string[] = [];
  #self: Entry | undefined;
  /** Entries about something else that is gone. */
  #gone = 0;

  constructor(path: string) {
    this.#path = path;
  }

  take(entry: Entry): void {
    const path = readHref(entry.href, this.#path)?.path;
    if (path !== undefined && asCollectionPath(path) === this.#path) this.#self = entry;
    else if (isGone(entry.status)) this.#gone += 1;
    else this.#members.push(decodeSegment(lastSegment(entry.href)).slice(0, MAX_NAME));
  }

  assertEmpty({ collectionType, collectionWord }: Dialect): boolean {
    if (this.#members.length > 0) throw this.#stillHolds();
    // Xandikos 0.2.8 says that a collection is gone with 207, 404 inside and a mangled href.
    if (!this.#self && this.#gone === 1) return false;
    const what = `PROPFIND ${this.#path}`;
    if (!this.#self)
      throw new ServerError(`${what}: the answer lacks the collection itself, so it is not deleted`);
    const { status = 200, conditions, description, prop } = this.#self;
    if (status >= 300) throw refusalError({ what, status, conditions, words: description });
    if (!prop.child('resourcetype')?.has(collectionType.read))
      throw new RefusedError(`${this.#path} is not deleted: it is no ${collectionWord}`);
    return true;
  }

  #stillHolds(): RefusedError {
    const some = this.#members.slice(0, NAMED).join(', ');
    const more = this.#members.length > NAMED ? ` and ${this.#members.length - NAMED} more` : '';
    return new RefusedError(`${this.#path} is not deleted, it still holds ${some}${more}`);
  }
}

const isGone = (status: number | undefined): boolean => status === 404 || status === 410;
