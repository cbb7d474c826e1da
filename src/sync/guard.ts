import { EmptiedError } from '../core/errors.ts';
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
  /** `Collection.deletions` of each side. */
  readonly deletions: Readonly<Record<Side, 'journalled' | 'inferred'>>;
  /** What the user calls the collection. */
  readonly name: string;
}

/**
 * A folder that is not mounted and a server that lost its database look like a user who deleted everything.
 * @throws EmptiedError when one side has lost all it had while the other still has some
 */
export function assertNotEmptied(input: GuardInput): void {
  const count = input.known.syncedCount();
  if (count === 0) return;
  for (const side of SIDES) {
    const believed = input.deletions[side] === 'journalled' && count <= JOURNALLED_LIMIT;
    if (believed || !isEmptied(side, input) || isEmptied(otherSide(side), input)) continue;
    throw new EmptiedError(
      `all ${count} items of ${input.name} are gone from side ${side}; nothing was changed. ` +
        `If they were deleted on purpose, run sync with --allow-empty; if not, bring them back and sync again`,
    );
  }
}

/** None of the known items is left on that side, and nothing new came. */
function isEmptied(side: Side, { known, ...deltas }: GuardInput): boolean {
  const { items, removed, unclear } = deltas[side];
  if (items.size > 0 || unclear.size > 0) return false;
  let gone = 0;
  for (const ident of removed) if (known.synced(ident)) gone += 1;
  for (const [ident, leftover] of known.leftovers) {
    if (isHrefIdent(ident)) continue;
    if (leftover[side] && !removed.has(ident)) return false;
    if (!leftover[side] && known.synced(ident)) gone += 1;
  }
  return gone === known.syncedCount();
}
