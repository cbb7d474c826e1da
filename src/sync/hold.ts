import type { Ident } from '../core/item.ts';
import { otherSide, type Side, type Unfinished } from '../core/status.ts';
import { type Action, type Create, isWrite, leftOver, type Remove, type Write } from './action.ts';
import type { Known } from './known.ts';
import type { HeldDeletions } from './pair.ts';

/** So many deletions within a minute need a person's word, where they are more than half of what there was. */
const FEW = 10;
const WITHIN_MS = 60_000;

export interface HoldInput {
  readonly actions: readonly Action[];
  readonly known: Known;
  /** How many were deleted on that side since then. */
  readonly removedSince: (on: Side, sinceMs: number) => number;
  /** Sides that have become empty, and whose deletions wait for a person's word. */
  readonly emptied: readonly Side[];
  /** What is in another collection now, and so is not lost. */
  readonly movedAway: ReadonlySet<Ident>;
  /** Side b is about to become a copy of side a, and has not been one yet. */
  readonly isFirstCopy: boolean;
  /** `PAIR/COLLECTION`. */
  readonly place: string;
  readonly decision: HeldDeletions;
  readonly nowMs: number;
}

export interface Held {
  readonly actions: readonly Action[];
  readonly held: readonly Unfinished[];
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
  const left = actions.filter(isWrite).flatMap((action) => {
    const reason = held.get(action);
    if (reason === undefined) return [];
    const before = known.leftovers.get(action.ident);
    return [leftOver(action, { type: 'held', reason, atMs: before?.type === 'held' ? before.atMs : nowMs })];
  });
  return { actions: actions.filter((action) => !held.has(action)), held: left };
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
  const { actions, known, removedSince, emptied, movedAway, decision, nowMs } = input;
  const removals = actions
    .filter((action): action is Remove => action.type === 'remove' && action.on === on)
    .filter(({ ident }) => !movedAway.has(ident));
  const heldBefore = removals.filter((action) => isHeldBefore(action, known));
  const from = otherSide(on);
  // What is confirmed is what was held back, and what has come to it since.
  if (decision === 'confirm' && (heldBefore.length > 0 || emptied.includes(from))) return new Map();
  const recent = removedSince(on, nowMs - WITHIN_MS);
  const count = removals.length + recent;
  const isMass = count > FEW && count * 2 > known.syncedCount() + recent;
  const isWhole = decision === 'discard' && emptied.includes(from);
  const reason =
    `${removals.length} of ${known.syncedCount()} items were deleted on ${from}; "pimsync confirm ${input.place}" ` +
    `deletes them on ${on} too, "pimsync discard ${input.place}" brings them back`;
  return new Map((isMass || isWhole ? removals : heldBefore).map((removal) => [removal, reason]));
}

/** What is on side b and never came from side a. */
function heldOfCopy({ actions, known, isFirstCopy, decision, place }: HoldInput): Reasons {
  if (decision === 'confirm') return new Map();
  const reason =
    `side b has what did not come from side a; "pimsync confirm ${place}" makes b a copy of a, ` +
    `"pimsync sync -n ${place}" shows what that does`;
  const overwrites = actions.filter((action): action is Write => isWrite(action) && action.type !== 'create');
  return new Map(
    overwrites
      .filter(
        (action) =>
          (isFirstCopy && !known.synced(action.ident)) ||
          (action.type === 'update' && isHeldBefore(action, known)),
      )
      .map((action) => [action, reason]),
  );
}

const isHeldBefore = ({ ident }: Write, known: Known): boolean => known.leftovers.get(ident)?.type === 'held';
