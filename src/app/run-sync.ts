import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { openDatabase } from '../cache/database.ts';
import type { Config } from '../config/config.ts';
import { BusyError } from '../core/errors.ts';
import { systemClock } from '../lib/clock.ts';
import type { Progress } from '../sync/engine.ts';
import { type CommandBase, loadForCommand } from './command-base.ts';
import { ask } from './control.ts';
import { askPrompted } from './prompted.ts';
import { type HeldState, holdState } from './state-folder.ts';
import { type StatePaths, statePaths } from './state-paths.ts';
import { type SyncOutcome, toOutcome } from './sync-outcome.ts';
import { openEngine, selectedStorages } from './wiring.ts';

export interface RunSyncOptions extends CommandBase {
  /** `PAIR` and `PAIR/COLLECTION`; none: all. */
  readonly selection: readonly string[];
  readonly dryRun: boolean;
  readonly allowEmpty: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SyncProgress) => void;
}

export type SyncProgress = Progress & { readonly pair: string };

/** Who has the state is about to take requests, or to let go, within that time; or it is another `sync`, which does neither. */
const HANDOVER_MS = 3_000;
const LOOK_EVERY_MS = 100;

/**
 * `pimsync sync`: has the running engine do it where there is one, else is the engine for this once.
 * @throws ConfigError, UsageError, StateError, BusyError; ServerError when a running engine does not answer; the signal's reason
 */
export async function runSync(options: RunSyncOptions): Promise<SyncOutcome> {
  const { selection, dryRun, allowEmpty, signal } = options;
  const config = await loadForCommand(options);
  const storages = selectedStorages(config, selection);
  const paths = statePaths(config.statePath);
  const deadlineMs = Date.now() + HANDOVER_MS;
  for (;;) {
    const answered = await ask(paths.socket, { op: 'sync', selection, dryRun, allowEmpty }, { signal });
    if (answered !== undefined) return answered as SyncOutcome;
    const state = await tryHold(paths, options, Date.now() > deadlineMs);
    if (state) return syncHere(config, storages, state, options);
    await wait(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** @returns undefined when another process has the state, and it is not the last try */
async function tryHold(
  paths: StatePaths,
  { dryRun }: RunSyncOptions,
  isLast: boolean,
): Promise<HeldState | undefined> {
  if (dryRun && !existsSync(paths.database)) return passingState();
  try {
    return await holdState(paths);
  } catch (error) {
    if (error instanceof BusyError && !isLast) return undefined;
    throw error;
  }
}

/** A dry run leaves nothing behind, not even an empty state folder. */
function passingState(): HeldState {
  const db = openDatabase(':memory:');
  return { db, release: async () => void db.close() };
}

async function syncHere(
  config: Config,
  storages: ReadonlySet<string>,
  state: HeldState,
  options: RunSyncOptions,
): Promise<SyncOutcome> {
  const { selection, dryRun, allowEmpty, signal, log, onProgress } = options;
  try {
    const engine = openEngine({
      config,
      prompted: await askPrompted(config, storages, signal),
      db: state.db,
      clock: systemClock,
      log,
      publisher: () => undefined,
      hurry: () => true,
      forgetful: dryRun,
      signal,
    });
    try {
      const reports = await engine.sync(selection, {
        dryRun,
        allowEmpty,
        explicit: true,
        signal,
        onProgress: (pair, progress) => onProgress({ pair, ...progress }),
      });
      return toOutcome(reports, dryRun);
    } finally {
      await engine.close();
    }
  } finally {
    await state.release();
  }
}
