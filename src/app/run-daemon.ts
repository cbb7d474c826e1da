import type { Config } from '../config/config.ts';
import { PimsyncError, UsageError } from '../core/errors.ts';
import { type CommandBase, loadForCommand } from './command-base.ts';
import { EngineHost } from './engine-host.ts';
import { announceOn, announceToSystemd, assertOpen } from './notify-ready.ts';
import { askPrompted } from './prompted.ts';
import { ReportPrinter } from './report-printer.ts';
import { parseSelection } from './selection.ts';
import { Wishes } from './signals.ts';
import { pairNames, selectedStorages } from './wiring.ts';

export interface DaemonOptions extends CommandBase {
  readonly pairs: readonly string[];
  /** Gets the line `READY=1` once credentials are there and synchronising begins, and is closed then. */
  readonly readyFd: number | undefined;
}

/**
 * `pimsync daemon`: keeps pairs in step until SIGINT or SIGTERM. SIGUSR1 synchronises now, SIGHUP reads the configuration anew; one
 * that is wrong is told of, and the old one stays.
 * @throws UsageError, ConfigError, BusyError, StateError; then nothing runs
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { env, log, readyFd } = options;
  if (readyFd !== undefined) assertOpen(readyFd);
  const config = await loadForCommand(options);
  assertPairs(config, options);
  const prompted = await askPrompted(config, selectedStorages(config, options.pairs));
  const wishes = new Wishes();
  let running = await open({ config, prompted }, options);
  try {
    if (readyFd !== undefined) announceOn(readyFd);
    await announceToSystemd(env, log);
    for (let wish = await wishes.next(); wish !== 'stop'; wish = await wishes.next()) {
      if (wish === 'sync') void running.host.syncNow();
      else running = await reload(running, options);
    }
  } finally {
    await running.host.close();
    wishes.letGo();
  }
}

interface Settings {
  readonly config: Config;
  /** Typed at the start; a configuration that is read anew makes nobody type again. */
  readonly prompted: Readonly<Record<string, string>>;
}

interface Running extends Settings {
  readonly host: EngineHost;
}

function assertPairs(config: Config, { pairs }: DaemonOptions): void {
  if (parseSelection(pairs, pairNames(config)).size === 0)
    throw new UsageError('there is no pair to keep in step; add a [pair.NAME] to the configuration');
}

async function open(settings: Settings, { pairs, log }: DaemonOptions): Promise<Running> {
  const printer = new ReportPrinter(log);
  const host = await EngineHost.open({
    ...settings,
    only: new Set(parseSelection(pairs, pairNames(settings.config)).keys()),
    log,
    publisher: () => undefined,
    onReport: (report) => printer.print(report),
  });
  host.start();
  return { ...settings, host };
}

/** @throws what keeps the new configuration and then the old one from running */
async function reload(running: Running, options: DaemonOptions): Promise<Running> {
  const config = await readAnew(options);
  if (!config) return running;
  const { prompted } = running;
  await running.host.close();
  try {
    return await open({ config, prompted }, options);
  } catch (error) {
    keptOld(error, options);
    return open({ config: running.config, prompted }, options);
  }
}

async function readAnew(options: DaemonOptions): Promise<Config | undefined> {
  try {
    const config = await loadForCommand(options);
    assertPairs(config, options);
    return config;
  } catch (error) {
    keptOld(error, options);
    return undefined;
  }
}

function keptOld(error: unknown, { log }: DaemonOptions): void {
  if (!(error instanceof PimsyncError)) throw error;
  log.error({ reason: error.message }, 'the new configuration cannot be used; the old one stays');
}
