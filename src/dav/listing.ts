import { PimsyncError, ServerError } from '../core/errors.ts';
import { EXTENSION } from '../core/item-name.ts';
import { etag, href, type Href, type ItemRef, type UnclearRef } from '../core/storage.ts';
import type { Manner } from '../http/guarded-fetch.ts';
import { refusalError } from '../http/refusal.ts';
import type { Parts } from './client.ts';
import { ETAG, queryReport } from './dialect.ts';
import { asCollectionPath, readHref } from './href-path.ts';
import type { Element, Entry } from './multistatus.ts';
import { itemPath, type Site, urlOf } from './site.ts';

/** Hrefs outside of the collection can be anything. */
const MAX_TOLD = 200;

/** What has the extension of the other kind is no item, as in folders. */
const OTHER_EXTENSION = { calendar: EXTENSION.contact, contact: EXTENSION.calendar } as const;

/** What one answer says of the items in a collection. */
export interface Listing {
  readonly changed: ReadonlyMap<Href, ItemRef>;
  readonly removed: ReadonlySet<Href>;
  readonly unclear: ReadonlyMap<Href, UnclearRef>;
  /** How many of `unclear` are said to lie outside of the collection: what is missing may be meant by that, and is not gone. */
  readonly foreign: number;
  /** The server says that this is not all (507; RFC 6578, 3.6; RFC 6352, 8.6.2). */
  readonly cut: boolean;
  readonly syncToken: string | undefined;
}

/** Everything that is in the collection, for servers without sync-collection. */
export async function listAll(site: Site, manner: Manner): Promise<Listing> {
  return (await listByQuery(site, manner)) ?? (await listByPropfind(site, manner));
}

/**
 * Many times faster than PROPFIND on Radicale (docs/facts.md, D16), but iCloud answers it with nothing, some servers not at all:
 * `undefined` asks for the other way.
 */
async function listByQuery(site: Site, manner: Manner): Promise<Listing | undefined> {
  try {
    const url = urlOf(site, site.info.href);
    const listing = await readListing(
      site,
      site.client.report(url, queryReport(site.dialect, ETAG), '1', manner),
    );
    return listing.changed.size > 0 && listing.unclear.size <= listing.foreign && !listing.cut
      ? listing
      : undefined;
  } catch (error) {
    if (!(error instanceof PimsyncError) || error.code === 'auth' || error.code === 'unreachable')
      throw error;
    return undefined;
  }
}

async function listByPropfind(site: Site, manner: Manner): Promise<Listing> {
  const props = { ...ETAG, 'd:resourcetype': {} };
  const listing = await readListing(site, site.client.listing(urlOf(site, site.info.href), props, manner));
  if (listing.cut) throw refusalError({ what: `PROPFIND ${site.info.href}`, status: 507 });
  return listing;
}

/** @throws ServerError when the answer speaks of other places only, as behind a proxy that changes paths */
export async function readListing(site: Site, parts: Parts): Promise<Listing> {
  const sorter = new Sorter(site);
  let syncToken: string | undefined;
  for await (const part of parts) {
    for (const entry of part.entries) sorter.take(entry);
    syncToken ??= part.syncToken;
  }
  return { ...sorter.finish(), syncToken };
}

class Sorter {
  readonly #site: Site;
  readonly #sorted: Sorted = { changed: new Map(), removed: new Set(), unclear: new Map() };
  #foreign: string | undefined;
  readonly #elsewhere: UnclearRef[] = [];
  #refusal: Entry | undefined;
  #count = 0;
  #cut = false;

  constructor(site: Site) {
    this.#site = site;
  }

  take(entry: Entry): void {
    this.#count += 1;
    const path = itemPath(this.#site, entry.href);
    if (path === undefined) this.#takeOther(entry);
    // Xandikos 0.2.8 takes address cards into calendars; in a folder of events nobody could read them.
    else if (path.endsWith(OTHER_EXTENSION[this.#site.info.kind])) return;
    else if (!entry.prop.child('resourcetype')?.has('collection')) {
      sortIn(this.#sorted, href(path), entry);
      this.#keepData(href(path), entry.prop);
    }
  }

  finish(): Omit<Listing, 'syncToken'> {
    const what = `listing ${this.#site.info.href}`;
    const { changed, removed, unclear } = this.#sorted;
    // Xandikos 0.2.8 says that a collection is gone with 207, 404 inside, and a mangled href; that is not an empty one.
    if (this.#refusal && (this.#count === 1 || isCollection(this.#site, this.#refusal)))
      throw refusalError({ what, status: this.#refusal.status ?? 500, conditions: this.#refusal.conditions });
    if (this.#foreign !== undefined && changed.size + removed.size + unclear.size === 0)
      throw new ServerError(
        `${what}: the server speaks of ${JSON.stringify(this.#foreign.slice(0, 200))}, which is not in this ` +
          'collection; is there a proxy that changes paths?',
      );
    for (const ref of this.#elsewhere) unclear.set(ref.href, ref);
    return { ...this.#sorted, foreign: this.#elsewhere.length, cut: this.#cut };
  }

  /** Only there when it was asked for, and only with servers that send it with a list of changes. */
  #keepData(at: Href, prop: Element): void {
    const { dialect, fresh } = this.#site;
    const data = prop.child(dialect.data.read)?.leaf();
    const known = this.#sorted.changed.get(at);
    if (known && data && !data.damaged) fresh.keep(at, { etag: known.etag, text: data.text });
    else fresh.forget(at);
  }

  /** The collection itself, folders in it, and what lies elsewhere. */
  #takeOther(entry: Entry): void {
    const { status = 200 } = entry;
    if (status === 507) this.#cut = true;
    else if (status >= 300 && (!this.#refusal || isCollection(this.#site, entry))) this.#refusal = entry;
    if (isFolder(this.#site, entry)) return;
    this.#foreign ??= entry.href;
    if (status < 300) this.#elsewhere.push(foreignRef(entry));
  }
}

/** Told like an item of ours, and never asked for. */
function foreignRef({ href: text }: Entry): UnclearRef {
  const at = href(text.slice(0, MAX_TOLD));
  return {
    href: at,
    ident: undefined,
    reason: `the server lists ${at}, which is not directly in this collection; it is passed over`,
    weight: 'problem',
  };
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
  if (code === undefined || code === 404)
    return 'the server gives no etag for it, so that changes cannot be told';
  return `the server answered ${code} for it${words === '' ? '' : ` (${words})`}`;
}

/** What may stand in an answer beside the items: nothing to wonder about. */
function isFolder(site: Site, entry: Entry): boolean {
  const path = readHref(entry.href, site.info.href)?.path;
  return path !== undefined && (path.endsWith('/') || isCollection(site, entry));
}

function isCollection({ info }: Site, entry: Entry): boolean {
  const path = readHref(entry.href, info.href)?.path;
  return path !== undefined && asCollectionPath(path) === info.href;
}
