import type { HeldDeletions, Progress } from '../sync/engine.ts';
import type { Resolution } from '../sync/resolution.ts';
import { type CommandBase, loadForCommand } from './command-base.ts';
import { type SyncOutcome, toOutcome } from './sync-outcome.ts';
import { selectedStorages } from './wiring.ts';
import { withEngine } from './with-engine.ts';

export interface RunSyncOptions extends CommandBase {
  /** `PAIR` and `PAIR/COLLECTION`; none: all. */
  readonly selection: readonly string[];
  readonly dryRun: boolean;
  readonly allowEmpty: boolean;
  /** Absent: `hold`. */
  readonly deletions?: HeldDeletions | undefined;
  /** What a person decided about items in conflict. */
  readonly resolutions?: readonly Resolution[] | undefined;
  readonly signal: AbortSignal;
  /** Passwords that were typed before, by storage; what is typed is added. */
  readonly typed?: Map<string, string> | undefined;
  readonly onProgress: (progress: SyncProgress) => void;
}

export type SyncProgress = Progress & { readonly pair: string };

/**
 * `pimsync sync`: has the running engine do it where there is one, else is the engine for this once.
 * @throws ConfigError, UsageError, StateError, BusyError; ServerError when a running engine does not answer; the signal's reason
 */
export async function runSync(options: RunSyncOptions): Promise<SyncOutcome> {
  const { selection, dryRun, allowEmpty, deletions, resolutions, log, signal, typed, onProgress } = options;
  const config = await loadForCommand(options);
  const answer = await withEngine(config, {
    request: { op: 'sync', selection, dryRun, allowEmpty, deletions, resolutions },
    here: async (engine) => {
      const reports = await engine.sync(selection, {
        dryRun,
        allowEmpty,
        deletions,
        resolutions,
        explicit: true,
        signal,
        onProgress: (pair, progress) => onProgress({ pair, ...progress }),
      });
      return toOutcome(reports, dryRun);
    },
    storages: selectedStorages(config, selection),
    forgetful: dryRun,
    log,
    signal,
    typed,
  });
  return answer as SyncOutcome;
}
