import { type Config, isEmbeddedDefault } from '../config/config.ts';
import type { Logger } from '../lib/logger.ts';
import { loadFrom } from './config-source.ts';
import { ensureEmbeddedFolders, howToAddAccount } from './embedded-default.ts';

/** What every command is given. */
export interface CommandBase {
  /** As given by `-c`. */
  readonly configPath: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** For the storages and the engine; ends up on stderr. */
  readonly log: Logger;
  /** One line for the person at the terminal, on stderr. */
  readonly say: (line: string) => void;
}

/** The configuration; what is unwise about it is said. @throws ConfigError */
export async function loadForCommand({ configPath, env, say }: Omit<CommandBase, 'log'>): Promise<Config> {
  const config = await loadFrom({ type: 'file', path: configPath }, env);
  for (const warning of config.warnings) say(`pimsync: ${warning}`);
  if (isEmbeddedDefault(config)) {
    await ensureEmbeddedFolders(config);
    say(`pimsync: no configuration yet, so this is about local folders; ${howToAddAccount(env)}`);
  }
  return config;
}
