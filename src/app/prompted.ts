import { readHidden } from '../config/prompt.ts';
import type { Config, StorageConfig } from '../config/config.ts';

/** Asks at the terminal for every password that the configuration wants typed, before anything starts, but for those that were typed before. By storage. */
export async function askPrompted(
  config: Config,
  storages: Iterable<string>,
  signal?: AbortSignal,
  typed?: Map<string, string>,
): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const name of storages) {
    const storage = config.storages.get(name);
    if (!storage || !asksForPassword(storage)) continue;
    const answer = typed?.get(name) ?? (await readHidden(`Password for storage "${name}": `, signal));
    typed?.set(name, answer);
    answers[name] = answer;
  }
  return answers;
}

const asksForPassword = (storage: StorageConfig): boolean =>
  'password' in storage && storage.password !== undefined && storage.password.type === 'prompt';
