import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { adHocFolder } from '../config/ad-hoc.ts';

/** The state folders of all mounts that were made without a configuration, running or not. */
export async function adHocStates(env: NodeJS.ProcessEnv): Promise<string[]> {
  const folder = adHocFolder({ env, home: env['HOME'] ?? homedir() });
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => join(folder, name));
}
