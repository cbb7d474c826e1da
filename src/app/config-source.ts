import { homedir } from 'node:os';
import { type AdHoc, adHocConfig } from '../config/ad-hoc.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';

/** Where a configuration comes from, in a form that can be handed to another process. */
export type ConfigSource =
  | { readonly type: 'file'; /** As given by `-c`. */ readonly path: string | undefined }
  /** `pimsync mount DIR --url …`: one storage, described on the command line. */
  | { readonly type: 'ad-hoc'; readonly storage: AdHoc; readonly mountpoint: string };

/** @throws ConfigError listing every fault of the file */
export async function loadFrom(source: ConfigSource, env: NodeJS.ProcessEnv): Promise<Config> {
  const home = env['HOME'] ?? homedir();
  return source.type === 'file'
    ? loadConfig({ explicitPath: source.path, env, home })
    : adHocConfig(source.storage, source.mountpoint, { env, home });
}
