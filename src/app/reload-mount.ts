import type { Config } from '../config/config.ts';
import { isWithin } from '../config/paths.ts';
import { PimsyncError } from '../core/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { type ConfigSource, loadFrom, pinned } from './config-source.ts';

/** A mount as it runs. */
export interface RunningMount {
  readonly config: Config;
  /** What the configuration is to be read from again. */
  readonly source: ConfigSource;
  /** Where it is mounted, which the command line may have chosen. */
  readonly directory: string;
}

export interface Wanted {
  readonly config: Config;
  readonly source: ConfigSource;
}

/** Reads the configuration of a mount anew. @returns undefined when the old one has to stay; why is told */
export async function readAnew(
  running: RunningMount,
  env: NodeJS.ProcessEnv,
  log: Logger,
): Promise<Wanted | undefined> {
  if (running.source.type === 'ad-hoc') {
    log.warn({}, 'this mount was made without a configuration; there is nothing to read anew');
    return undefined;
  }
  try {
    const source = await pinned(running.source, env);
    const config = await loadFrom(source, env);
    const hindrances = hindrancesOf(running, config);
    if (hindrances.length === 0) {
      for (const warning of config.warnings) log.warn({}, warning);
      return { config, source };
    }
    log.error(
      { changed: hindrances.join(', ') },
      'what the mount is made of cannot change under it, so the old configuration stays; unmount and mount again',
    );
  } catch (error) {
    tellKept(error, log);
  }
  return undefined;
}

/** @throws what was not foreseen */
export function tellKept(error: unknown, log: Logger): void {
  if (!(error instanceof PimsyncError)) throw error;
  log.error({ reason: error.message }, 'the new configuration cannot be used; the old one stays');
}

/** The keys that keep a configuration from being taken over by a mount that is there. Pure. */
export function hindrancesOf({ config: before, directory }: RunningMount, after: Config): string[] {
  const [old, wanted] = [before.mount, after.mount];
  if (!old || !wanted) return ['mount'];
  const shown = [...old.storages].toSorted();
  const isChosen = old.path !== directory;
  return [
    ...(before.statePath === after.statePath ? [] : ['state_path']),
    ...(isChosen || old.path === wanted.path ? [] : ['mount.path']),
    ...(old.layout === wanted.layout ? [] : ['mount.layout']),
    ...(String(shown) === String([...wanted.storages].toSorted()) ? [] : ['mount.storages']),
    ...shown.filter((name) => isOtherKind(name, before, after)).map((name) => `storage.${name}.type`),
    ...foldersIn(after, directory).map((name) => `storage.${name}.path`),
  ];
}

/** One that is not there any more is told of as missing from the list. */
function isOtherKind(name: string, before: Config, after: Config): boolean {
  const now = after.storages.get(name)?.kind;
  return now !== undefined && now !== before.storages.get(name)?.kind;
}

/** Whoever read a vdir through the mount would wait for itself. */
const foldersIn = ({ storages }: Config, directory: string): string[] =>
  [...storages.values()]
    .filter(
      (storage) =>
        'path' in storage && (isWithin(storage.path, directory) || isWithin(directory, storage.path)),
    )
    .map(({ name }) => name);
