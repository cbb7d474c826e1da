import { AlreadyExistsError, PimsyncError, PreconditionFailedError } from '../core/errors.ts';
import type { Item } from '../core/item.ts';
import { href, type Href, type ItemRef, type WriteResult } from '../core/storage.ts';
import type { Exchange, Manner } from '../http/guarded-fetch.ts';
import { statusOf, wasRepeated } from '../http/refusal.ts';
import { canonicalPath, encodeSegment, readHref } from './href-path.ts';
import { fetchOne, headerEtag } from './item-reading.ts';
import { namesFor } from './resource-name.ts';
import { itemPath, type Site, urlOf } from './site.ts';
import {
  as,
  asRefusal,
  assertCollectionIsThere,
  assertOurs,
  isDuplicateUid,
  isSameEtag,
} from './write-errors.ts';

/** Stores a new item under a name of its own. @throws AlreadyExistsError, RefusedError */
export async function createItem(
  site: Site,
  item: Item,
  wish: string | undefined,
  signal?: AbortSignal,
): Promise<WriteResult> {
  const [first = '', second] = namesFor(item, wish);
  const result = await tryName(site, item, first, signal);
  if (result !== 'taken') return result;
  const other = second === undefined ? result : await tryName(site, item, second, signal);
  if (other !== 'taken') return other;
  throw new AlreadyExistsError(`PUT ${site.info.href}${second ?? first}: another item has that name already`);
}

/** `taken`: another item is there, which has nothing to do with this one. */
async function tryName(
  site: Site,
  item: Item,
  name: string,
  signal?: AbortSignal,
): Promise<WriteResult | 'taken'> {
  const at = href(site.info.href + encodeSegment(name));
  const manner: Manner = { limit: 'item', signal };
  const body = { text: item.text, type: site.dialect.contentType };
  try {
    const exchange = await site.client.put(urlOf(site, at), body, { ifNoneMatch: '*' }, manner);
    return { href: storedAt(site, at, exchange), etag: headerEtag(exchange) };
  } catch (error) {
    if (!(error instanceof PimsyncError)) throw error;
    return settleCreate(site, item, at, { error, signal });
  }
}

interface Failure {
  readonly error: PimsyncError;
  readonly signal: AbortSignal | undefined;
}

async function settleCreate(
  site: Site,
  item: Item,
  at: Href,
  { error, signal }: Failure,
): Promise<WriteResult | 'taken'> {
  const status = statusOf(error);
  if (isDuplicateUid(error)) throw as(AlreadyExistsError, error);
  if (status === 412) return settleTaken(site, item, at, { error, signal });
  // Nextcloud keeps deleted items in a bin, and their names with them.
  if ((status === 400 || status === 403) && /already exists/i.test(error.message)) return 'taken';
  if (status === 404 || status === 405 || status === 409) {
    await assertCollectionIsThere(site, error, signal);
    if (status === 409) throw as(AlreadyExistsError, error);
  }
  throw asRefusal(error);
}

/** 412 on If-None-Match: the name is taken, by the same item (perhaps by our own try whose answer was lost) or by another one. */
async function settleTaken(
  site: Site,
  item: Item,
  at: Href,
  { error, signal }: Failure,
): Promise<WriteResult | 'taken'> {
  const there = await fetchOne(site, at, signal);
  // Nothing is there, so the 412 was about something else: DAViCal says it of items that it cannot read.
  if (!there) throw asRefusal(error);
  if (there.type === 'unreadable' || there.item.ident !== item.ident) return 'taken';
  if (wasRepeated(error) && there.item.hash === item.hash) return { href: at, etag: there.etag };
  throw as(AlreadyExistsError, error);
}

/** Replaces an item whose etag is known. @throws PreconditionFailedError, RefusedError */
export async function updateItem(
  site: Site,
  ref: ItemRef,
  item: Item,
  signal?: AbortSignal,
): Promise<WriteResult> {
  assertOurs(site, ref);
  const manner: Manner = { limit: 'item', signal };
  const body = { text: item.text, type: site.dialect.contentType };
  try {
    const exchange = await site.client.put(urlOf(site, ref.href), body, { ifMatch: ref.etag }, manner);
    return { href: storedAt(site, ref.href, exchange), etag: headerEtag(exchange) };
  } catch (error) {
    if (!(error instanceof PimsyncError)) throw error;
    return settleUpdate(site, ref, item, { error, signal });
  }
}

async function settleUpdate(
  site: Site,
  ref: ItemRef,
  item: Item,
  { error, signal }: Failure,
): Promise<WriteResult> {
  const status = statusOf(error) ?? 0;
  if ([403, 404, 405, 409, 410].includes(status)) await assertCollectionIsThere(site, error, signal);
  if (![404, 410, 412].includes(status)) throw asRefusal(error);
  const there = await fetchOne(site, ref.href, signal);
  if (!there) throw as(PreconditionFailedError, error);
  if (there.type === 'item' && wasRepeated(error) && there.item.hash === item.hash)
    return { href: ref.href, etag: there.etag };
  // It is as we knew it, so it is the new text that the server will not have: iCloud says 404 then, DAViCal 412.
  if (there.type === 'item' && isSameEtag(there.etag, ref.etag)) throw asRefusal(error);
  throw as(PreconditionFailedError, error);
}

/** Removes an item whose etag is known; one that is gone is removed. @throws PreconditionFailedError */
export async function removeItem(site: Site, ref: ItemRef, signal?: AbortSignal): Promise<void> {
  assertOurs(site, ref);
  try {
    await site.client.delete(urlOf(site, ref.href), ref.etag, { limit: 'item', signal });
  } catch (error) {
    const status = statusOf(error);
    if (status === 404 || status === 410) return;
    // sabre 1.8 says 412 for an item that is not there.
    if (status === 412 && !(await fetchOne(site, ref.href, signal))) return;
    throw error;
  }
}

/** Google keeps new contacts under another name than it was asked to, and tells it in Location. */
function storedAt(site: Site, at: Href, { answer }: Exchange): Href {
  const location = answer.headers.get('location');
  const target = location === null ? undefined : readHref(location, canonicalPath(at) ?? at);
  const path = target && itemPath(site, target.path);
  return path === undefined ? at : href(path);
}
