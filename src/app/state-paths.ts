import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { StateError } from '../core/errors.ts';

/** What lies in the state folder; everything in it is 0600. */
export interface StatePaths {
  readonly folder: string;
  /** Tree of the mount, status of all pairs, memos. */
  readonly database: string;
  /** Where a running engine takes requests. */
  readonly socket: string;
  /** What `mount --daemon` has to say. */
  readonly log: string;
}

export const statePaths = (folder: string): StatePaths => ({
  folder,
  database: join(folder, 'state.db'),
  socket: join(folder, 'control.sock'),
  log: join(folder, 'pimsync.log'),
});

/** Makes the state folder, readable by its owner alone. @throws StateError */
export function ensureStateFolder(paths: StatePaths): void {
  const { folder } = paths;
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (made === undefined) closeToOthers(paths);
  } catch (cause) {
    throw new StateError(
      `the state folder ${folder} cannot be made or used: ${(cause as Error).message}; set state_path to a folder that can be written`,
      { cause },
    );
  }
}

/** A folder that somebody made for us beforehand has the usual open mode. One that serves others too (/tmp) is left as it is. */
function closeToOthers({ folder, database }: StatePaths): void {
  const { mode, uid } = statSync(folder);
  if ((mode & 0o077) === 0 || uid !== process.getuid?.() || (mode & 0o1000) !== 0) return;
  const names = readdirSync(folder);
  if (names.length === 0 || names.includes(basename(database))) chmodSync(folder, 0o700);
}
