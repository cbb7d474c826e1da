import { type Ident, identOfUid } from '../core/item.ts';
import type { StatusStore, Unfinished } from '../core/status.ts';
import type { Clock } from '../lib/clock.ts';
import { isForWantOfRight } from './access.ts';
import type { OpenCollection } from './collection-run.ts';
import type { Pair } from './pair.ts';
import { planItem } from './plan.ts';
import type { CollectionReport } from './report.ts';

/** In place of a refusal that may be over. */
const ROOM_MADE = 'what was in its way may be gone';

/** What is about to be taken away somewhere, as far as that was not found impossible before. */
export const leavingOf = (opened: readonly OpenCollection[]): readonly Ident[] =>
  opened.flatMap(({ look }) =>
    look.planned
      .filter(({ type }) => type === 'remove' || type === 'forget')
      .map(({ ident }) => ident)
      .filter((ident) => !STAYS.has(look.known.leftovers.get(ident)?.type)),
  );

const STAYS: ReadonlySet<Unfinished['type'] | undefined> = new Set(['refused', 'held', 'kept']);

/** What was taken away somewhere. Only a UID can be in the way of another item. */
export const goneOf = (closed: readonly CollectionReport[]): readonly Ident[] =>
  closed.flatMap(({ changes }) =>
    changes.flatMap(({ type, uid }) => (type === 'remove' && uid !== undefined ? [identOfUid(uid)] : [])),
  );

/**
 * Many servers take a UID once in an account, so that an item that was refused in one collection may be welcome as soon as it left another.
 * To be called before anything leaves too, as a run that is killed then would have it wait for a day.
 * @returns the names of the collections in which something is to be tried again
 */
export function makeRoom(pair: Pair, leaving: ReadonlySet<Ident>, clock: Clock): ReadonlySet<string> {
  if (leaving.size === 0) return new Set();
  const hasRoom = pair.status.mappings().filter((mapping) => {
    const status = pair.status.open(mapping);
    const left = status.unfinished().filter(({ ident }) => leaving.has(ident));
    const refused = left.filter((one) => isRefusedCreation(one, status, pair));
    if (refused.length > 0) takeBack(refused, status, clock);
    return refused.length > 0 || left.some(({ reason }) => reason === ROOM_MADE);
  });
  return new Set(hasRoom.map(({ name }) => name));
}

function isRefusedCreation(left: Unfinished, status: StatusStore, { oneWay }: Pair): boolean {
  const { type, ident, a, b } = left;
  if (type !== 'refused' || isForWantOfRight(left)) return false;
  return oneWay ? b === undefined : planItem(ident, a, b, status.get(ident))?.type === 'create';
}

/** Without states, so that the collection is looked at though nothing changed in it. */
function takeBack(refused: readonly Unfinished[], status: StatusStore, clock: Clock): void {
  const idents = new Set(refused.map(({ ident }) => ident));
  const others = status.unfinished().filter(({ ident }) => !idents.has(ident));
  const tried = refused.map(({ ident, a, b, atMs }) => {
    return { ident, a, b, atMs, type: 'failed', reason: ROOM_MADE } as const;
  });
  status.finish({
    a: { ...status.progress('a'), state: undefined },
    b: { ...status.progress('b'), state: undefined },
    unfinished: [...others, ...tried],
    atMs: clock.nowMs(),
  });
}
