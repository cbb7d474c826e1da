import { readHidden } from '../config/prompt.ts';
import type { Config, StorageConfig } from '../config/config.ts';

/** Asks at the terminal for every password that the configuration wants typed, before anything starts. By storage. */
export async function askPrompted(
  config: Config,
  storages?: Iterable<string>,
): Promise<Record<string, string>> {
  const wanted = storages === undefined ? [...config.storages.keys()] : [...storages];
  const answers: Record<string, string> = {};
  for (const name of wanted) {
    const storage = config.storages.get(name);
    if (storage && asksForPassword(storage))
      answers[name] = await readHidden(`Password for storage "${name}": `);
  }
  return answers;
}

const asksForPassword = (storage: StorageConfig): boolean =>
  'password' in storage && storage.password !== undefined && storage.password.type === 'prompt';
