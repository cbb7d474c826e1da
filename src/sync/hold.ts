import type { Ident } from '../core/item.ts';
import { otherSide, type Side, type Unfinished } from '../core/status.ts';
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

export interface HoldInput {
  readonly actions: readonly Action[];
  readonly known: Known;
  /** How many were deleted on that side since then. */
  readonly removedSince: (on: Side, sinceMs: number) => number;
  /** How many more deletions on that side are seen and wait for their grace time. */
  readonly onTheirWay: (from: Side) => number;
  /** Sides that have become empty, and whose deletions wait for a person's word. */
  readonly emptied: readonly Side[];
  /** What is in another collection now, and so is not lost. */
  readonly movedAway: ReadonlySet<Ident>;
  /** Side b is to be a copy of side a, */
  readonly oneWay: boolean;
  /** and has not been one yet. */
  readonly isFirstCopy: boolean;
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
    // The word is on what is found now, or if something was held back before, on that; what came since is a question of its own.
    const since = heldBefore.length === 0 ? [] : removals.filter((action) => !heldBefore.includes(action));
    return withReason(isEmptied || isMass(since.length, on, input) ? since : [], on, input);
  }
  const isWhole = isEmptied && decision === 'discard';
  return withReason(isWhole || isMass(removals.length, on, input) ? removals : heldBefore, on, input);
}

function isMass(count: number, on: Side, { known, removedSince, onTheirWay, nowMs }: HoldInput): boolean {
  const recent = removedSince(on, nowMs - WITHIN_MS);
  const all = count + recent + onTheirWay(otherSide(on));
  return count > 0 && all > FEW && all * 2 > known.syncedCount() + recent;
}

function withReason(removals: readonly Remove[], on: Side, { known, place, oneWay }: HoldInput): Reasons {
  const from = otherSide(on);
  const orBack = oneWay ? '' : `, "pimsync discard ${place}" brings them back`;
  const reason =
    `${removals.length} of ${known.syncedCount()} items were deleted on ${from}; "pimsync confirm ${place}" ` +
    `deletes them on ${on} too${orBack}`;
  return new Map(removals.filter(({ ident }) => known.synced(ident)).map((removal) => [removal, reason]));
}

/** What is on side b and never came from side a. */
function heldOfCopy({ actions, known, oneWay, isFirstCopy, decision, place }: HoldInput): Reasons {
  if (!oneWay || decision === 'confirm') return new Map();
  // One that was in doubt when the first copy was made has not been asked about yet.
  const isUnasked = ({ ident, target }: Remove | Update): boolean =>
    !known.synced(ident) &&
    (isFirstCopy || known.leftovers.has(ident) || known.leftovers.has(identOfHref('b', target.href)));
  const overwrites = actions.filter((action) => action.type === 'remove' || action.type === 'update');
  return new Map(
    overwrites
      .filter((action) => isUnasked(action) || (action.type === 'update' && isHeldBefore(action, known)))
      .map((action) => [
        action,
        `${action.type === 'remove' ? 'only side b has it' : 'side b has another text of its own'}; ` +
          `"pimsync confirm ${place}" makes b a copy of a`,
      ]),
  );
}

const isHeldBefore = ({ ident }: Write, known: Known): boolean => known.leftovers.get(ident)?.type === 'held';
