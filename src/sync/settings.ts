import { type CollectionJob, isWritable } from './collection-job.ts';

/** What decides about items beside the items themselves: settings of the pair, and the right to write to its sides. */
export const settingsOf = (job: CollectionJob): string =>
  JSON.stringify({
    oneWay: job.oneWay,
    onEmpty: job.onEmpty,
    conflict: job.conflict,
    noDelete: { a: job.noDelete.a, b: job.noDelete.b },
    writable: { a: isWritable(job, 'a'), b: isWritable(job, 'b') },
  });

/**
 * What was decided under other settings has to be decided anew, as something is left over of it. Another direction is always worth a
 * run: by it a later one tells what side b made after it became a copy.
 */
export function haveSettingsChanged(job: CollectionJob): boolean {
  const [stored, now] = [job.status.settings(), settingsOf(job)];
  return stored !== now && (job.status.unfinished().length > 0 || isOtherDirection(stored, now));
}

/** Side b was no copy of side a when the last run ended. */
export const hasBecomeOneWay = (job: CollectionJob): boolean =>
  job.oneWay && isOtherDirection(job.status.settings(), settingsOf(job));

/**
 * What a run that ends now remembers. While something is in doubt that may be side b's own, a pair that has become one-way is not yet
 * taken for one: nobody was asked about that.
 */
export function settingsToKeep(job: CollectionJob, isSettled: boolean): string {
  const stored = job.status.settings();
  return stored !== undefined && !isSettled && hasBecomeOneWay(job) ? stored : settingsOf(job);
}

/** Whether a pair was one-way under the former settings and is not under the latter, or the other way round. */
export const isOtherDirection = (former: string | undefined, latter: string): boolean =>
  former !== undefined && isOneWay(former) !== isOneWay(latter);

function isOneWay(settings: string): boolean {
  const parsed: unknown = JSON.parse(settings);
  return typeof parsed === 'object' && parsed !== null && 'oneWay' in parsed && parsed.oneWay === true;
}
