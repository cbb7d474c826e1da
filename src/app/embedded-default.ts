import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { defaultConfigPath } from '../config/load.ts';
import { StateError } from '../core/errors.ts';

/** One collection in each storage, so that the mount is useful at once. */
const FIRST_COLLECTION = {
  calendar: { id: 'personal', name: 'Personal' },
  contact: { id: 'people', name: 'People' },
} as const;

/**
 * Makes the folders of the embedded default where they are missing; what is there is left alone. A deleted first collection
 * comes back only when its whole storage was deleted.
 * @throws StateError
 */
export async function ensureEmbeddedFolders({ storages }: Config): Promise<void> {
  for (const storage of storages.values()) {
    if (!('path' in storage)) continue;
    const { id, name } = FIRST_COLLECTION[storage.kind];
    try {
      const made = await mkdir(storage.path, { recursive: true, mode: 0o700 });
      if (made === undefined) continue;
      await mkdir(join(storage.path, id), { mode: 0o700 });
      await writeFile(join(storage.path, id, 'displayname'), name, { mode: 0o600 });
    } catch (cause) {
      throw new StateError(`the folder ${storage.path} cannot be made: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
}

/** @returns one clause that begins in lower case */
export const howToAddAccount = (env: NodeJS.ProcessEnv): string =>
  `to add an account, copy mount.example.toml to ${defaultConfigPath({ env, home: env['HOME'] ?? homedir() })} and change it; "pimsync check" tells whether it works`;
