import type { Side, Unfinished } from '../core/status.ts';
import { type Action, isWrite, leftOver, type Write, versionsOf } from './action.ts';
import type { Known } from './known.ts';

/** Tells refusals that end with the right to write from those that end with another text. */
const READ_ONLY: Readonly<Record<Side, string>> = {
  a: 'side a is read-only',
  b: 'side b is read-only',
};

export interface AccessInput {
  readonly actions: readonly Action[];
  readonly writable: Readonly<Record<Side, boolean>>;
  readonly known: Known;
  /** Also try what was refused before. */
  readonly retryRefused: boolean;
  readonly nowMs: number;
}

export interface Allowed {
  readonly actions: readonly Action[];
  readonly refused: readonly Unfinished[];
}

/** Takes out what a side cannot take (it is read-only) or did not want (it refused that very text before). Pure. */
export function applyAccess({ actions, writable, known, retryRefused, nowMs }: AccessInput): Allowed {
  const allowed: Action[] = [];
  const refused: Unfinished[] = [];
  for (const action of actions) {
    const before = isWrite(action) ? refusedBefore(action, known) : undefined;
    if (isWrite(action) && !writable[action.on])
      refused.push(
        leftOver(action, { type: 'refused', reason: READ_ONLY[action.on], atMs: before?.atMs ?? nowMs }),
      );
    else if (isWrite(action) && before && !retryRefused && before.reason !== READ_ONLY[action.on])
      refused.push(leftOver(action, before));
    else allowed.push(action);
  }
  return { actions: allowed, refused };
}

/** The refusal of the same step for the same contents. */
function refusedBefore(action: Write, known: Known): Unfinished | undefined {
  const leftover = known.leftovers.get(action.ident);
  const { a, b } = versionsOf(action);
  const isSame = leftover?.type === 'refused' && leftover.a?.hash === a?.hash && leftover.b?.hash === b?.hash;
  return isSame ? leftover : undefined;
}
