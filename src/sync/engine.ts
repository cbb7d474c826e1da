import { ConfigError, NotFoundError, PimsyncError, UsageError } from '../core/errors.ts';
import { otherSide, type Side, type StatusStore } from '../core/status.ts';
import type { CollectionInfo } from '../core/storage.ts';
import { bothSides, SIDES } from './both-sides.ts';
import { syncCollection } from './collection-run.ts';
import { emptyStatus } from './empty-status.ts';
import type { Pair, SyncOptions } from './pair.ts';
import { type Pairing, resolvePairings } from './pairing.ts';
import { type CollectionReport, type PairReport, pairReport, toFailure } from './report.ts';

export type { Pair, Progress, SyncOptions } from './pair.ts';

/**
 * Brings both storages of a pair to agreement, one collection after another. Rejects only when aborted or for a bug: what
 * the storages would not do is in the report, and a collection that fails never stops the others.
 */
export async function syncPair(pair: Pair, options: SyncOptions): Promise<PairReport> {
  const about = { pair: pair.name, dryRun: options.dryRun };
  try {
    assertSameKind(pair);
    const found = await bothSides((side) => pair[side].discover(options.signal));
    const known = pair.status.mappings();
    const pairings = selectPairings(
      resolvePairings({ ...found, wanted: pair.collections, known }),
      pair,
      options,
    );
    const collections: CollectionReport[] = [];
    for (const pairing of pairings) {
      const collection = await syncPairing(pairing, pair, options);
      logOutcome(collection, options);
      collections.push(collection);
    }
    return pairReport({ ...about, collections });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof PimsyncError)) throw error;
    options.log.debug({ reason: error.message }, 'pair failed');
    return pairReport({ ...about, collections: [], error });
  }
}

function logOutcome(
  { name, outcome, changes, problems, error }: CollectionReport,
  { log }: SyncOptions,
): void {
  const fields = { collection: name, outcome, changes: changes.length, problems: problems.length };
  if (error) log.debug({ ...fields, code: error.code, reason: error.message }, 'collection failed');
  else if (changes.length + problems.length > 0) log.info(fields, 'collection synchronised');
  else log.debug(fields, 'nothing to do');
}

function assertSameKind({ name, a, b }: Pair): void {
  if (a.kind !== b.kind)
    throw new ConfigError(
      `pair "${name}" ties ${a.name}, which holds ${a.kind}s, to ${b.name}, which holds ${b.kind}s`,
    );
}

function selectPairings(
  pairings: readonly Pairing[],
  { name }: Pair,
  { only }: SyncOptions,
): readonly Pairing[] {
  const names = pairings.map((pairing) => pairing.name);
  const unknown = [...(only ?? [])].filter((wanted) => !names.includes(wanted));
  if (unknown.length > 0)
    throw new UsageError(
      `pair "${name}" has no collection ${unknown.join(', ')}; it has: ${names.join(', ')}`,
    );
  return only ? pairings.filter((pairing) => only.has(pairing.name)) : pairings;
}

/** One collection, from whether it is there to the report of its items. */
async function syncPairing(pairing: Pairing, pair: Pair, options: SyncOptions): Promise<CollectionReport> {
  const { name } = pairing;
  const created: Side[] = [];
  options.signal?.throwIfAborted();
  try {
    assertNotGone(pairing, pair);
    const missing = SIDES.filter((side) => !pairing[side].info);
    if (options.dryRun && missing.length > 0)
      return { name, outcome: 'planned', created: missing, changes: [], problems: [], error: undefined };
    const infos = await bothSides((side) => findOrCreate(side, pairing, pair, options));
    created.push(...missing);
    const result = await syncCollection({
      name,
      infos,
      collections: { a: pair.a.open(infos.a), b: pair.b.open(infos.b) },
      status: openStatus(pairing, infos, pair, options),
      onEmpty: pair.onEmpty,
      conflict: pair.conflict,
      options,
    });
    return { name, created, ...result };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof PimsyncError)) throw error;
    return { name, outcome: 'failed', created, changes: [], problems: [], error: toFailure(error) };
  }
}

/** Deleted or renamed on one side: only the user knows which, and neither deleting nor creating it again would be a safe guess. */
function assertNotGone({ name, goneFrom, ...places }: Pairing, pair: Pair): void {
  const [side] = goneFrom;
  if (side === undefined) return;
  const where = goneFrom.map((gone) => `${pair[gone].name} (side ${gone})`).join(' and ');
  const remedy =
    goneFrom.length > 1
      ? 'take it out of "collections", or bring it back'
      : `bring it back as "${places[side].id}", or delete it from ${pair[otherSide(side)].name} too`;
  throw new NotFoundError(`collection "${name}" is gone from ${where}; nothing was changed: ${remedy}`);
}

async function findOrCreate(
  side: Side,
  pairing: Pairing,
  pair: Pair,
  options: SyncOptions,
): Promise<CollectionInfo> {
  const { id, info } = pairing[side];
  if (info) return info;
  const properties = pairing[otherSide(side)].info?.properties ?? {};
  options.log.info({ collection: pairing.name, side }, 'creating collection');
  return pair[side].createCollection({ id, kind: pair[side].kind, properties }, options.signal);
}

/** A mapping is remembered under the wanted ids; where a server chose another, its href finds it again. */
function openStatus(
  { name, a, b }: Pairing,
  infos: Readonly<Record<Side, CollectionInfo>>,
  { status }: Pair,
  { dryRun }: SyncOptions,
): StatusStore {
  const isKnown = status
    .mappings()
    .some((known) => known.a.href === infos.a.href && known.b.href === infos.b.href);
  if (dryRun && !isKnown) return emptyStatus;
  return status.open({ name, a: { id: a.id, href: infos.a.href }, b: { id: b.id, href: infos.b.href } });
}
