import type { Ident } from '../core/item.ts';
import type { Changes, Etag, Href, SyncToken, UnclearRef } from '../core/storage.ts';
import type { Side } from '../core/status.ts';
import { type Known, UNREAD } from './known.ts';

/** What an answer to `changes` leaves to be done, in one form for complete and incremental answers. */
export interface Listing {
  /** To be fetched, with the etags listed. */
  readonly stale: ReadonlyMap<Href, Etag>;
  /** Known places that are empty now, with what was there. */
  readonly gone: ReadonlyMap<Href, Ident>;
  readonly unclear: readonly UnclearRef[];
  readonly complete: boolean;
  readonly token: SyncToken | undefined;
}

/** Compares an answer with what is known. Pure, but for reading the status. */
export function readListing(answer: Changes, side: Side, known: Known): Listing {
  const doubtful = new Set(answer.unclear.map(({ href }) => href));
  const outside = new Set(answer.outside);
  const changed = new Map(answer.changed.map(({ href, etag }) => [href, etag]));
  for (const href of doubtful) changed.delete(href);
  const left = answer.complete
    ? known.all(side)
    : answer.removed.flatMap((href) => known.at(side, href) ?? []);
  const gone = new Map<Href, Ident>();
  for (const { ident, version } of left)
    if (![changed, doubtful, outside].some((there) => there.has(version.href))) gone.set(version.href, ident);
  const stale = findStale(changed, side, known);
  for (const { version } of known.unread(side)) {
    const { href, etag } = version;
    if (!changed.has(href) && !gone.has(href) && !doubtful.has(href)) stale.set(href, etag);
  }
  return { stale, gone, unclear: answer.unclear, complete: answer.complete, token: answer.token };
}

/** What is listed under another etag than the known one. */
function findStale(changed: ReadonlyMap<Href, Etag>, side: Side, known: Known): Map<Href, Etag> {
  const stale = new Map<Href, Etag>();
  for (const [href, etag] of changed) {
    const before = known.at(side, href)?.version;
    if (before?.etag !== etag || before.hash === UNREAD) stale.set(href, etag);
  }
  return stale;
}
