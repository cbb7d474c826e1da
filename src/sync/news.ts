import type { Progress, StatusStore, Unfinished, Version } from '../core/status.ts';
import { SIDES } from './both-sides.ts';
import { isOtherDirection } from './settings.ts';

/** What a run ends with. */
export interface RunEnd {
  readonly a: Progress;
  readonly b: Progress;
  readonly unfinished: readonly Unfinished[];
  readonly settings: string;
}

/** Whether the end of a run says anything that is not stored already. A storage without states is read each time, and a disk need not wake for it. */
export function isNews(run: RunEnd, status: StatusStore): boolean {
  const stored = new Map(status.unfinished().map((left) => [left.ident, left]));
  return (
    SIDES.some((side) => !isSameProgress(run[side], status.progress(side))) ||
    stored.size !== run.unfinished.length ||
    (stored.size > 0 && run.settings !== status.settings()) ||
    isOtherDirection(status.settings(), run.settings) ||
    run.unfinished.some((left) => !isSameLeftover(left, stored.get(left.ident)))
  );
}

const isSameProgress = (one: Progress, other: Progress): boolean =>
  one.token === other.token && one.state === other.state;

/** Since when it is left over is told by the stored one. */
const isSameLeftover = (one: Unfinished, other: Unfinished | undefined): boolean =>
  one.type === other?.type &&
  one.reason === other.reason &&
  SIDES.every((side) => isSameVersion(one[side], other[side]));

const isSameVersion = (one: Version | undefined, other: Version | undefined): boolean =>
  one?.href === other?.href && one?.etag === other?.etag && one?.hash === other?.hash;
