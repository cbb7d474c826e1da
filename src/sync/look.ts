import type { Side } from '../core/status.ts';
import type { Changes, Href, SyncToken } from '../core/storage.ts';
import type { Action, Write } from './action.ts';
import { bothSides, SIDES } from './both-sides.ts';
import type { CollectionJob } from './collection-job.ts';
import { type Delta, takeDelta } from './delta.ts';
import { FirstFill } from './first-fill.ts';
import { isCompleteDue, isUnchanged } from './freshness.ts';
import { tellsOfEdits, tellsOfPlaces } from './heard.ts';
import { Known } from './known.ts';
import { findLanded } from './landed.ts';
import { readListing } from './listing.ts';
import { planCollection } from './plan.ts';
import type { TextPool } from './text-pool.ts';

/** What a look at both sides of a collection found. */
export interface Look {
  /** What would bring them to agree, if everything could be done. */
  readonly planned: readonly Action[];
  readonly deltas: Readonly<Record<Side, Delta>>;
  readonly known: Known;
  readonly pool: TextPool;
  /** Sides that told of anything new. They may have got it after discovery told of their states. */
  readonly news: ReadonlySet<Side>;
}

export interface Looking {
  /** What discovery told of states still holds: nothing was written since. */
  readonly isFirst: boolean;
  /** Sides that are listed in full in any case. */
  readonly relist: ReadonlySet<Side>;
  /** Told of what a first fill has written already. Absent: nothing may be written yet. */
  readonly onDone?: (write: Write, href: Href) => void;
  /** Takes what is read; what was in it before is forgotten. */
  readonly pool: TextPool;
}

/** Looks at both sides. Changes nothing, unless it is a first fill. */
export async function lookAt(job: CollectionJob, looking: Looking): Promise<Look> {
  const { relist, onDone, isFirst, pool } = looking;
  const { status, options, collections, name } = job;
  const known = new Known(status);
  pool.clear();
  options.onProgress?.({ type: 'listing', collection: name, done: 0, total: 0 });
  const listings = await bothSides(async (side) => {
    const isSame = isFirst && !relist.has(side) && isUnchanged(job, side);
    const answer = isSame
      ? nothingNew(status.progress(side).token)
      : await ask(job, side, { isComplete: relist.has(side), isFirstCopy: known.isBlank });
    return readListing(answer, side, known);
  });
  const news = new Set(SIDES.filter((side) => tellsOfPlaces(listings[side], side, known)));
  const deltas = await bothSides((side) =>
    takeDelta({
      side,
      collection: collections[side],
      known,
      listing: listings[side],
      heldToken: status.progress(side).token,
      pool,
      fill: onDone && FirstFill.of(side, { job, known, listings, pool, onDone }),
      signal: options.signal,
      onFetch: (done, total) => options.onProgress?.({ type: 'fetching', collection: name, done, total }),
    }),
  );
  for (const side of SIDES) if (tellsOfEdits(deltas[side], side, known)) news.add(side);
  const input = { ...deltas, known };
  const landed = await findLanded({ ...input, status, collections, pool, signal: options.signal });
  return { planned: planCollection({ ...input, landed, oneWay: job.oneWay }), deltas, known, pool, news };
}

/** Where discovery has told that nothing changed, asking again would cost a request for each collection of a quiet account. */
const nothingNew = (token: SyncToken | undefined): Changes => ({
  complete: false,
  changed: [],
  removed: [],
  unclear: [],
  token,
});

/** Asks one side what changed since it was last read. */
async function ask(
  job: CollectionJob,
  side: Side,
  { isComplete, isFirstCopy }: { readonly isComplete: boolean; readonly isFirstCopy: boolean },
): Promise<Changes> {
  const { collections, status, options } = job;
  const token = isComplete || isCompleteDue(job, side) ? undefined : status.progress(side).token;
  const answer = await collections[side].changes(
    token,
    options.signal,
    isFirstCopy ? 'first copy' : undefined,
  );
  options.signal?.throwIfAborted();
  return answer;
}
