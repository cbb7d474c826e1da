import { openDatabase } from '../cache/database.ts';
import { acquireStateLock } from '../cache/state-lock.ts';
import { systemClock } from '../lib/clock.ts';
import type { LogLevel } from '../lib/logger.ts';
import type { Progress } from '../sync/engine.ts';
import { planLines, problemLines, summaryLines } from '../sync/report-lines.ts';
import { hasFailures, type PairReport, toJson } from '../sync/report.ts';
import { loadFrom } from './config-source.ts';
import { ask } from './control.ts';
import { openLog } from './log.ts';
import { askPrompted } from './prompted.ts';
import { ensureStateFolder, statePaths } from './state-paths.ts';
import { openEngine, selectedStorages } from './wiring.ts';

export interface RunSyncOptions {
  readonly configPath: string | undefined;
  readonly logLevel: LogLevel;
  readonly env: NodeJS.ProcessEnv;
  /** `PAIR` and `PAIR/COLLECTION`; none: all. */
  readonly selection: readonly string[];
  readonly dryRun: boolean;
  readonly allowEmpty: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SyncProgress) => void;
  readonly onWarning: (line: string) => void;
}

export type SyncProgress = Progress & { readonly pair: string };

export interface SyncOutcome {
  /** What was done or, for a dry run, would be. */
  readonly lines: readonly string[];
  /** One line each for what failed, is refused or in conflict. */
  readonly problems: readonly string[];
  readonly json: unknown;
  readonly failed: boolean;
}

/**
 * `pimsync sync`: has the running engine do it where there is one, else is the engine for this once.
 * @throws ConfigError, UsageError, StateError, BusyError
 */
export async function runSync(options: RunSyncOptions): Promise<SyncOutcome> {
  const { configPath, env, selection, dryRun, allowEmpty, onWarning } = options;
  const config = await loadFrom({ type: 'file', path: configPath }, env);
  for (const warning of config.warnings) onWarning(`pimsync: ${warning}`);
  const paths = statePaths(config.statePath);
  const answered = await ask(paths.socket, { op: 'sync', selection, dryRun, allowEmpty });
  if (answered !== undefined) return answered as SyncOutcome;

  ensureStateFolder(paths);
  const lock = acquireStateLock(paths.folder);
  const db = openDatabase(paths.database);
  try {
    const log = openLog(options.logLevel, undefined);
    const prompted = await askPrompted(config, selectedStorages(config, selection));
    const engine = openEngine({
      config,
      prompted,
      db,
      clock: systemClock,
      log,
      publisher: () => undefined,
      hurry: () => true,
    });
    try {
      const { signal, onProgress } = options;
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
    db.close();
    lock.release();
  }
}

/** The same for a command that ran here and for one that a running engine answered. */
export function toOutcome(reports: readonly PairReport[], dryRun: boolean): SyncOutcome {
  return {
    lines: reports.flatMap(dryRun ? planLines : summaryLines),
    problems: reports.flatMap(problemLines),
    json: reports.map(toJson),
    failed: reports.some(hasFailures),
  };
}
