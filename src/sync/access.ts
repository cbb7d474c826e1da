import type { Side, Unfinished } from '../core/status.ts';
import { type Action, isWrite, leftOver, type Write, versionsOf } from './action.ts';
import type { Known } from './known.ts';

/** Tells refusals that end with the right to write from those that end with another text. */
const READ_ONLY: Readonly<Record<Side, string>> = {
  a: 'side a is read-only',
  b: 'side b is read-only',
};

/** It ends when the side takes writes again, and not before. */
export const isForWantOfRight = ({ reason }: Unfinished): boolean =>
  Object.values(READ_ONLY).includes(reason);

/** What was in the way may be gone without anybody touching the item: another one with its UID, a limit of the server. */
const TRY_AGAIN_MS = 24 * 60 * 60 * 1000;

const KEPT: Readonly<Record<Side, string>> = {
  a: 'side a keeps what is deleted on side b (no_delete)',
  b: 'side b keeps what is deleted on side a (no_delete)',
};

export interface AccessInput {
  readonly actions: readonly Action[];
  readonly writable: Readonly<Record<Side, boolean>>;
  /** Sides on which nothing is deleted because it was deleted on the other. */
  readonly noDelete: Readonly<Record<Side, boolean>>;
  readonly known: Known;
  /** Also try what was refused before. */
  readonly retryRefused: boolean;
  readonly nowMs: number;
}

export interface Allowed {
  readonly actions: readonly Action[];
  /** What was taken out. */
  readonly left: readonly Unfinished[];
}

/** Takes out what a side cannot take (it is read-only, it keeps its items) or did not want (it refused that very text before). Pure. */
export function applyAccess(input: AccessInput): Allowed {
  const allowed: Action[] = [];
  const left: Unfinished[] = [];
  for (const action of input.actions) {
    const obstacle = isWrite(action) ? obstacleTo(action, input) : undefined;
    if (obstacle) left.push(obstacle);
    else allowed.push(action);
  }
  return { actions: allowed, left };
}

/** What is left over in place of a write; undefined when nothing is in its way. */
function obstacleTo(
  action: Write,
  { writable, noDelete, known, retryRefused, nowMs }: AccessInput,
): Unfinished | undefined {
  const { on } = action;
  if (action.type === 'remove' && noDelete[on])
    return leftOver(action, { type: 'kept', reason: KEPT[on], atMs: nowMs });
  const before = refusedBefore(action, known);
  if (!writable[on])
    return leftOver(action, { type: 'refused', reason: READ_ONLY[on], atMs: before?.atMs ?? nowMs });
  const isOld = before !== undefined && nowMs - before.atMs >= TRY_AGAIN_MS;
  const isTriedAgain = retryRefused || isOld || before?.reason === READ_ONLY[on];
  return before && !isTriedAgain ? leftOver(action, before) : undefined;
}

/** The refusal of the same step for the same contents. */
function refusedBefore(action: Write, known: Known): Unfinished | undefined {
  const leftover = known.leftovers.get(action.ident);
  const { a, b } = versionsOf(action);
  const isSame = leftover?.type === 'refused' && leftover.a?.hash === a?.hash && leftover.b?.hash === b?.hash;
  return isSame ? leftover : undefined;
}
