import { EmptiedError, ReadOnlyError } from '../core/errors.ts';
import { otherSide, type Side, type StatusStore, type Version } from '../core/status.ts';
import type { Collection, CollectionInfo, Href, ItemRef, Storage } from '../core/storage.ts';
import type { Remove, Write } from './action.ts';
import { FEW, WITHIN_MS } from './hold.ts';
import { inParallel } from './in-parallel.ts';
import { Known } from './known.ts';
import { Ledger } from './ledger.ts';
import { toChange, toTitled } from './notes.ts';
import { OpenLeftovers } from './open-leftovers.ts';
import type { SyncOptions } from './pair.ts';
import type { Change } from './report.ts';

/** A collection that both sides had, and of which one is gone: deleted there, or renamed. */
export interface GoneJob {
  /** `PAIR/COLLECTION`. */
  readonly place: string;
  readonly from: Side;
  /** What the other side still has. */
  readonly left: {
    readonly storage: Storage;
    readonly info: CollectionInfo;
    readonly collection: Collection;
  };
  /** Of the items that both had. */
  readonly status: StatusStore;
  readonly onEmpty: 'skip' | 'sync';
  /** It was seen being removed; else it is only missing. */
  readonly wasSeen: boolean;
  /** Nothing can be brought back to side a then. */
  readonly oneWay: boolean;
  readonly options: SyncOptions;
}

/**
 * Deletes the other side of a collection that is gone: its items as far as nobody changed them since, then itself. Only where there is
 * nothing in it, where it was seen being removed with a few items, or where a person said so: a folder that was not mounted is gone too.
 * @returns the deletions of items, done or in a dry run planned
 * @throws EmptiedError when that needs a person's word
 */
export async function deleteAlong(job: GoneJob): Promise<Change[]> {
  const { from, left, status, options } = job;
  const on = otherSide(from);
  const removals = await removalsOf(job);
  if (left.info.readOnly)
    throw new ReadOnlyError(
      `the collection is gone from side ${from}, and side ${on} is read-only${orAnew(job)}`,
    );
  if (removals.length > 0 && !isMeant(job, removals.length)) throw needsWord(job, removals.length);
  const known = new Known(status);
  const changes: Change[] = [];
  if (options.dryRun) return removals.map((action) => toChange(action, action.target.href));
  const sources = { kind: left.info.kind, status };
  const onDone = (write: Write, href: Href): void =>
    void changes.push(options.titled === true ? toTitled(write, href, sources) : toChange(write, href));
  const ledger = new Ledger({
    status,
    known,
    leftovers: new OpenLeftovers(status, options.clock),
    clock: options.clock,
    onDone,
  });
  await inParallel(left.collection.parallelWrites, removals, async (action) => {
    options.signal?.throwIfAborted();
    await left.collection.remove(action.target, options.signal);
    ledger.removed(action);
  });
  await left.storage.deleteCollection(left.info, options.signal);
  return changes;
}

function isMeant({ from, wasSeen, onEmpty, options, status }: GoneJob, count: number): boolean {
  if (onEmpty === 'sync' || options.allowEmpty) return true;
  const recent = status.removedSince(otherSide(from), options.clock.nowMs() - WITHIN_MS);
  if (wasSeen && count + recent <= FEW && !status.unfinished().some(({ type }) => type === 'held'))
    return true;
  return options.deletions === 'confirm' && !wasAskedOther(status, options);
}

/**
 * Whether the word was on deletions in the collection, before it was gone as a whole: that is another question, and it is put first.
 * What was held back is off the record then, so that the next word is on this one.
 */
function wasAskedOther(status: StatusStore, { clock, dryRun }: SyncOptions): boolean {
  const unfinished = status.unfinished();
  const others = unfinished.filter(({ type }) => type !== 'held');
  if (others.length === unfinished.length) return false;
  const run = { a: status.progress('a'), b: status.progress('b'), unfinished: others, atMs: clock.nowMs() };
  if (!dryRun) status.finish(run);
  return true;
}

const orAnew = ({ oneWay, place, from }: GoneJob): string =>
  oneWay ? '' : `; "pimsync discard ${place}" makes it anew on ${from}`;

function needsWord(job: GoneJob, count: number): EmptiedError {
  const { place, from, left } = job;
  return new EmptiedError(
    `the collection is gone from side ${from}, and ${left.storage.name} (side ${otherSide(from)}) still has ${count === 1 ? '1 item' : `${count} items`} in it; ` +
      `nothing was changed. "pimsync confirm ${place}" deletes it there too${orAnew(job)}`,
  );
}

/** @throws EmptiedError when something in it is new or was changed since both sides agreed: an edit outlives a deletion */
async function removalsOf(job: GoneJob): Promise<Remove[]> {
  const { from, left, status, options } = job;
  const on = otherSide(from);
  const { changed, unclear, outside = [] } = await left.collection.changes(undefined, options.signal);
  const synced = new Map<Href, { readonly ident: Remove['ident']; readonly version: Version }>();
  for (const row of status.all()) synced.set(row[on].href, { ident: row.ident, version: row[on] });
  const isKnown = ({ href, etag }: ItemRef): boolean => synced.get(href)?.version.etag === etag;
  const others = changed.filter((ref) => !isKnown(ref)).length + unclear.length;
  if (others > 0)
    throw new EmptiedError(
      `the collection is gone from side ${from}, but ${others === 1 ? '1 item in it was' : `${others} items in it were`} made or changed on side ${on} since; nothing was changed. ` +
        `Move or delete what is to go${orAnew(job)}`,
    );
  if (outside.length > 0)
    throw new EmptiedError(
      `the collection is gone from side ${from}, but ${outside.length} items in it are outside of the window of side ${on}; nothing was changed. ` +
        `Delete it there by other means${orAnew(job)}`,
    );
  return changed.flatMap(({ href }) => {
    const known = synced.get(href);
    return known ? [{ type: 'remove', on, ident: known.ident, target: known.version }] : [];
  });
}
