import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
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
export function ensureStateFolder({ folder }: StatePaths): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StateError(
      `the state folder ${folder} cannot be made: ${(cause as Error).message}; set state_path to a folder that can be written`,
      { cause },
    );
  }
}
