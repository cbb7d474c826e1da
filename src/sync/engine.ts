import { ConfigError, PimsyncError, UsageError } from '../core/errors.ts';
import type { Ident } from '../core/item.ts';
import { bothSides } from './both-sides.ts';
import { carryAgreements } from './carry-agreements.ts';
import type { OpenCollection } from './collection-run.ts';
import { forgetTroubles } from './creation.ts';
import type { CollectionChoice, Pair, SyncOptions } from './pair.ts';
import { type Pairing, resolvePairings, staleMappings } from './pairing.ts';
import { goneOf, leavingOf, makeRoom } from './make-room.ts';
import { isLastOfMove, makeMoves, mayBeHalfOfMove } from './moves.ts';
import { closePairing, type OpenPairing, openPairing } from './pairing-run.ts';
import { type CollectionReport, type PairReport, pairReport, withSecond } from './report.ts';
import { TextBudget } from './text-pool.ts';

export type { HeldDeletions, Pair, Progress, SyncOptions } from './pair.ts';

/**
 * Brings both storages of a pair to agreement, one collection after another. Rejects only when aborted or for a bug: what
 * the storages would not do is in the report, and a collection that fails never stops the others.
 */
export async function syncPair(pair: Pair, options: SyncOptions): Promise<PairReport> {
  const leaving = new Set<Ident>();
  const report = await syncOnce(pair, options, leaving);
  const only = options.dryRun ? new Set<string>() : makeRoom(pair, leaving, options.clock);
  if (only.size === 0) return report;
  // The word was on what was found before.
  const word = { allowEmpty: false, deletions: 'hold', resolutions: undefined } as const;
  return withSecond(report, await syncOnce(pair, { ...options, ...word, only }, new Set()));
}

/** @param leaving takes what leaves a collection */
async function syncOnce(pair: Pair, options: SyncOptions, leaving: Set<Ident>): Promise<PairReport> {
  const about = { pair: pair.name, dryRun: options.dryRun };
  try {
    assertSameKind(pair);
    const found = await bothSides((side) => pair[side].discover(options.signal));
    const known = pair.status.mappings();
    const input = { ...found, wanted: choiceOf(pair), known };
    const all = resolvePairings(input);
    const pairings = selectPairings(all, pair, options);
    if (!options.dryRun) {
      for (const stale of staleMappings(input, all)) pair.status.forget(stale);
      forgetTroubles(all, pair);
    }
    const texts = options.texts ?? new TextBudget();
    const collections = await syncPairings(pairings, pair, { ...options, texts }, leaving);
    for (const ident of goneOf(collections)) leaving.add(ident);
    for (const collection of collections) logOutcome(collection, options);
    return pairReport({ ...about, collections });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof PimsyncError)) throw error;
    options.log.debug({ reason: error.message }, 'pair failed');
    return pairReport({ ...about, collections: [], error });
  }
}

/** In order, but what may be half of a move waits until all were looked at. */
async function syncPairings(
  pairings: readonly Pairing[],
  pair: Pair,
  options: SyncOptions,
  leaving: Set<Ident>,
): Promise<CollectionReport[]> {
  const begun: (OpenPairing | CollectionReport)[] = [];
  const done: OpenCollection[] = [];
  for (const pairing of pairings) {
    const one = await openPairing(pairing, pair, options);
    const waits = isOpenPairing(one) && mayBeHalfOfMove(one.items);
    if (isOpenPairing(one) && !waits) done.push(one.items);
    begun.push(isOpenPairing(one) && !waits ? await closePairing(one) : one);
  }
  const open = begun.filter(isOpenPairing);
  const opened = open.map(({ items }) => items);
  for (const ident of leavingOf(opened)) leaving.add(ident);
  if (!options.dryRun) makeRoom(pair, leaving, options.clock);
  const waiting = await makeMoves(carryAgreements(opened), done);
  const inOrder = [...waiting.entries()].toSorted(
    ([, one], [, other]) => Number(isLastOfMove(one, waiting)) - Number(isLastOfMove(other, waiting)),
  );
  const closed = new Map<OpenPairing, CollectionReport>();
  for (const [at, items] of inOrder) {
    const one = open[at];
    if (one) closed.set(one, await closePairing({ ...one, items }));
  }
  return begun.flatMap((one) => (isOpenPairing(one) ? (closed.get(one) ?? []) : [one]));
}

const isOpenPairing = (one: OpenPairing | CollectionReport): one is OpenPairing => 'items' in one;

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

/** What only side b has is none of a one-way pair's business. */
const choiceOf = ({ collections, oneWay }: Pair): CollectionChoice =>
  oneWay && collections.type !== 'list' ? { type: 'from a' } : collections;

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
