import { EmptiedError } from '../core/errors.ts';
import type { Ident } from '../core/item.ts';
import { otherSide, type Side } from '../core/status.ts';
import { SIDES } from './both-sides.ts';
import type { Identified } from './identify.ts';
import { isHrefIdent, type Known } from './known.ts';

/** A mount sees each deletion happen, so a few are believed even if they are all there was. */
const JOURNALLED_LIMIT = 10;
/** So many items with something new in their place were replaced, as happens to the only task of a list. */
const REPLACED_LIMIT = 2;

export interface GuardInput {
  readonly a: Identified;
  readonly b: Identified;
  readonly known: Known;
  /** What is in another collection now, and so is not lost. Absent: nothing. */
  readonly movedAway?: ReadonlySet<Ident>;
  /** `Collection.deletions` of each side. */
  readonly deletions: Readonly<Record<Side, 'journalled' | 'inferred'>>;
  /** Sides whose loss nothing would be done about: the other one is read-only, or keeps what it has. Absent: none. */
  readonly unfollowed?: readonly Side[];
}

/** A side that has lost all that both had agreed on. */
export interface Emptied {
  readonly side: Side;
  /** There is something else, so that all but the deletions can go on. */
  readonly isReplaced: boolean;
}

/**
 * The sides that have lost all they had while the other still has some. A folder that is not mounted and a server that lost its
 * database look like a user who deleted everything, even if something was made there since.
 */
export function emptiedSides(input: GuardInput): Emptied[] {
  const count = input.known.syncedCount() - movedCount(input);
  if (count === 0) return [];
  const hasLostAll = (side: Side): boolean => goneCount(side, input) === count;
  return SIDES.flatMap((side) => {
    const believed = input.deletions[side] === 'journalled' && count <= JOURNALLED_LIMIT;
    if (believed || input.unfollowed?.includes(side) === true) return [];
    if (!hasLostAll(side) || hasLostAll(otherSide(side))) return [];
    const isReplaced = hasOthers(side, input);
    return isReplaced && count - strangers(side, input) <= REPLACED_LIMIT ? [] : [{ side, isReplaced }];
  });
}

export interface Place {
  /** How many items both had agreed on. */
  readonly count: number;
  /** `PAIR/COLLECTION`. */
  readonly place: string;
  readonly oneWay: boolean;
  /** Something was held back before, and the next word is on that. */
  readonly isAsked: boolean;
}

/** @throws EmptiedError for the first of these sides with nothing on it */
export function assertNotEmptied(
  emptied: readonly Emptied[],
  { count, place, oneWay, isAsked }: Place,
): void {
  const side = emptied.find(({ isReplaced }) => !isReplaced)?.side;
  if (side === undefined) return;
  const what = `${count === 1 ? 'its only item is' : `all ${count} items are`} gone from side ${side}; nothing was changed. `;
  const twice = isAsked ? ', once for what was held back before and once for the rest,' : '';
  throw new EmptiedError(
    what +
      (oneWay && side === 'b'
        ? `If that was on purpose, bring the copy back by "pimsync confirm ${place}"; if not, look what became of it first`
        : `If that was on purpose, "pimsync confirm ${place}"${twice} deletes them on side ${otherSide(side)} too, as ` +
          'sync --allow-empty does; if not, bring them back and sync again' +
          (oneWay ? '' : `, or let "pimsync discard ${place}" do it`)),
  );
}

/** How many of the items that both had agreed on are on that side no more; what moved to another collection is not counted. */
export function goneCount(side: Side, input: GuardInput): number {
  const { known, ...deltas } = input;
  const { items, removed, unclear } = deltas[side];
  const isGone = (ident: Ident): boolean => known.synced(ident) !== undefined && !isMoved(ident, input);
  const isBack = (ident: Ident): boolean => items.has(ident) || unclear.has(ident);
  const goneNow = [...removed].filter(isGone).length;
  const goneBefore = [...known.leftovers].filter(
    ([ident, leftover]) => !leftover[side] && isGone(ident) && !isBack(ident),
  ).length;
  return goneNow + goneBefore;
}

/** Where all that was agreed on is gone: whether anything else is there, if only something that stayed there unsent. */
function hasOthers(side: Side, { known, ...input }: GuardInput): boolean {
  const { items, removed, unclear } = input[side];
  if (items.size > 0 || unclear.size > 0) return true;
  return [...known.leftovers].some(
    ([ident, leftover]) =>
      leftover[side] && !isHrefIdent(ident) && !isMoved(ident, input) && !removed.has(ident),
  );
}

/** Things that came since and whose identity is not known: each may be one of the items that seem to be gone. */
const strangers = (side: Side, { known, ...input }: GuardInput): number =>
  [...input[side].unclear.keys()].filter((ident) => isHrefIdent(ident) && !known.leftovers.has(ident)).length;

const isMoved = (ident: Ident, { movedAway }: Pick<GuardInput, 'movedAway'>): boolean =>
  movedAway?.has(ident) === true;

/** Of what is still on record; a move that was made already is off it. */
const movedCount = ({ known, movedAway }: GuardInput): number =>
  [...(movedAway ?? [])].filter((ident) => known.synced(ident)).length;
