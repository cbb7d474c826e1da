import { EmptiedError } from '../core/errors.ts';
import type { Ident } from '../core/item.ts';
import { otherSide, type Side } from '../core/status.ts';
import type { Identified } from './identify.ts';
import { isHrefIdent, type Known } from './known.ts';

/** A mount sees each deletion happen, so a few are believed even if they are all there was. */
const JOURNALLED_LIMIT = 10;
const SIDES = ['a', 'b'] as const satisfies readonly Side[];

export interface GuardInput {
  readonly a: Identified;
  readonly b: Identified;
  readonly known: Known;
  /** What is in another collection now, and so is not lost. Absent: nothing. */
  readonly movedAway?: ReadonlySet<Ident>;
  /** `Collection.deletions` of each side. */
  readonly deletions: Readonly<Record<Side, 'journalled' | 'inferred'>>;
}

/**
 * The sides that have lost all they had while the other still has some. A folder that is not mounted and a server that lost its
 * database look like a user who deleted everything.
 */
export function emptiedSides(input: GuardInput): Side[] {
  const count = input.known.syncedCount() - movedCount(input);
  if (count === 0) return [];
  return SIDES.filter((side) => {
    const believed = input.deletions[side] === 'journalled' && count <= JOURNALLED_LIMIT;
    return !believed && isEmptied(side, input) && !isEmptied(otherSide(side), input);
  });
}

/** @param place of the collection, `PAIR/COLLECTION` @throws EmptiedError for the first of these sides */
export function assertNotEmptied(
  [side]: readonly Side[],
  { count, place, oneWay }: { readonly count: number; readonly place: string; readonly oneWay: boolean },
): void {
  if (side === undefined) return;
  const what = `${count === 1 ? 'its only item is' : `all ${count} items are`} gone from side ${side}; nothing was changed. `;
  throw new EmptiedError(
    what +
      (oneWay && side === 'b'
        ? `If that was on purpose, bring the copy back by "pimsync confirm ${place}"; if not, look what became of it first`
        : `If that was on purpose, "pimsync confirm ${place}" deletes them on side ${otherSide(side)} too, as sync --allow-empty ` +
          'does; if not, bring them back and sync again' +
          (oneWay ? '' : `, or let "pimsync discard ${place}" do it`)),
  );
}

/** None of the known items is left on that side, and nothing new came. */
function isEmptied(side: Side, input: GuardInput): boolean {
  const { known, ...deltas } = input;
  const { items, removed, unclear } = deltas[side];
  if (items.size > 0 || unclear.size > 0) return false;
  const leftovers = [...known.leftovers].filter(([ident]) => !isHrefIdent(ident) && !isMoved(ident, input));
  if (leftovers.some(([ident, leftover]) => leftover[side] && !removed.has(ident))) return false;
  const isGone = (ident: Ident): boolean => known.synced(ident) !== undefined && !isMoved(ident, input);
  const goneNow = [...removed].filter(isGone).length;
  const goneBefore = leftovers.filter(([ident, leftover]) => !leftover[side] && isGone(ident)).length;
  return movedCount(input) + goneNow + goneBefore === known.syncedCount();
}

const isMoved = (ident: Ident, { movedAway }: GuardInput): boolean => movedAway?.has(ident) === true;

/** Of what is still on record; a move that was made already is off it. */
const movedCount = ({ known, movedAway }: GuardInput): number =>
  [...(movedAway ?? [])].filter((ident) => known.synced(ident)).length;
