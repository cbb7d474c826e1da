import type { Ident } from '../core/item.ts';
import { otherSide, type Side, type Unfinished } from '../core/status.ts';
import { isForWantOfRight } from './access.ts';
import {
  type Action,
  type Create,
  isWrite,
  leftOver,
  type Remove,
  type Update,
  type Write,
} from './action.ts';
import { identOfHref, type Known } from './known.ts';
import type { HeldDeletions } from './pair.ts';

/** So many deletions within a minute need a person's word, where they are more than half of what there was. */
export const FEW = 10;
export const WITHIN_MS = 60_000;
/** More than that, where they are more than half of what there is and were found when nothing could be deleted on the other side. */
const A_COUPLE = 2;

export interface HoldInput {
  readonly actions: readonly Action[];
  readonly known: Known;
  /** How many were deleted on that side since then. */
  readonly removedSince: (on: Side, sinceMs: number) => number;
  /** How many more deletions on that side are seen and wait for their grace time. */
  readonly onTheirWay: (from: Side) => number;
  /** Sides that have lost all they had, and whose deletions wait for a person's word. */
  readonly emptied: readonly Side[];
  /** How many of the known items are on each side no more. */
  readonly gone: Readonly<Record<Side, number>>;
  /** What is in another collection now, and so is not lost. */
  readonly movedAway: ReadonlySet<Ident>;
  /** Side b is to be a copy of side a, */
  readonly oneWay: boolean;
  /** and was none when the last run ended. */
  readonly isNewCopy: boolean;
  /** `PAIR/COLLECTION`. */
  readonly place: string;
  readonly decision: HeldDeletions;
  readonly nowMs: number;
}

export interface Held {
  readonly actions: readonly Action[];
  /** What waits for a word. */
  readonly held: readonly HeldStep[];
}

/** A step that waits for a word, and how it is remembered. */
export interface HeldStep {
  readonly action: Write;
  readonly left: Unfinished;
}

/**
 * Keeps back what looks like an accident: most items of a collection deleted at once, or a side b overwritten that nobody knew to
 * hold anything of its own. What is held back once stays so until somebody says what is to become of it, however few are left. Pure.
 */
export function holdDeletions(input: HoldInput): Held {
  const { actions, decision, nowMs, known } = input;
  const held = new Map([...heldOn('a', input), ...heldOn('b', input), ...heldOfCopy(input)]);
  if (held.size === 0) return { actions, held: [] };
  if (decision === 'discard')
    return { actions: actions.flatMap((action) => undone(action, held.has(action))), held: [] };
  const steps = actions.filter(isWrite).flatMap((action) => {
    const reason = held.get(action);
    if (reason === undefined) return [];
    const before = known.leftovers.get(action.ident);
    const atMs = before?.type === 'held' ? before.atMs : nowMs;
    return [{ action, left: leftOver(action, { type: 'held', reason, atMs }) }];
  });
  return { actions: actions.filter((action) => !held.has(action)), held: steps };
}

/** What is still here goes there again, where it was deleted. A copy that is to be overwritten has nobody to go to. */
function undone(action: Action, isHeld: boolean): Action[] {
  if (!isHeld) return [action];
  return action.type === 'remove' ? [takenBack(action)] : [];
}

/** In place of a deletion that follows one on the other side: the item goes there again. */
export const takenBack = ({ on, ident, target }: Remove): Create => ({
  type: 'create',
  on: otherSide(on),
  ident,
  source: target,
});

/** With the reason for each. */
type Reasons = ReadonlyMap<Action, string>;

function heldOn(on: Side, input: HoldInput): Reasons {
  const { actions, known, movedAway, emptied, decision } = input;
  const removals = actions
    .filter((action): action is Remove => action.type === 'remove' && action.on === on)
    .filter(({ ident }) => !movedAway.has(ident));
  const heldBefore = removals.filter((action) => isHeldBefore(action, known));
  const isEmptied = emptied.includes(otherSide(on));
  if (decision === 'confirm') {
    const since = wasAsked(known) ? removals.filter((action) => !heldBefore.includes(action)) : [];
    return withReason(isEmptied || isMass(since, on, input) ? since : [], on, input);
  }
  return withReason(isEmptied || isMass(removals, on, input) ? removals : heldBefore, on, input);
}

/**
 * The word is on what is found now, or if something was held back before, on either side, on that and no more: what came since is a
 * question of its own.
 */
export const wasAsked = (known: Known): boolean =>
  [...known.leftovers.values()].some(({ type }) => type === 'held');

function isMass(removals: readonly Remove[], on: Side, input: HoldInput): boolean {
  const { known, gone, removedSince, onTheirWay, nowMs } = input;
  const recent = removedSince(on, nowMs - WITHIN_MS);
  const all = removals.length + recent + onTheirWay(otherSide(on));
  const there = known.syncedCount() - gone[on];
  if (removals.length > 0 && all > FEW && all * 2 > there + recent) return true;
  // No guard has looked at them yet: when they were found, nothing could be deleted on that side.
  const released = removals.filter(({ ident }) => wasImpossible(known.leftovers.get(ident))).length;
  return released > A_COUPLE && released * 2 > there;
}

const wasImpossible = (before: Unfinished | undefined): boolean =>
  before?.type === 'kept' || (before?.type === 'refused' && isForWantOfRight(before));

function withReason(removals: readonly Remove[], on: Side, { known, place, oneWay }: HoldInput): Reasons {
  const from = otherSide(on);
  const orBack = oneWay ? '' : `, "pimsync discard ${place}" brings them back`;
  const reason =
    `${removals.length} of ${known.syncedCount()} items were deleted on ${from}; "pimsync confirm ${place}" ` +
    `deletes them on ${on} too${orBack}`;
  return new Map(removals.filter(({ ident }) => known.synced(ident)).map((removal) => [removal, reason]));
}

/** What is on side b and never came from side a. */
function heldOfCopy({ actions, known, oneWay, isNewCopy, decision, place }: HoldInput): Reasons {
  if (!oneWay || (decision === 'confirm' && !wasAsked(known))) return new Map();
  const isOwn = ({ ident, target }: Remove | Update): boolean => known.synced(ident)?.b.hash !== target.hash;
  // One that was in doubt when the first copy was made has not been asked about yet.
  const isUnasked = ({ ident, target }: Remove | Update): boolean =>
    !known.synced(ident) &&
    (known.leftovers.has(ident) || known.leftovers.has(identOfHref('b', target.href)));
  const isAsked = (action: Remove | Update): boolean =>
    isHeldBefore(action, known) ? decision !== 'confirm' : isNewCopy || isUnasked(action);
  return new Map(
    actions
      .filter((action) => action.type === 'remove' || action.type === 'update')
      .filter((action) => isOwn(action) && isAsked(action))
      .map((action) => [
        action,
        `${action.type === 'remove' ? 'only side b has it' : 'side b has another text of its own'}; ` +
          `"pimsync confirm ${place}" makes b a copy of a`,
      ]),
  );
}

const isHeldBefore = ({ ident }: Write, known: Known): boolean => known.leftovers.get(ident)?.type === 'held';
