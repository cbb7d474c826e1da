import type { Collection, Href, ItemRef, SyncToken } from '../core/storage.ts';
import type { Side } from '../core/status.ts';
import { identify, type Identified, type Unserved } from './identify.ts';
import { type Known, type KnownItem, UNREAD } from './known.ts';
import { type Listing, readListing } from './listing.ts';
import type { TextPool } from './text-pool.ts';

/** What is different on one side since it was last read, in one form for complete and incremental answers. */
export interface Delta extends Identified {
  /** It came from a listing of all there is. */
  readonly complete: boolean;
  /** From where to ask on once this delta was dealt with. */
  readonly token: SyncToken | undefined;
}

export interface DeltaInput {
  readonly side: Side;
  readonly collection: Collection;
  readonly known: Known;
  /** `undefined` asks for everything. */
  readonly token: SyncToken | undefined;
  /** Where to stay when the answer cannot be dealt with in full. */
  readonly heldToken: SyncToken | undefined;
  readonly pool: TextPool;
  readonly signal: AbortSignal | undefined;
  readonly onFetch: (done: number, total: number) => void;
}

/** Asks one side what changed and fetches only what is not known under the etag it has now. */
export async function takeDelta(input: DeltaInput): Promise<Delta> {
  const { collection, side, known, token, heldToken, signal } = input;
  const listing = readListing(await collection.changes(token, signal), side, known);
  signal?.throwIfAborted();
  const identified = identify({ side, known, listing, ...(await fetchStale(listing, input)) });
  return {
    ...identified,
    complete: listing.complete,
    // Nothing of an unclear resource could be left over, not even an etag: only asking again from the same point will tell more.
    token: listing.unclear.length > 0 ? heldToken : listing.token,
  };
}

interface Fetches {
  readonly found: readonly KnownItem[];
  readonly unserved: ReadonlyMap<Href, Unserved>;
}

async function fetchStale({ stale }: Listing, input: DeltaInput): Promise<Fetches> {
  const { side, collection, pool, signal, onFetch } = input;
  const found: KnownItem[] = [];
  const unserved = new Map([...stale].map(([href, etag]) => [href, notServed({ href, etag })]));
  if (stale.size === 0) return { found, unserved };
  onFetch(0, stale.size);
  for await (const fetched of collection.fetch([...stale.keys()], signal)) {
    const { href } = fetched;
    const waiting = unserved.get(href);
    if (!waiting) continue;
    if (fetched.type === 'unreadable') {
      const { message, retryable } = fetched.error;
      unserved.set(href, { ...waiting, reason: message, settled: !retryable });
      continue;
    }
    unserved.delete(href);
    found.push({ ident: fetched.item.ident, version: { href, etag: fetched.etag, hash: fetched.item.hash } });
    pool.add(side, href, fetched.item);
    onFetch(found.length, stale.size);
  }
  signal?.throwIfAborted();
  return { found, unserved };
}

const notServed = (ref: ItemRef): Unserved => ({
  reason: `${ref.href} is listed, but was not handed out when asked for`,
  settled: false,
  version: { ...ref, hash: UNREAD },
});
