import { homedir } from 'node:os';
import { type AdHoc, adHocConfig } from '../config/ad-hoc.ts';
import type { Config } from '../config/config.ts';
import { embeddedDefault } from '../config/default-config.ts';
import { interpretConfig } from '../config/interpret.ts';
import { loadConfig, readConfig } from '../config/load.ts';

/** Where a configuration comes from, in a form that can be handed to another process. */
export type ConfigSource =
  | { readonly type: 'file'; /** As given by `-c`. */ readonly path: string | undefined }
  /** What a file said when it was read. */
  | { readonly type: 'text'; readonly path: string; readonly text: string }
  /** There was no file. */
  | { readonly type: 'none' }
  /** `pimsync mount DIR --url …`: one storage, described on the command line. */
  | { readonly type: 'ad-hoc'; readonly storage: AdHoc; readonly mountpoint: string };

/** @throws ConfigError listing every fault of the file */
export async function loadFrom(source: ConfigSource, env: NodeJS.ProcessEnv): Promise<Config> {
  const home = env['HOME'] ?? homedir();
  switch (source.type) {
    case 'file':
      return loadConfig({ explicitPath: source.path, env, home });
    case 'text':
      return interpretConfig(source.text, source.path, { env, home });
    case 'none':
      return embeddedDefault({ env, home });
    case 'ad-hoc':
      return adHocConfig(source.storage, source.mountpoint, { env, home });
  }
  return source satisfies never;
}

/**
 * The same configuration for all who load it from now on, whatever becomes of the file.
 * @throws ConfigError when the file cannot be read
 */
export async function pinned(source: ConfigSource, env: NodeJS.ProcessEnv): Promise<ConfigSource> {
  if (source.type !== 'file') return source;
  const home = env['HOME'] ?? homedir();
  const file = await readConfig({ explicitPath: source.path, env, home });
  return file ? { type: 'text', path: file.path, text: file.text } : { type: 'none' };
}
