import { closeSync, writeSync } from 'node:fs';
import { UsageError } from '../core/errors.ts';
import type { LogLevel } from '../lib/logger.ts';
import { loadFrom } from './config-source.ts';
import { EngineHost } from './engine-host.ts';
import { openLog } from './log.ts';
import { askPrompted } from './prompted.ts';
import { ReportPrinter } from './report-printer.ts';
import { parseSelection } from './selection.ts';
import { pairNames, selectedStorages } from './wiring.ts';

export interface DaemonOptions {
  readonly configPath: string | undefined;
  readonly logLevel: LogLevel;
  readonly env: NodeJS.ProcessEnv;
  readonly pairs: readonly string[];
  /** Gets the line `READY=1` once credentials are there and synchronising begins, and is closed then (s6, dinit, OpenRC). */
  readonly readyFd: number | undefined;
}

/** `pimsync daemon`: keeps pairs in step until SIGINT or SIGTERM; SIGUSR1 synchronises now. */
export async function runDaemon({ configPath, logLevel, env, pairs, readyFd }: DaemonOptions): Promise<void> {
  const config = await loadFrom({ type: 'file', path: configPath }, env);
  const log = openLog(logLevel, undefined);
  for (const warning of config.warnings) log.warn({}, warning);
  const only = new Set(parseSelection(pairs, pairNames(config)).keys());
  if (only.size === 0)
    throw new UsageError('there is no pair to keep in step; add a [pair.NAME] to the configuration');
  const printer = new ReportPrinter(log);
  const host = new EngineHost({
    config,
    prompted: await askPrompted(config, selectedStorages(config, pairs)),
    only,
    log,
    publisher: () => undefined,
    onReport: (report) => printer.print(report),
  });
  try {
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    });
    process.on('SIGUSR1', () => void host.syncNow());
    await host.start();
    if (readyFd !== undefined) announce(readyFd);
    await stopped;
  } finally {
    await host.close();
  }
}

function announce(fd: number): void {
  writeSync(fd, 'READY=1\n');
  closeSync(fd);
}
