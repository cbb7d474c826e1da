import type { Ident } from '../core/item.ts';
import { otherSide, type Unfinished } from '../core/status.ts';
import { type Action, type Conflict, leftOver } from './action.ts';
import { SIDES } from './both-sides.ts';
import { targetInFlight } from './in-flight.ts';
import type { Known } from './known.ts';
import { type PlanInput, versionNow } from './plan.ts';

/** What is in doubt, with what is known of both sides, for the next run to start from. Pure. */
export function doubtsOf(input: PlanInput, nowMs: number): Unfinished[] {
  const idents = new Set(SIDES.flatMap((side) => [...input[side].unclear.keys()]));
  return [...idents].map((ident) => {
    const note = noteInFlight(ident, input);
    if (note) return note;
    const doubts = SIDES.flatMap((side) => input[side].unclear.get(ident) ?? []);
    const problem = doubts.find(({ weight }) => weight === 'problem');
    const before = input.known.leftovers.get(ident);
    // What waits for a person's word goes on waiting, whatever else is the matter with it.
    if (before?.type === 'held') {
      const { type, reason, atMs } = before;
      return {
        ident,
        type,
        reason,
        atMs,
        a: versionNow('a', ident, input),
        b: versionNow('b', ident, input),
      };
    }
    const type = problem ? 'unclear' : 'passing';
    return {
      ident,
      a: versionNow('a', ident, input),
      b: versionNow('b', ident, input),
      type,
      reason: (problem ?? doubts[0])?.reason ?? '',
      atMs: since(input.known, ident, type) ?? nowMs,
    };
  });
}

/** The note of a write whose target is being edited, as long as what was sent is what its side still has. */
function noteInFlight(ident: Ident, input: PlanInput): Unfinished | undefined {
  const note = input.known.leftovers.get(ident);
  const on = targetInFlight(note, input.known.synced(ident));
  if (!note || !on || input[on].unclear.get(ident)?.weight !== 'passing') return undefined;
  const source = otherSide(on);
  return versionNow(source, ident, input)?.hash === note[source]?.hash ? note : undefined;
}

/** Whether looking again is in vain before one of the sides changes. */
export const areDoubtsSettled = ({ a, b }: PlanInput): boolean =>
  [...a.unclear.values(), ...b.unclear.values()].every(({ settled }) => settled);

/** What both sides changed; it stays as it is on either side until somebody decides. Pure. */
export const conflictsOf = (actions: readonly Action[], known: Known, nowMs: number): Unfinished[] =>
  actions
    .filter((action) => action.type === 'conflict')
    .map((action) =>
      leftOver(action, {
        type: 'conflict',
        reason: reasonOf(action),
        atMs: since(known, action.ident, 'conflict') ?? nowMs,
      }),
    );

/** Without anything known about it, as before a merge was tried. */
const reasonOf = ({ about = [] }: Conflict): string =>
  `it was changed on both sides${about.length > 0 ? ` (${about.join(', ')})` : ''}; both are left as they are`;

/** When an item got into that state, if it was in it already. */
function since(known: Known, ident: Ident, type: Unfinished['type']): number | undefined {
  const before = known.leftovers.get(ident);
  return before?.type === type ? before.atMs : undefined;
}
