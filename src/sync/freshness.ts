import type { Side, StatusStore, Unfinished } from '../core/status.ts';
import { SIDES } from './both-sides.ts';
import type { CollectionJob } from './collection-job.ts';
import { haveSettingsChanged } from './settings.ts';

/** Servers forget to tell of changes; a listing of everything once a day finds what they did not say. */
const COMPLETE_EVERY_MS = 24 * 60 * 60 * 1000;
const NOTE_EVERY_MS = 60 * 60 * 1000;

/** Whether a side has to be listed in full, whatever its token says. A clock that was set back counts as overdue. */
export function isCompleteDue({ status, options }: CollectionJob, side: Side): boolean {
  const last = status.lastCompleteAtMs(side);
  const elapsedMs = options.clock.nowMs() - (last ?? -Infinity);
  return elapsedMs < 0 || elapsedMs >= COMPLETE_EVERY_MS;
}

/** No run was ever finished. */
export const isFirstRun = (status: StatusStore): boolean =>
  SIDES.every((side) => status.lastCompleteAtMs(side) === undefined);

/** Whether the time of a complete listing is worth a write; where there are no tokens, every listing is one. */
export function isNoteDue(lastMs: number | undefined, nowMs: number): boolean {
  const elapsedMs = nowMs - (lastMs ?? -Infinity);
  return elapsedMs < 0 || elapsedMs >= NOTE_EVERY_MS;
}

/** Nothing changed since the last run, as far as discovery told, and nothing is waiting to be done. */
export function isQuiet(job: CollectionJob): boolean {
  const { status, options } = job;
  if ((options.resolutions ?? []).length > 0) return false;
  if (haveSettingsChanged(job)) return false;
  // A plan tells what waits step by step; a word may be on it.
  const isAboutHeld = options.dryRun || options.allowEmpty || options.deletions !== 'hold';
  if (isAboutHeld && status.unfinished().some(({ type }) => type === 'held')) return false;
  if (options.retryRefused && status.unfinished().some(isWorthAnotherTry(job))) return false;
  return SIDES.every((side) => isUnchanged(job, side));
}

const isWorthAnotherTry =
  ({ conflict }: CollectionJob) =>
  ({ type }: Unfinished): boolean =>
    type === 'refused' || (type === 'conflict' && conflict !== 'manual');

/** Nothing changed on one side since it was last read, as far as discovery told. */
export function isUnchanged(job: CollectionJob, side: Side): boolean {
  const { state } = job.infos[side];
  return state !== undefined && state === job.status.progress(side).state && !isCompleteDue(job, side);
}
