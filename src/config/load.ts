import { type FileHandle, open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import type { Config } from './config.ts';
import { embeddedDefault } from './default-config.ts';
import { interpretConfig } from './interpret.ts';
import { expandHome, type Surroundings, xdgFolder } from './paths.ts';

interface LoadOptions extends Surroundings {
  /** What `-c` names. */
  readonly explicitPath?: string | undefined;
}

/** Where the configuration is looked for when nobody says where it is. */
export const defaultConfigPath = (surroundings: Surroundings): string =>
  join(xdgFolder('XDG_CONFIG_HOME', '.config', surroundings), 'pimsync', 'mount.toml');

/**
 * Finds, reads and checks the configuration: `-c`, else `$PIMSYNC_CONFIG`, else `mount.toml` below `$XDG_CONFIG_HOME`, else
 * the embedded default. Nothing is fetched, run or contacted.
 * @throws ConfigError with all faults at once, or when a file that was asked for cannot be read
 */
export async function loadConfig(options: LoadOptions): Promise<Config> {
  const { env, home } = options;
  const file = await readConfig(options);
  if (!file) return embeddedDefault({ env, home });
  const config = interpretConfig(file.text, file.path, { env, home });
  return { ...config, warnings: [...config.warnings, ...exposed(config, file.mode)] };
}

/**
 * The file that `loadConfig` makes a configuration of.
 * @returns undefined when there is none, and nobody asked for one
 * @throws ConfigError when one that was asked for cannot be read
 */
export async function readConfig({ explicitPath, env, home }: LoadOptions): Promise<ConfigFile | undefined> {
  const asked = explicitPath ?? nonEmpty(env['PIMSYNC_CONFIG']);
  const path = asked === undefined ? defaultConfigPath({ env, home }) : resolve(expandHome(asked, home));
  const file = await readConfigFile(path);
  if (file || asked === undefined) return file;
  const by = explicitPath === undefined ? '$PIMSYNC_CONFIG' : '-c';
  throw new ConfigError(`${path}, named by ${by}, is not there`);
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

interface ConfigFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** Undefined when there is no such file. */
async function readConfigFile(path: string): Promise<ConfigFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const { mode } = await handle.stat();
    return { path, text: decode(await handle.readFile(), path), mode };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'ENOENT') return undefined;
    throw new ConfigError(`the configuration ${path} cannot be read (${code})`, { cause: error });
  } finally {
    await handle?.close();
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ConfigError(`the configuration ${path} is not UTF-8 text`, { cause });
  }
}

/** A password that other users of the machine can read. */
function exposed({ path, storages }: Config, mode: number): string[] {
  if ((mode & 0o077) === 0) return [];
  const named = [...storages.values()].filter(
    (storage) => 'password' in storage && storage.password?.type === 'text',
  );
  return named.map(
    ({ name }) =>
      `storage.${name}: the password stands in ${path}, which others may read; chmod 600 it, or use { command = [..] }`,
  );
}
