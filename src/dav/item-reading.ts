import { InvalidItemError, PimsyncError } from '../core/errors.ts';
import { parseItem } from '../core/item.ts';
import { etag, type Etag, type Fetched, type Href } from '../core/storage.ts';
import { decodeUtf8 } from '../core/text.ts';
import type { Exchange, Manner } from '../http/guarded-fetch.ts';
import { Oversized, refusalError, statusOf } from '../http/refusal.ts';
import { ETAG } from './dialect.ts';
import type { Entry } from './multistatus.ts';
import { itemPath, type Site, urlOf } from './site.ts';

/**
 * Checks off wanted hrefs against a part of an answer with data. Zoho caps its answers without a word, DAViCal leaves out what is
 * gone: an entry that is missing means nothing.
 * @param open what is still wanted, by itself; loses what was answered for
 */
export function takeEntries(site: Site, open: Map<string, Href>, entries: readonly Entry[]): Fetched[] {
  const fetched: Fetched[] = [];
  for (const entry of entries) {
    const href = open.get(itemPath(site, entry.href) ?? '');
    const outcome = href && readEntry(site, href, entry);
    if (href === undefined || outcome === undefined) continue;
    open.delete(href);
    if (outcome !== 'gone') fetched.push(outcome);
  }
  return fetched;
}

/** `undefined`: says nothing of use. */
function readEntry(site: Site, href: Href, entry: Entry): Fetched | 'gone' | undefined {
  const { status = 200, conditions, description } = entry;
  if (status === 404 || status === 410) return 'gone';
  if (status >= 300) {
    const error = refusalError({ what: `reading ${href}`, status, conditions, words: description });
    return { type: 'unreadable', href, error };
  }
  const tag = entry.prop.child('getetag')?.text();
  const data = entry.prop.child(site.dialect.data.read)?.leaf();
  // Bytes that are not UTF-8 cannot be told from an answer in XML; the item by itself shows what they are.
  if (data === undefined || data.damaged || tag === undefined || tag === '') return undefined;
  const error = tooLarge(site, href, Buffer.byteLength(data.text));
  if (error) return { type: 'unreadable', href, error };
  return { type: 'item', href, etag: etag(tag), item: parseItem(site.dialect.kind, data.text) };
}

/** One item by itself; `undefined` when it is gone. What this one item is refused for does not hold up the others. */
export async function fetchOne(site: Site, href: Href, signal?: AbortSignal): Promise<Fetched | undefined> {
  const manner: Manner = { limit: 'item', signal };
  const url = urlOf(site, href);
  try {
    const exchange = await site.client.get(url, manner);
    const known = headerEtag(exchange);
    if (known !== undefined) return toFetched(site, href, known, exchange);
    // The etag first: should the item change in between, the next listing shows an etag that is not the one kept here.
    const asked = await readEtag(site, href, manner);
    if (asked === undefined) throw new InvalidItemError(`${href}: the server gives no etag for it`);
    return toFetched(site, href, asked, await site.client.get(url, manner));
  } catch (error) {
    if (!(error instanceof PimsyncError) || !concernsOneItem(error)) throw error;
    const status = statusOf(error);
    return status === 404 || status === 410 ? undefined : { type: 'unreadable', href, error };
  }
}

/** The etag of an item as listings show it; `undefined` when the server has none. @throws NotFoundError */
export async function readEtag(site: Site, href: Href, manner: Manner): Promise<Etag | undefined> {
  const reply = await site.client.propfind(urlOf(site, href), ETAG, '0', manner);
  const [entry] = reply.entries;
  if (entry?.status !== undefined && entry.status >= 300)
    throw refusalError({ what: `PROPFIND ${href}`, status: entry.status });
  const tag = entry?.prop.child('getetag')?.text();
  return tag === undefined || tag === '' ? undefined : etag(tag);
}

/**
 * The etag in the header of an answer. Servers and proxies mark it where they compressed the answer, as `W/"x"`, `"x-gzip"` or
 * `"x;gzip"`; listings show it without.
 */
export function headerEtag({ answer }: Exchange): Etag | undefined {
  const text = answer.headers
    .get('etag')
    ?.trim()
    .replace(/^W\//, '')
    .replace(/[-;]gzip"$/, '"');
  return text === undefined || text === '' ? undefined : etag(text);
}

function toFetched(site: Site, href: Href, tag: Etag, { answer }: Exchange): Fetched {
  const error = tooLarge(site, href, answer.body.length);
  if (error) return { type: 'unreadable', href, error };
  const item = parseItem(site.dialect.kind, decodeUtf8(answer.body, href));
  return { type: 'item', href, etag: tag, item };
}

const tooLarge = ({ maxItemBytes }: Site, href: Href, bytes: number): InvalidItemError | undefined =>
  bytes <= maxItemBytes
    ? undefined
    : new InvalidItemError(
        `${href} has ${bytes} bytes, and items of more than ${maxItemBytes} are not carried; make it smaller (attachments, pictures) or raise max_item`,
      );

/** A wrong password, a dead network and a busy server concern all. */
function concernsOneItem(error: PimsyncError): boolean {
  if (error instanceof InvalidItemError || error.cause instanceof Oversized) return true;
  const status = statusOf(error);
  return status !== undefined && status !== 401 && status !== 429 && !(status >= 502 && status <= 504);
}
