import type { CommandBase } from './command-base.ts';
import { loadFrom } from './config-source.ts';

export const LISTS = ['pairs', 'storages'] as const;

/** `pimsync list`: what is configured, by name. @throws ConfigError */
export async function listNames(
  what: (typeof LISTS)[number],
  { configPath, env }: CommandBase,
): Promise<readonly string[]> {
  const config = await loadFrom({ type: 'file', path: configPath }, env);
  return [...config[what].keys()];
}
