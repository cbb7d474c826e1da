import { PimsyncError, ServerError } from '../core/errors.ts';
import { etag, href, type Href, type ItemRef, type UnclearRef } from '../core/storage.ts';
import type { Reply } from './client.ts';
import { ETAG, queryReport } from './dialect.ts';
import type { Manner } from './guarded-fetch.ts';
import { readHref } from './href-path.ts';
import type { Entry } from './multistatus.ts';
import { refusalError } from './refusal.ts';
import { itemPath, type Site, urlOf } from './site.ts';

/** What one answer says of the items in a collection. */
export interface Listing {
  readonly changed: ReadonlyMap<Href, ItemRef>;
  readonly removed: ReadonlySet<Href>;
  readonly unclear: ReadonlyMap<Href, UnclearRef>;
}

/** Everything that is in the collection, for servers without sync-collection. */
export async function listAll(site: Site, manner: Manner): Promise<Listing> {
  return (await listByQuery(site, manner)) ?? (await listByPropfind(site, manner));
}

/**
 * Many times faster than PROPFIND on Radicale (notes, finding 16), but iCloud answers it with nothing, some servers not at all:
 * `undefined` asks for the other way.
 */
async function listByQuery(site: Site, manner: Manner): Promise<Listing | undefined> {
  try {
    const reply = await site.client.report(urlOf(site, site.info.href), queryReport(site.dialect, ETAG), '1', manner);
    const listing = readListing(site, reply);
    if (isCut(reply)) return undefined;
    return listing.changed.size > 0 && listing.unclear.size === 0 ? listing : undefined;
  } catch (error) {
    if (!(error instanceof PimsyncError) || error.code === 'auth' || error.code === 'unreachable') throw error;
    return undefined;
  }
}

async function listByPropfind(site: Site, manner: Manner): Promise<Listing> {
  const props = { ...ETAG, 'd:resourcetype': {} };
  const reply = await site.client.propfind(urlOf(site, site.info.href), props, '1', manner);
  if (isCut(reply)) throw refusalError({ what: `PROPFIND ${site.info.href}: listing`, status: 507 });
  return readListing(site, reply);
}

/** The server says that this is not all (RFC 6578, 3.6; RFC 6352, 8.6.2). */
export const isCut = ({ entries }: Reply): boolean => entries.some(({ status }) => status === 507);

/** @throws ServerError when the answer speaks of other places only, as behind a proxy that changes paths */
export function readListing(site: Site, reply: Reply): Listing {
  const changed = new Map<Href, ItemRef>();
  const removed = new Set<Href>();
  const unclear = new Map<Href, UnclearRef>();
  let foreign: string | undefined;
  for (const entry of reply.entries) {
    const path = itemPath(site, entry.href);
    if (path === undefined) {
      assertNoRefusal(site, entry, reply);
      if (!isFolder(site, entry)) foreign ??= entry.href;
    } else if (!entry.prop.child('resourcetype')?.has('collection')) {
      sortIn({ changed, removed, unclear }, href(path), entry);
    }
  }
  if (foreign !== undefined && changed.size + removed.size + unclear.size === 0)
    throw new ServerError(
      `listing ${site.info.href}: the server speaks of ${JSON.stringify(foreign.slice(0, 200))}, which is not in this ` +
        'collection; is there a proxy that changes paths?',
    );
  return { changed, removed, unclear };
}

/** Xandikos 0.2.8 says that a collection is gone with 207, 404 inside, and a mangled href; that must not look like an empty one. */
function assertNoRefusal(site: Site, { status = 200, href: text, conditions }: Entry, { entries }: Reply): void {
  const isCollection = readHref(text, site.info.href)?.path === site.info.href;
  if (status >= 300 && status !== 507 && (isCollection || entries.length === 1))
    throw refusalError({ what: `listing ${site.info.href}`, status, conditions });
}

interface Sorted {
  readonly changed: Map<Href, ItemRef>;
  readonly removed: Set<Href>;
  readonly unclear: Map<Href, UnclearRef>;
}

/** What is said twice is there if either says so: fetching will show, and only then is anything concluded. */
function sortIn({ changed, removed, unclear }: Sorted, at: Href, entry: Entry): void {
  const { status = 200 } = entry;
  const tag = entry.prop.child('getetag')?.text();
  if (status === 404 || status === 410) {
    if (!changed.has(at)) removed.add(at);
  } else if (status < 300 && tag !== undefined && tag !== '') {
    removed.delete(at);
    unclear.delete(at);
    changed.set(at, { href: at, etag: etag(tag) });
  } else if (!changed.has(at)) {
    unclear.set(at, { href: at, ident: undefined, reason: reasonOf(entry), weight: 'problem' });
  }
}

function reasonOf({ status = 200, failed, conditions, description }: Entry): string {
  const words = [...conditions, ...(description === undefined ? [] : [description])].join(': ').slice(0, 200);
  const code = status < 300 ? failed.get('getetag') : status;
  if (code === undefined || code === 404) return 'the server gives no etag for it, so that changes cannot be told';
  return `the server answered ${code} for it${words === '' ? '' : ` (${words})`}`;
}

/** The collection itself, folders in it, and whatever else is above: nothing to wonder about. */
function isFolder({ info }: Site, { href: text }: Entry): boolean {
  const path = readHref(text, info.href)?.path;
  return path !== undefined && (path.endsWith('/') || `${path}/` === info.href);
}
