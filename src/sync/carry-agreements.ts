import type { Ident } from '../core/item.ts';
import type { SyncedItem, Version } from '../core/status.ts';
import type { Action, Conflict, Remember } from './action.ts';
import type { OpenCollection } from './collection-run.ts';
import { UNSEEN } from './in-flight.ts';
import { ledgerOf } from './move.ts';
import { planItem } from './plan.ts';

/** What is on both sides of a collection that knows nothing of it. */
type Met = Conflict | Remember;

/** Where that is. */
interface Meeting {
  readonly to: OpenCollection;
  readonly met: Met;
}

/** What is there on both sides without an agreement on it. It may have come from another collection, and its agreement with it. */
export const isUnagreed = (action: Action, { look }: Pick<OpenCollection, 'look'>): action is Met =>
  (action.type === 'conflict' || action.type === 'remember') && !look.known.synced(action.ident);

/**
 * Has what both sides agreed on, and its text, follow an item that went from one collection and is on both sides of another: each side
 * moved it there, or a run was killed while it followed one that did. Else an edit on the way or since would look like two new items
 * of one UID. It is recorded where the item is before it is forgotten where it was.
 */
export function carryAgreements(opened: readonly OpenCollection[]): OpenCollection[] {
  const left = leftIn(opened);
  if (left.size === 0) return [...opened];
  const met = metIn(opened, left);
  const instead = new Map<Action, Action>();
  for (const [ident, [from, ...others]] of left) {
    const [there, ...more] = met.get(ident) ?? [];
    if (!from || !there || others.length + more.length > 0 || there.to === from) continue;
    instead.set(there.met, carry(from, there));
  }
  return opened.map((one) => {
    const planned = one.look.planned.map((action) => instead.get(action) ?? action);
    return Object.assign({}, one, { look: Object.assign({}, one.look, { planned }) });
  });
}

/** @returns what is to be done about it now */
function carry(from: OpenCollection, { to, met }: Meeting): Action {
  const { ident, a, b } = met;
  const agreed = from.look.known.synced(ident);
  if (!agreed) return met;
  const there: SyncedItem = { ident, a: asAgreed(a, agreed.a), b: asAgreed(b, agreed.b) };
  if (!to.job.options.dryRun) {
    readAnew(to.job);
    ledgerOf(to).agreed([{ ...there, text: from.look.known.base(ident) }]);
  }
  if (to.job.oneWay) return met;
  return planItem(ident, a, b, there) ?? { type: 'remember', ident, a, b };
}

/** Another content than the agreed one is to be read again, should the run be killed now. */
const asAgreed = ({ href, etag, hash }: Version, agreed: Version): Version => ({
  href,
  etag: hash === agreed.hash ? etag : UNSEEN,
  hash: agreed.hash,
});

/**
 * Has the next run list everything, unless this one comes to its end: no token tells of an item that did not change, and what was known
 * of it beyond the agreement goes with the agreement.
 */
export function readAnew({ status, options }: OpenCollection['job']): void {
  const unread = { token: undefined, state: undefined };
  status.finish({ a: unread, b: unread, unfinished: status.unfinished(), atMs: options.clock.nowMs() });
}

/** By ident, each with the collections that have it. */
type Places<T> = ReadonlyMap<Ident, readonly T[]>;

function metIn(opened: readonly OpenCollection[], left: Places<unknown>): Places<Meeting> {
  const met = new Map<Ident, Meeting[]>();
  for (const to of opened)
    for (const one of to.look.planned)
      if (left.has(one.ident) && isUnagreed(one, to))
        met.set(one.ident, [...(met.get(one.ident) ?? []), { to, met: one }]);
  return met;
}

function leftIn(opened: readonly OpenCollection[]): Places<OpenCollection> {
  const left = new Map<Ident, OpenCollection[]>();
  for (const from of opened)
    for (const { type, ident } of from.look.planned)
      if (type === 'forget' || type === 'remove') left.set(ident, [...(left.get(ident) ?? []), from]);
  return left;
}
