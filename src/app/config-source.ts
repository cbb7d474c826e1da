import { homedir } from 'node:os';
import { adHocConfig, type AdHoc } from '../config/ad-hoc.ts';
import { type Config, loadConfig } from '../config/load.ts';

/** Where a configuration comes from, in a form that can be handed to another process. */
export type ConfigSource =
  | { readonly type: 'file'; /** As given by `-c`. */ readonly path: string | undefined }
  /** `pimsync mount DIR --url …`: one storage, described on the command line. */
  | { readonly type: 'ad-hoc'; readonly storage: AdHoc };

/** @throws ConfigError listing every fault of the file */
export function loadFrom(source: ConfigSource, env: NodeJS.ProcessEnv): Promise<Config> {
  const home = env['HOME'] ?? homedir();
  return source.type === 'file'
    ? loadConfig({ ...(source.path === undefined ? {} : { explicitPath: source.path }), env, home })
    : adHocConfig(source.storage, { env, home });
}
