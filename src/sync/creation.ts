import { type PimsyncError, RefusedError } from '../core/errors.ts';
import { propertyValue } from '../core/property-value.ts';
import { otherSide, type Side, type Trouble } from '../core/status.ts';
import type { CollectionInfo, CollectionProperties, PropertyName } from '../core/storage.ts';
import { SIDES } from './both-sides.ts';
import type { CollectionJob } from './collection-job.ts';
import type { Pair, SyncOptions } from './pair.ts';
import type { Pairing } from './pairing.ts';

/** As with items: what was in the way may be gone without anybody doing anything here. */
const TRY_AGAIN_MS = 24 * 60 * 60 * 1000;

const REFUSALS: ReadonlySet<string> = new Set(['refused', 'forbidden', 'already-exists', 'invalid-item']);
const WAITS_FOR_A_WORD: ReadonlySet<string> = new Set(['emptied', 'read-only']);

/** The properties that a collection is made with: those that make sense, and that nobody is just changing. */
export function propertiesFor(side: Side, pairing: Pairing, pair: Pair): CollectionProperties {
  const model = pairing[otherSide(side)].info;
  if (!model) return {};
  const { properties, unsettled = [] } = model;
  const given = Object.entries(properties).filter(
    ([name, value]) =>
      !unsettled.includes(name as PropertyName) && propertyValue(name as PropertyName, value) !== undefined,
  );
  const isNamed = 'displayname' in properties || unsettled.includes('displayname');
  // In a mount the directory's name is the name; other programs show none to a collection without a display name.
  const name = isView(pair, otherSide(side), model) && !isNamed ? { displayname: pairing.name } : {};
  return { ...name, ...Object.fromEntries(given) };
}

/**
 * A collection made for one in a view has a display name that nobody gave it, ours or the server's: that is dealt with, so that the
 * view has it from whoever changes it first.
 */
export function noteGivenName({
  created,
  infos,
  collections,
  status,
}: Pick<CollectionJob, 'infos' | 'collections' | 'status'> & { readonly created: readonly Side[] }): void {
  const view = SIDES.find((side) => collections[side].follow !== undefined);
  if (view === undefined || created.includes(view)) return;
  const given = infos[otherSide(view)].properties.displayname;
  if (given === undefined || infos[view].properties.displayname === given) return;
  const agreed = view === 'a' ? { a: undefined, b: given } : { a: given, b: undefined };
  status.putProperties(new Map([['displayname', agreed]]));
}

const isView = (pair: Pair, side: Side, info: CollectionInfo): boolean =>
  pair[side].open(info).follow !== undefined;

/** @throws RefusedError for a collection that was refused a short while ago, without asking again */
export function assertNotRefused(
  { name }: Pairing,
  { status }: Pair,
  { retryRefused, clock }: SyncOptions,
): void {
  const before = status.troubles().get(name);
  if (before?.type !== 'refused' || retryRefused) return;
  const elapsedMs = clock.nowMs() - before.atMs;
  if (elapsedMs >= 0 && elapsedMs < TRY_AGAIN_MS) throw new RefusedError(before.reason);
}

/** Writes down what keeps a collection as a whole from being in step, for those who ask without a run. @param error absent: nothing does */
export function noteTrouble(
  pairing: Pairing,
  { status }: Pair,
  { dryRun, clock }: SyncOptions,
  error?: PimsyncError,
): void {
  if (dryRun) return;
  const before = status.troubles().get(pairing.name);
  const type = error && troubleType(pairing, error);
  // What may pass says nothing of it.
  if (error && type === undefined) return;
  if (before?.type === type && before?.reason === error?.message) return;
  const trouble = error && type && { type, reason: error.message, atMs: clock.nowMs() };
  status.setTrouble(pairing.name, trouble);
}

function troubleType(pairing: Pairing, { code }: PimsyncError): Trouble['type'] | undefined {
  const { goneFrom } = pairing;
  if (SIDES.every((side) => pairing[side].info)) return undefined;
  if (goneFrom.length > 0) return WAITS_FOR_A_WORD.has(code) || REFUSALS.has(code) ? 'held' : undefined;
  return REFUSALS.has(code) ? 'refused' : undefined;
}

/** What was told of collections that are nowhere any more. */
export function forgetTroubles(pairings: readonly Pairing[], { status }: Pair): void {
  const names = new Set(pairings.map(({ name }) => name));
  for (const name of status.troubles().keys()) if (!names.has(name)) status.setTrouble(name, undefined);
}
