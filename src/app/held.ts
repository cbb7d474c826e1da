import { UsageError } from '../core/errors.ts';
import type { JsonReport } from '../sync/report.ts';
import { runSync, type RunSyncOptions } from './run-sync.ts';
import type { SyncOutcome } from './sync-outcome.ts';

export type HeldOptions = Omit<RunSyncOptions, 'dryRun' | 'allowEmpty' | 'deletions' | 'resolutions'>;

/**
 * `pimsync confirm` and `pimsync discard`: a person's word on deletions that were held back, and the run that follows it. Without a
 * selection it is for the one collection that waits for a word.
 * @returns undefined when nothing waits
 * @throws UsageError naming them when several do; and whatever `runSync` throws
 */
export async function settleHeld(
  word: 'confirm' | 'discard',
  options: HeldOptions,
): Promise<SyncOutcome | undefined> {
  const settle = (selection: readonly string[]): Promise<SyncOutcome> =>
    runSync({ ...options, selection, dryRun: false, allowEmpty: false, deletions: word });
  const places = options.selection.filter((word) => word.includes('/'));
  const pairs = options.selection.filter((word) => !word.includes('/'));
  if (places.length > 0 && pairs.length === 0) return settle(places);
  // The word is on what waits for one, not on what else may be found in the pair.
  const { json } = await runSync({ ...options, selection: pairs, dryRun: true, allowEmpty: false });
  const waiting = [...places, ...(json as readonly JsonReport[]).flatMap(placesWaiting)];
  if (waiting.length > 1 && options.selection.length === 0)
    throw new UsageError(
      `deletions are held back in ${waiting.join(', ')}; name what you mean, as in "pimsync ${word} ${waiting[0] ?? ''}"`,
    );
  return waiting.length === 0 ? undefined : settle(waiting);
}

const placesWaiting = ({ pair, collections }: JsonReport): string[] =>
  collections
    .filter(
      ({ waiting = [], problems, error }) =>
        error?.code === 'emptied' || waiting.length > 0 || problems.some(({ type }) => type === 'held'),
    )
    .map(({ name }) => `${pair}/${name}`);
