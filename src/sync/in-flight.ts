import type { Side, SyncedItem, Unfinished } from '../core/status.ts';
import { type Action, type Conflict, leftOver, type Send } from './action.ts';

/** Tells the notes of this file from other passing leftovers. */
const IN_FLIGHT = 'it was being written when the last run ended';

/** The note that is stored before a text is sent. Should the run be killed, the next one knows whose write it finds. */
export const inFlight = (action: Send, atMs: number): Unfinished =>
  leftOver(action, { type: 'passing', reason: IN_FLIGHT, atMs });

/**
 * After a run was killed while it wrote to a server that rewrites what it stores, our own write looks like a change by
 * somebody else: a conflict that nobody made. It is taken for ours when the source has not changed since, and the target
 * either had nothing under that UID, or is known to rewrite this very item.
 */
export function adoptOwnWrite(
  conflict: Conflict,
  leftover: Unfinished | undefined,
  synced: SyncedItem | undefined,
): Action {
  if (leftover?.reason !== IN_FLIGHT) return conflict;
  const isOurs =
    wasWrittenTo('a', conflict, leftover, synced) || wasWrittenTo('b', conflict, leftover, synced);
  return isOurs ? { ...conflict, type: 'remember' } : conflict;
}

function wasWrittenTo(
  target: Side,
  conflict: Conflict,
  leftover: Unfinished,
  synced: SyncedItem | undefined,
): boolean {
  const source = target === 'a' ? 'b' : 'a';
  if (leftover[source]?.hash !== conflict[source].hash) return false;
  const before = leftover[target];
  return before === undefined || (before.hash === synced?.[target].hash && synced.a.hash !== synced.b.hash);
}
