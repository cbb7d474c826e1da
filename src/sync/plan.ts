import type { Ident } from '../core/item.ts';
import { otherSide, type Side, type SyncedItem, type Version } from '../core/status.ts';
import type { Action } from './action.ts';
import type { Identified } from './identify.ts';
import { agreedInFlight, type Flight, flightOf, wasGone } from './in-flight.ts';
import { isHrefIdent, type Known } from './known.ts';

export interface PlanInput {
  readonly a: Identified;
  readonly b: Identified;
  readonly known: Known;
  /** Items that were being written when the last run was killed, and of which that write arrived. */
  readonly landed?: ReadonlySet<Ident>;
  /** Side b becomes a copy of side a. */
  readonly oneWay?: boolean;
}

/** Decides what would bring both sides to agree, in order of the idents. Touches no storage: same deltas and status, same plan. */
export function planCollection(input: PlanInput): Action[] {
  const { a, b, known } = input;
  const touched = new Set([
    ...a.items.keys(),
    ...a.removed,
    ...b.items.keys(),
    ...b.removed,
    ...known.leftovers.keys(),
  ]);
  return [...touched]
    .filter((ident) => !isHrefIdent(ident))
    .toSorted()
    .flatMap((ident) => (isInDoubt(ident, input) ? planInDoubt : planTouched)(ident, input));
}

const isInDoubt = (ident: Ident, { a, b }: PlanInput): boolean =>
  a.unclear.has(ident) || b.unclear.has(ident);

/**
 * Nothing is done about what is in doubt. But a write that is found to have arrived is written down, as the doubt takes the place
 * of its note: else an item that somebody went on editing over a crash would be a conflict with its own former version.
 */
function planInDoubt(ident: Ident, input: PlanInput): Action[] {
  const { flight, agreed } = inFlight(ident, input);
  return flight && agreed && !input[flight.on].unclear.has(ident) ? [{ type: 'remember', ...agreed }] : [];
}

function planTouched(ident: Ident, input: PlanInput): Action[] {
  const { now, agreed } = inFlight(ident, input);
  const decide = input.oneWay === true ? planCopy : planItem;
  const action = decide(ident, now.a, now.b, agreed ?? agreementOn(ident, now, input));
  // A removal comes before all that is remembered, and takes the note along when it is done.
  if (!agreed || action?.type === 'remember' || action?.type === 'remove') return action ? [action] : [];
  if (action) return [{ type: 'remember', ...agreed }, action];
  return now.a && now.b ? [{ type: 'remember', ident, a: now.a, b: now.b }] : [];
}

/** An item that was gone from a side when it was last looked at, and is there now, was made anew: what was agreed on before is void. */
function agreementOn(
  ident: Ident,
  now: Readonly<Record<Side, Version | undefined>>,
  { known }: PlanInput,
): SyncedItem | undefined {
  const synced = known.synced(ident);
  const before = known.leftovers.get(ident);
  if (!synced || !before || (now.a && now.b)) return synced;
  const isNew = (side: Side): boolean => now[side] !== undefined && wasGone(before, side, now[side]);
  return isNew('a') || isNew('b') ? undefined : synced;
}

interface InFlight {
  readonly now: Readonly<Record<Side, Version | undefined>>;
  readonly flight: Flight | undefined;
  /**
   * What both sides agreed on by the write that was under way when the last run was killed. It is written nowhere yet, and has to be
   * before the next write is: should this run be killed too, only one step may be unknown.
   */
  readonly agreed: SyncedItem | undefined;
}

function inFlight(ident: Ident, input: PlanInput): InFlight {
  const { known, landed } = input;
  const now = { a: versionNow('a', ident, input), b: versionNow('b', ident, input) };
  const flight = flightOf(known.leftovers.get(ident), known.synced(ident), now);
  return { now, flight, agreed: flight && agreedInFlight(flight, landed?.has(ident) === true) };
}

/** What a side holds: what its delta says, else what it held before. */
export function versionNow(side: Side, ident: Ident, { known, ...deltas }: PlanInput): Version | undefined {
  const { items, removed, unclear } = deltas[side];
  const doubt = unclear.get(ident);
  if (doubt) return doubt.version;
  return items.get(ident) ?? (removed.has(ident) ? undefined : known.of(side, ident));
}

/** The three-way rule for one item; `undefined` when there is nothing to do. */
export function planItem(
  ident: Ident,
  a: Version | undefined,
  b: Version | undefined,
  synced: SyncedItem | undefined,
): Action | undefined {
  if (a && b) return planPresentOnBoth(ident, a, b, synced);
  if (a) return planPresentOnOne(ident, 'a', a, synced?.a);
  if (b) return planPresentOnOne(ident, 'b', b, synced?.b);
  return synced && { type: 'forget', ident };
}

/** The same where side b is to hold what side a holds, whatever happened there. */
function planCopy(
  ident: Ident,
  a: Version | undefined,
  b: Version | undefined,
  synced: SyncedItem | undefined,
): Action | undefined {
  if (a && b) {
    const action = planPresentOnBoth(ident, a, b, synced);
    const isApart = action?.type === 'update' || action?.type === 'conflict';
    return isApart ? { type: 'update', on: 'b', ident, source: a, target: b } : action;
  }
  if (a) return { type: 'create', on: 'b', ident, source: a };
  if (b) return { type: 'remove', on: 'b', ident, target: b };
  return synced && { type: 'forget', ident };
}

function planPresentOnBoth(
  ident: Ident,
  a: Version,
  b: Version,
  synced: SyncedItem | undefined,
): Action | undefined {
  if (synced && isSameVersion(a, synced.a) && isSameVersion(b, synced.b)) return undefined;
  const aChanged = a.hash !== synced?.a.hash;
  const bChanged = b.hash !== synced?.b.hash;
  // Same content under a new href or etag is recorded too, so that the next run need not fetch it again.
  if (a.hash === b.hash || (!aChanged && !bChanged)) return { type: 'remember', ident, a, b };
  if (aChanged && bChanged) return { type: 'conflict', ident, a, b };
  return aChanged
    ? { type: 'update', on: 'b', ident, source: a, target: b }
    : { type: 'update', on: 'a', ident, source: b, target: a };
}

/** An edit outlives a deletion: losing a deletion is a nuisance, losing an edit is data loss. */
function planPresentOnOne(ident: Ident, side: Side, version: Version, synced: Version | undefined): Action {
  return version.hash === synced?.hash
    ? { type: 'remove', on: side, ident, target: version }
    : { type: 'create', on: otherSide(side), ident, source: version };
}

const isSameVersion = (one: Version, other: Version): boolean =>
  one.href === other.href && one.etag === other.etag && one.hash === other.hash;
