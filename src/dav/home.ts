import { NotFoundError } from '../core/errors.ts';
import type { CollectionInfo } from '../core/storage.ts';
import type { Manner } from '../http/guarded-fetch.ts';
import { refusalError } from '../http/refusal.ts';
import type { DavClient, Reply } from './client.ts';
import { collectionProps, isWanted, toInfo } from './collection-info.ts';
import type { Dialect } from './dialect.ts';
import { asCollectionPath, canonicalPath, readHref } from './href-path.ts';
import type { Entry } from './multistatus.ts';

/** Where collections are: a home that lists them, or a collection that was configured by itself. */
export interface Place {
  readonly type: 'home' | 'collection';
  /** Canonical path, with a slash at the end. */
  readonly url: URL;
}

/**
 * The collections at a place, in one request.
 * @throws PimsyncError rather than leaving out what could not be read: what is not listed counts as deleted
 */
export async function listPlace(
  client: DavClient,
  dialect: Dialect,
  { type, url }: Place,
  { readOnly, manner }: { readonly readOnly: boolean; readonly manner: Manner },
): Promise<CollectionInfo[]> {
  const reply = await client.propfind(url, collectionProps(dialect), type === 'home' ? '1' : '0', manner);
  const what = `PROPFIND ${url.pathname}`;
  if (reply.entries.length === 0)
    throw new NotFoundError(`${what}: the answer is empty, it lacks even the place itself`);
  const found = new Map<string, CollectionInfo>();
  for (const entry of reply.entries) {
    const path = pathInPlace(entry, reply, url);
    if (path === undefined || isGone(entry, path, url, what)) continue;
    if (isWanted(dialect, entry)) found.set(path, toInfo(dialect, path, entry, readOnly));
  }
  return [...found.values()];
}

/** `undefined` for what another host is said to have; a server behind a proxy may give our host its inner name, though. */
function pathInPlace({ href }: Entry, reply: Reply, place: URL): string | undefined {
  const target = readHref(href, canonicalPath(reply.url.pathname) ?? '/');
  if (!target) return undefined;
  const isOurs =
    target.origin === undefined ||
    target.origin === reply.url.origin ||
    target.path.startsWith(place.pathname);
  return isOurs ? asCollectionPath(target.path) : undefined;
}

/** Xandikos 0.2.8 answers for a home that does not exist with 207 and 404 inside. */
function isGone(
  { status = 200, failed, conditions, description }: Entry,
  path: string,
  place: URL,
  what: string,
): boolean {
  const type = failed.get('resourcetype') ?? 404;
  const worst = status >= 300 ? status : type;
  if (worst === 404 || worst === 410) {
    if (status >= 300 && path === place.pathname) throw refusalError({ what, status });
    return status >= 300;
  }
  throw refusalError({ what: `${what}: ${path}`, status: worst, conditions, words: description });
}
