import type { Collection, Href, ItemRef, SyncToken } from '../core/storage.ts';
import type { Side } from '../core/status.ts';
import { findDamaged } from './damage.ts';
import type { FirstFill } from './first-fill.ts';
import { identify, type Identified, type Unserved } from './identify.ts';
import { type Known, type KnownItem, UNREAD } from './known.ts';
import type { Listing } from './listing.ts';
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
  /** What the collection answered when it was asked for changes. */
  readonly listing: Listing;
  /** Where to stay when the answer cannot be dealt with in full. */
  readonly heldToken: SyncToken | undefined;
  readonly pool: TextPool;
  /** Takes over what can be written at once. */
  readonly fill: FirstFill | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onFetch: (done: number, total: number) => void;
}

/** How many items are written together while others are still being read; fewer are left to the plan. */
const FILL_CHUNK = 100;

/** Fetches what is not known under the etag it has now, and finds out what it is. */
export async function takeDelta(input: DeltaInput): Promise<Delta> {
  const { side, known, listing, heldToken, collection } = input;
  const fetches = await fetchStale(listing, input);
  const damaged = findDamaged({ side, kind: collection.info.kind, known, gone: listing.gone, ...fetches });
  const identified = identify({ side, known, listing, damaged, ...fetches });
  return {
    ...identified,
    complete: listing.complete,
    // Nothing of an unclear resource could be left over, not even an etag: only asking again from the same point will tell more.
    token: listing.unclear.length > 0 ? heldToken : listing.token,
  };
}

interface Fetches {
  readonly found: readonly KnownItem[];
  /** Where a text was read that is not whole. */
  readonly broken: ReadonlySet<Href>;
  readonly unserved: ReadonlyMap<Href, Unserved>;
}

async function fetchStale({ stale }: Listing, input: DeltaInput): Promise<Fetches> {
  const { side, collection, pool, fill, signal, onFetch } = input;
  const found: KnownItem[] = [];
  const broken = new Set<Href>();
  let read: KnownItem[] = [];
  let done = 0;
  const unserved = new Map([...stale].map(([href, etag]) => [href, notServed({ href, etag })]));
  if (stale.size === 0) return { found, broken, unserved };
  onFetch(0, stale.size);
  // In order: what is written together then lies together in a database, which makes a first fill twice as fast.
  for await (const fetched of collection.fetch([...stale.keys()].toSorted(), signal)) {
    const { href } = fetched;
    const waiting = unserved.get(href);
    if (!waiting) continue;
    if (fetched.type === 'unreadable') {
      const { message, retryable } = fetched.error;
      unserved.set(href, { ...waiting, reason: message, settled: !retryable });
      continue;
    }
    unserved.delete(href);
    const { item, etag } = fetched;
    if (!item.whole) broken.add(href);
    read.push({ ident: item.ident, version: { href, etag, hash: item.hash } });
    pool.add(side, href, item);
    onFetch((done += 1), stale.size);
    if (fill && read.length === FILL_CHUNK) {
      found.push(...(await fill.write(read)));
      read = [];
    }
  }
  signal?.throwIfAborted();
  return { found: [...found, ...read], broken, unserved };
}

const notServed = (ref: ItemRef): Unserved => ({
  reason: `${ref.href} is listed, but was not handed out when asked for`,
  settled: false,
  version: { ...ref, hash: UNREAD },
});
