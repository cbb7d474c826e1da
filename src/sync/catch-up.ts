import type { Side } from '../core/status.ts';
import type { Href, SyncToken } from '../core/storage.ts';
import { SIDES } from './both-sides.ts';
import type { CollectionJob } from './collection-job.ts';
import { Known } from './known.ts';
import { readListing } from './listing.ts';

/**
 * Moves tokens past our own writes. They were given before these, and an item that came and went after a token is in no later answer
 * of some servers (Xandikos 0.2.8), so a deletion of what we just stored would never be told. The mount's cache tells of every
 * deletion that it saw and needs none of this. States that were told before these writes are forgotten, as in `executeRound`.
 * @param written places that were stored to, by side
 */
export async function catchUp(
  job: CollectionJob,
  written: Readonly<Record<Side, ReadonlySet<Href>>>,
): Promise<void> {
  const { collections, status, options } = job;
  for (const side of SIDES.filter((side) => written[side].size > 0)) {
    const { token, state } = status.progress(side);
    const isBehind = token !== undefined && collections[side].deletions === 'inferred';
    const caughtUp = isBehind ? await newerToken(job, side, { token, written: written[side] }) : token;
    if (caughtUp === token && state === undefined) continue;
    const run = { a: status.progress('a'), b: status.progress('b'), unfinished: status.unfinished() };
    status.finish({ ...run, [side]: { token: caughtUp, state: undefined }, atMs: options.clock.nowMs() });
  }
}

/** @returns the token given when somebody else's changes are still to be read; undefined when everything has to be */
async function newerToken(
  { collections, status, options }: CollectionJob,
  side: Side,
  { token, written }: { readonly token: SyncToken; readonly written: ReadonlySet<Href> },
): Promise<SyncToken | undefined> {
  const answer = await collections[side].changes(token, options.signal);
  const { stale, gone, unclear } = readListing(answer, side, new Known(status));
  const isOurs = stale.size === 0 && gone.size === 0 && unclear.length === 0;
  if (!isOurs) return token;
  const told = new Set([...answer.changed.map(({ href }) => href), ...(answer.outside ?? [])]);
  // Stored a moment ago and not even mentioned: gone again, or not told; only a look at everything tells which.
  return [...written].every((href) => told.has(href)) ? answer.token : undefined;
}
