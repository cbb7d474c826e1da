import type { Ident } from '../core/item.ts';
import { otherSide, type Side, type SyncedItem, type Unfinished, type Version } from '../core/status.ts';
import { etag } from '../core/storage.ts';
import { leftOver, type Write } from './action.ts';

/** Tells the notes of this file from other passing leftovers. */
const IN_FLIGHT = 'it was being written when the last run ended';
const BEING_REMOVED = 'it was being removed when the last run ended';
/** Of what has to be read again, though something is known of it. */
export const UNSEEN = etag('not seen');

/**
 * The note that is stored before a text is sent or an item removed. Should the run be killed, the next one knows whose write it finds,
 * and that the other side had no such item any more: one that is there then was made since.
 */
export const inFlight = (action: Write, atMs: number): Unfinished =>
  leftOver(action, { type: 'passing', reason: action.type === 'remove' ? BEING_REMOVED : IN_FLIGHT, atMs });

/** Whether a side had no such item when that was noted, or has another one since it was to be removed there. */
export const wasGone = (note: Unfinished, side: Side, now: Version): boolean =>
  note[side] === undefined || (note.reason === BEING_REMOVED && note[side].etag !== now.etag);

/** A write of which it is not known whether it arrived, with what is there now. */
export interface Flight {
  readonly ident: Ident;
  /** The side that was written to. */
  readonly on: Side;
  /** What was sent. */
  readonly sent: Version;
  /** What the target held before. */
  readonly before: Version | undefined;
  readonly now: Version;
  /** What is now on the side that it was sent from. */
  readonly source: Version | undefined;
}

/** The side that a write was sent to when the last run was killed; `undefined`: this is no such note. */
export function targetInFlight(
  leftover: Unfinished | undefined,
  synced: SyncedItem | undefined,
): Side | undefined {
  if (leftover?.reason !== IN_FLIGHT) return undefined;
  return isTarget('b', leftover, synced) ? 'b' : 'a';
}

/** The write that was under way when the last run was killed, if it may have arrived. */
export function flightOf(
  leftover: Unfinished | undefined,
  synced: SyncedItem | undefined,
  now: Readonly<Record<Side, Version | undefined>>,
): Flight | undefined {
  const on = targetInFlight(leftover, synced);
  if (!leftover || !on) return undefined;
  const sent = leftover[otherSide(on)];
  const found = now[on];
  if (!sent || !found || found.hash === leftover[on]?.hash) return undefined;
  return { ident: leftover.ident, on, sent, before: leftover[on], now: found, source: now[otherSide(on)] };
}

/** It had nothing, or what both sides last agreed on. */
const isTarget = (side: Side, leftover: Unfinished, synced: SyncedItem | undefined): boolean =>
  leftover[side] === undefined || leftover[side].hash === synced?.[side].hash;

/**
 * What both sides agreed on by the write that was under way. `landed`: what was sent is there, though the server rewrote it
 * or somebody edited it since. `undefined`: what is there may be somebody else's.
 */
export function agreedInFlight(
  { ident, on, sent, now, source }: Flight,
  landed: boolean,
): SyncedItem | undefined {
  if (now.hash !== sent.hash && !landed) return undefined;
  // An edit since must be seen again, should this run be killed between recording the write and noting that the edit is sent on.
  const target = now.hash === sent.hash ? now : { ...now, etag: UNSEEN, hash: sent.hash };
  // At its former place there may be another one, and at the new one nothing was seen yet.
  const origin = source && source.href !== sent.href ? { ...sent, href: source.href, etag: UNSEEN } : sent;
  return on === 'a' ? { ident, a: target, b: origin } : { ident, a: origin, b: target };
}
