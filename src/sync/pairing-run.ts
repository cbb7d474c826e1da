import { NotFoundError, PimsyncError } from '../core/errors.ts';
import { otherSide, type Side, type StatusStore } from '../core/status.ts';
import type { CollectionInfo } from '../core/storage.ts';
import { SIDES } from './both-sides.ts';
import {
  closeCollection,
  type CollectionResult,
  isOpen,
  type OpenCollection,
  openCollection,
} from './collection-run.ts';
import { assertNotRefused, noteGivenName, noteTrouble, propertiesFor } from './creation.ts';
import { emptyStatus } from './empty-status.ts';
import { isFirstRun } from './freshness.ts';
import { deleteAlong } from './gone.ts';
import { lossesIn } from './lost-properties.ts';
import type { Pair, SyncOptions } from './pair.ts';
import type { Pairing } from './pairing.ts';
import { type CollectionReport, NOTHING_DONE, toFailure } from './report.ts';
import { type PropertiesJob, syncProperties } from './sync-properties.ts';

/** Two collections whose items and properties are still to be brought to agree. */
export interface OpenPairing {
  readonly items: OpenCollection;
  readonly job: PropertiesJob;
  /** Sides on which the collection was made just now. */
  readonly created: readonly Side[];
}

/** Makes sure that both collections are there, and looks at them. A report tells that no more is to be done. */
export async function openPairing(
  pairing: Pairing,
  pair: Pair,
  options: SyncOptions,
): Promise<OpenPairing | CollectionReport> {
  const { name, goneFrom } = pairing;
  options.signal?.throwIfAborted();
  const created: Side[] = [];
  if (SIDES.some((side) => pairing[side].info?.passing === true))
    return { name, outcome: 'quiet', ...NOTHING_DONE };
  try {
    if (goneFrom.length > 0 && !isMadeAnew(pairing, pair, options)) {
      const report = await syncGone(pairing, pair, options);
      noteTrouble(pairing, pair, options);
      return report;
    }
    const missing = SIDES.filter((side) => !pairing[side].info);
    if (options.dryRun && missing.length > 0)
      return { name, outcome: 'planned', ...NOTHING_DONE, created: missing };
    forgetItems(pairing, pair, options);
    const a = await findOrCreate('a', pairing, pair, options);
    const infos = { a, b: await findOrCreate('b', pairing, pair, options) };
    if (goneFrom.length > 0 && pairing.mapping) pair.status.forget(pairing.mapping);
    created.push(...missing);
    noteTrouble(pairing, pair, options);
    return await openFound(pairing, infos, pair, { created, options });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof PimsyncError)) throw error;
    noteTrouble(pairing, pair, options, error);
    return { name, outcome: 'failed', ...NOTHING_DONE, created, error: toFailure(error) };
  }
}

/** Somebody said so, it is the copy that has to be what its original is, or a run that began to make it was killed. */
function isMadeAnew(
  { goneFrom, mapping }: Pairing,
  { oneWay, status }: Pair,
  { deletions }: SyncOptions,
): boolean {
  if (oneWay) return goneFrom.join() === 'b';
  return deletions === 'discard' || (mapping !== undefined && isBlank(status.open(mapping)));
}

/** Nothing was ever brought in step: what is missing was not deleted. */
const isBlank = (status: StatusStore): boolean =>
  isFirstRun(status) && status.count() === 0 && status.unfinished().length === 0;

/**
 * Before the collection is made anew: a run that is killed right after must not take it for one that was emptied. That the two belong
 * together stays known, so that the next run goes on.
 */
function forgetItems({ goneFrom, mapping }: Pairing, { status }: Pair, { clock }: SyncOptions): void {
  if (goneFrom.length === 0 || !mapping) return;
  status.forget(mapping);
  const unread = { token: undefined, state: undefined };
  status.open(mapping).finish({ a: unread, b: unread, unfinished: [], atMs: clock.nowMs() });
}

type Infos = Readonly<Record<Side, CollectionInfo>>;

async function openFound(
  pairing: Pairing,
  infos: Infos,
  pair: Pair,
  { created, options }: { readonly created: readonly Side[]; readonly options: SyncOptions },
): Promise<OpenPairing | CollectionReport> {
  const { name } = pairing;
  const job = {
    pair: pair.name,
    name,
    infos,
    collections: { a: pair.a.open(infos.a), b: pair.b.open(infos.b) },
    status: openStatus(pairing, infos, pair, options),
    onEmpty: pair.onEmpty,
    oneWay: pair.oneWay,
    noDelete: pair.noDelete,
    conflict: pair.conflict,
    options,
    storages: { a: pair.a, b: pair.b },
    properties: pair.properties,
  };
  if (created.length > 0) noteGivenName({ ...job, created });
  const items = await openCollection(job);
  return isOpen(items) ? { items, job, created } : finish(items, job, created);
}

/** Brings items and properties to agree. */
export const closePairing = async ({ items, job, created }: OpenPairing): Promise<CollectionReport> =>
  finish(await closeCollection(items), job, created);

/** Properties come last, as items show whether a side has lost what it lacks: an emptied one tells nothing by that. */
async function finish(
  items: CollectionResult,
  job: PropertiesJob,
  created: readonly Side[],
): Promise<CollectionReport> {
  const done = { name: job.name, ...NOTHING_DONE, created, ...items };
  if (items.error) return done;
  try {
    const { properties, notes } = await syncProperties(job, lossesIn(job, items));
    const outcome = items.outcome === 'quiet' && properties.length > 0 ? 'synced' : items.outcome;
    return { ...done, properties, notes, outcome };
  } catch (error) {
    job.options.signal?.throwIfAborted();
    if (!(error instanceof PimsyncError)) throw error;
    return { ...done, outcome: 'failed', error: toFailure(error) };
  }
}

/** It was on both sides once. */
async function syncGone(pairing: Pairing, pair: Pair, options: SyncOptions): Promise<CollectionReport> {
  const { name, mapping } = pairing;
  const place = `${pair.name}/${name}`;
  const quiet: CollectionReport = { name, outcome: 'quiet', ...NOTHING_DONE };
  const [from, alsoFrom] = pairing.goneFrom;
  if (from === undefined || !mapping || pair.onDelete === 'skip') return quiet;
  if (alsoFrom === undefined && pair.noDelete[otherSide(from)]) return quiet;
  if (alsoFrom !== undefined) {
    const note = `it was deleted on both sides; take it out of "collections", or let "pimsync discard ${place}" make it anew`;
    return { ...quiet, notes: [note] };
  }
  const on = otherSide(from);
  const { info } = pairing[on];
  if (!info) return quiet;
  const changes = await deleteAlong({
    place,
    from,
    wasSeen: pair[from].removals === 'journalled',
    left: { storage: pair[on], info, collection: pair[on].open(info) },
    status: pair.status.open(mapping),
    onEmpty: pair.onEmpty,
    oneWay: pair.oneWay,
    options,
  });
  // A listed one stays known, so that it is not made anew because it is nowhere.
  if (!options.dryRun && pair.collections.type !== 'list') pair.status.forget(mapping);
  return { ...quiet, outcome: options.dryRun ? 'planned' : 'synced', deleted: [on], changes };
}

async function findOrCreate(
  side: Side,
  pairing: Pairing,
  pair: Pair,
  options: SyncOptions,
): Promise<CollectionInfo> {
  const { id, info } = pairing[side];
  if (info) return info;
  if (pair.oneWay && side === 'a')
    throw new NotFoundError(
      `${pair.a.name} (side a) has no collection "${id}", and a one-way pair makes none there`,
    );
  assertNotRefused(pairing, pair, options);
  const properties = propertiesFor(side, pairing, pair);
  options.log.info({ collection: pairing.name, side }, 'creating collection');
  return pair[side].createCollection({ id, kind: pair[side].kind, properties }, options.signal);
}

/** A mapping is remembered under the wanted ids; where a server chose another, its href finds it again. */
function openStatus(
  { name, a, b }: Pairing,
  infos: Infos,
  { status }: Pair,
  { dryRun }: SyncOptions,
): StatusStore {
  const isKnown = status
    .mappings()
    .some((known) => known.a.href === infos.a.href && known.b.href === infos.b.href);
  if (dryRun && !isKnown) return emptyStatus;
  return status.open({ name, a: { id: a.id, href: infos.a.href }, b: { id: b.id, href: infos.b.href } });
}
