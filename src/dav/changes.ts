import { PimsyncError, ServerError, UnreachableError } from '../core/errors.ts';
import type { Changes, Href, ItemRef, SyncToken, UnclearRef } from '../core/storage.ts';
import { isBrokenConnection } from '../http/connection-error.ts';
import type { Manner } from '../http/guarded-fetch.ts';
import { statusOf } from '../http/refusal.ts';
import type { XmlContent } from './client.ts';
import { dataProps, ETAG, syncReport } from './dialect.ts';
import { MAX_CHANGED_CHARS, MAX_COPIED_CHARS } from './fresh-items.ts';
import { listAll, type Listing, readListing } from './listing.ts';
import { type Position, readToken, toToken } from './position.ts';
import { type Site, urlOf } from './site.ts';
import { isTooMuch } from './too-much.ts';

/** How long a server that cannot do sync-collection is not asked again. */
const NO_SYNC_MS = 24 * 60 * 60 * 1000;
/** Against a server that never comes to an end. Cyrus pages by 10,000 at most. */
const MAX_PAGES = 1000;

/**
 * The ladder of asking (docs/facts.md, P3): sync-collection from the token; sync-collection from the start; nothing, when the ctag is
 * still the same; a listing by query; a listing by PROPFIND.
 * @param isFirstCopy whether to ask for all texts along with the list, where the server may do that
 */
export async function changesSince(
  site: Site,
  token: SyncToken | undefined,
  isFirstCopy: boolean,
  signal?: AbortSignal,
): Promise<Changes> {
  const manner: Manner = { limit: 'report', signal };
  site.fresh.clear(MAX_CHANGED_CHARS);
  const position = readToken(token);
  const mayAsk = !knowsNoSync(site);
  if (mayAsk && position?.by === 'sync') {
    const changes = await syncFrom(site, position.value, manner);
    if (changes) return changes;
    site.log.info({ collection: site.info.href }, 'sync token refused, listing everything');
  }
  const copied = mayAsk && isFirstCopy ? await copyFromStart(site, manner) : undefined;
  const listed = copied ?? (mayAsk ? await syncFromStart(site, manner) : undefined);
  return listed ?? (await listUnlessSame(site, position, manner));
}

/** `undefined`: the token is not accepted, whatever status the server says that with (docs/facts.md, D14). */
async function syncFrom(site: Site, token: string, manner: Manner): Promise<Changes | undefined> {
  try {
    return await syncCollection(site, token, { props: dataProps(site.dialect), manner });
  } catch (error) {
    if (!mayBeTheToken(error)) throw error;
    return undefined;
  }
}

/**
 * Radicale sends the texts along with the list from the start, in a fraction of the time of multigets; Xandikos and sabre leave them
 * out. `undefined`: the list is to be had without them, if at all.
 */
async function copyFromStart(site: Site, manner: Manner): Promise<Changes | undefined> {
  site.fresh.clear(MAX_COPIED_CHARS);
  try {
    return await syncCollection(site, '', { props: dataProps(site.dialect), manner });
  } catch (error) {
    if (!isTooMuch(error) && !mayBeTheToken(error)) throw error;
    site.fresh.clear(MAX_CHANGED_CHARS);
    return undefined;
  }
}

/** `undefined`: not here. What the server has no notion of is remembered; what merely failed is not. */
async function syncFromStart(site: Site, manner: Manner): Promise<Changes | undefined> {
  try {
    return await syncCollection(site, '', { props: ETAG, manner });
  } catch (error) {
    if (meansSomethingElse(error)) throw error;
    if ([400, 403, 405, 415, 501].includes(statusOf(error) ?? 0)) rememberNoSync(site);
    return undefined;
  }
}

/** Some servers drop the connection or send a page of HTML; a listing from the start then shows whether it was the token. */
const mayBeTheToken = (error: unknown): boolean =>
  !meansSomethingElse(error) ||
  (error instanceof ServerError && statusOf(error) === undefined) ||
  (error instanceof UnreachableError && isBrokenConnection(error.cause));

/** Errors that say nothing about tokens: wrong password, collection gone, busy, no network, an answer that was cut short. */
function meansSomethingElse(error: unknown): boolean {
  const status = statusOf(error);
  return (
    status === undefined ||
    status === 401 ||
    status === 404 ||
    status === 429 ||
    (status >= 502 && status <= 504)
  );
}

/** All pages: an entry of 507 for the collection means that there is more, from the token that came with it (RFC 6578, 3.6). */
async function syncCollection(
  site: Site,
  from: string,
  { props, manner }: { readonly props: XmlContent; readonly manner: Manner },
): Promise<Changes | undefined> {
  const known: Known = { changed: new Map(), removed: new Set(), unclear: new Map(), foreign: 0 };
  let token = from;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const parts = site.client.report(urlOf(site, site.info.href), syncReport(token, props), '0', manner);
    const listing = await readListing(site, parts);
    const next = listing.syncToken;
    if (next === undefined || next === '') return undefined;
    takePage(known, listing);
    if (!listing.cut) return toChanges(known, from === '', { by: 'sync', value: next });
    if (next === token) break;
    token = next;
  }
  throw new ServerError(`REPORT ${site.info.href}: the server's list of changes does not come to an end`);
}

interface Known {
  readonly changed: Map<Href, ItemRef>;
  readonly removed: Set<Href>;
  readonly unclear: Map<Href, UnclearRef>;
  foreign: number;
}

/** A later page tells what happened after an earlier one, so it wins. */
function takePage(known: Known, { changed, removed, unclear, foreign }: Listing): void {
  known.foreign += foreign;
  for (const href of [...changed.keys(), ...removed, ...unclear.keys()]) {
    known.changed.delete(href);
    known.removed.delete(href);
    known.unclear.delete(href);
  }
  for (const [href, ref] of changed) known.changed.set(href, ref);
  for (const href of removed) known.removed.add(href);
  for (const [href, ref] of unclear) known.unclear.set(href, ref);
}

async function listUnlessSame(site: Site, position: Position | undefined, manner: Manner): Promise<Changes> {
  // Before the listing: one read after it could hide a change that came in between.
  const ctag = await readCtag(site, manner);
  if (ctag !== undefined && position?.by === 'ctag' && position.value === ctag)
    return { complete: false, changed: [], removed: [], unclear: [], token: toToken(position) };
  const next: Position | undefined = ctag === undefined ? undefined : { by: 'ctag', value: ctag };
  return toChanges(await listAll(site, manner), true, next);
}

async function readCtag(site: Site, manner: Manner): Promise<string | undefined> {
  try {
    const reply = await site.client.propfind(urlOf(site, site.info.href), { 'cs:getctag': {} }, '0', manner);
    return reply.entries[0]?.prop.child('getctag')?.text();
  } catch (error) {
    // Only the short cut is lost; if the collection is gone, the listing will say so.
    if (error instanceof PimsyncError && statusOf(error) !== undefined && !meansSomethingElse(error))
      return undefined;
    throw error;
  }
}

/**
 * Radicale 3.1 names former deletions even in a list from the start; there, what is not listed is gone anyway. Unless it is listed
 * under another place: then this is no list of everything.
 */
const toChanges = (
  { changed, removed, unclear, foreign }: Pick<Listing, keyof Known>,
  complete: boolean,
  next: Position | undefined,
): Changes => ({
  complete: complete && foreign === 0,
  changed: [...changed.values()],
  removed: complete ? [] : [...removed],
  unclear: [...unclear.values()],
  token: next && toToken(next),
});

const memoKey = ({ info }: Site): string => `no-sync ${info.href}`;

const rememberNoSync = (site: Site): void => site.memo.set(memoKey(site), String(site.nowMs() + NO_SYNC_MS));

const knowsNoSync = (site: Site): boolean => Number(site.memo.get(memoKey(site)) ?? 0) > site.nowMs();
