import {
  AlreadyExistsError,
  type ErrorDetails,
  NotFoundError,
  PimsyncError,
  PreconditionFailedError,
  RefusedError,
} from '../core/errors.ts';
import type { Item } from '../core/item.ts';
import { type Etag, href, type Href, type ItemRef, type WriteResult } from '../core/storage.ts';
import type { Exchange, Manner } from '../http/guarded-fetch.ts';
import { statusOf, wasRepeated } from '../http/refusal.ts';
import { canonicalPath, encodeSegment, readHref } from './href-path.ts';
import { fetchOne, headerEtag } from './item-reading.ts';
import { namesFor } from './resource-name.ts';
import { itemPath, type Site, urlOf } from './site.ts';

/** RFC 4791, 5.3.2.1; RFC 6352, 6.3.2.1; RFC 6638, 3.2.4.1. */
const DUPLICATE_UID: ReadonlySet<string> = new Set(['no-uid-conflict', 'unique-scheduling-object-resource']);

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

/** A write into a collection's own URL replaces the whole collection on Radicale 3.1; one outside of it is not ours to do. */
function assertOurs(site: Site, ref: ItemRef): void {
  if (itemPath(site, ref.href) !== ref.href)
    throw new PreconditionFailedError(`${JSON.stringify(ref.href)} is no item of ${site.info.href}`);
  if (ref.etag === '')
    throw new PreconditionFailedError(`${ref.href} has no etag, so it cannot be changed safely`);
}

/** Servers answer 403, 404, 405 or 409 for a write into a collection that is gone. */
async function assertCollectionIsThere(site: Site, error: PimsyncError, signal?: AbortSignal): Promise<void> {
  if (await isGone(site, signal))
    throw new NotFoundError(`the collection ${site.info.href} is gone (${error.message})`, {
      cause: error.cause,
    });
}

async function isGone(site: Site, signal?: AbortSignal): Promise<boolean> {
  const manner: Manner = { limit: 'item', signal };
  try {
    const { entries } = await site.client.propfind(
      urlOf(site, site.info.href),
      { 'd:resourcetype': {} },
      '0',
      manner,
    );
    return entries.every(({ status }) => status === 404 || status === 410);
  } catch (error) {
    const status = statusOf(error);
    // A refusal tells nothing, and then the one that brought us here is the better news; a lost connection is not.
    if (status === undefined) throw error;
    return status === 404 || status === 410;
  }
}

const isDuplicateUid = ({ conditions }: PimsyncError): boolean =>
  conditions.some((name) => DUPLICATE_UID.has(name));

const isSameEtag = (one: Etag, other: Etag): boolean => one.replace(/^W\//, '') === other.replace(/^W\//, '');

/** Whatever the number of tries, this item will not be taken; but a busy or full server, or a missing right, is no matter of the item. */
function asRefusal(error: PimsyncError): PimsyncError {
  const status = statusOf(error);
  const concernsItem =
    status !== undefined && status >= 400 && status < 500 && ![401, 407, 423, 429].includes(status);
  return concernsItem && !error.conditions.includes('need-privileges') ? as(RefusedError, error) : error;
}

/** The same refusal under a better name. */
const as = (
  Better: new (message: string, details: ErrorDetails) => PimsyncError,
  { message, conditions, cause }: PimsyncError,
): PimsyncError => new Better(message, { conditions, cause });
