import type { CommandBase } from './command-base.ts';
import { loadFrom } from './config-source.ts';

/** `pimsync list`: what is configured, by name. @throws ConfigError */
export async function listNames(
  what: 'pairs' | 'storages',
  { configPath, env }: CommandBase,
): Promise<readonly string[]> {
  const config = await loadFrom({ type: 'file', path: configPath }, env);
  return [...config[what].keys()];
}
