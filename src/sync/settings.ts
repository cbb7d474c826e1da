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

/** Something is left over that was decided when the settings were others, so that it has to be decided anew. */
export const haveSettingsChanged = (job: CollectionJob): boolean =>
  job.status.settings() !== settingsOf(job) && job.status.unfinished().length > 0;
