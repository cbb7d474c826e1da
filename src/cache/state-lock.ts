import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { BusyError, StateError } from '../core/errors.ts';
import { asStateError, primaryCode } from './sqlite-error.ts';

/** Held by the one engine of a state folder; ends with the process, however it ends. */
export interface StateLock {
  release(): void;
}

/**
 * Takes the state folder for this process. The lock is SQLite's own on a small file: the kernel gives it up when the process
 * dies, so that no stale lock is ever left, and Node has no flock of its own.
 * @throws BusyError naming the process that has it
 * @throws StateError when the folder cannot be written
 */
export function acquireStateLock(folder: string): StateLock {
  const lockFile = join(folder, 'engine.lock');
  const pidFile = join(folder, 'engine.pid');
  // Made before SQLite does, whose own files would be readable by all under the usual umask.
  onDisk(folder, () => closeSync(openSync(lockFile, 'a', 0o600)));
  const db = asStateError(`opening ${lockFile}`, () => new SQLite(lockFile, { timeout: 0 }));
  try {
    lock(db, folder);
    onDisk(folder, () => writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 }));
  } catch (error) {
    db.close();
    throw error;
  }
  return {
    release() {
      rmSync(pidFile, { force: true });
      db.close();
    },
  };
}

function lock(db: SQLite.Database, folder: string): void {
  asStateError(`locking ${folder}`, () => {
    try {
      db.exec('BEGIN EXCLUSIVE');
    } catch (cause) {
      if (primaryCode(cause) !== 'SQLITE_BUSY') throw cause;
      const pid = lockHolder(folder);
      const who = pid === undefined ? '' : ` (process ${pid})`;
      throw new BusyError(
        `another pimsync${who} works with ${folder}; wait for it, stop it, or set another state_path`,
        { cause },
      );
    }
  });
}

/** The process that holds the lock, as far as is known; it may be just coming or going. */
export function lockHolder(folder: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(folder, 'engine.pid'), 'utf8').trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function onDisk<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new StateError(`the state folder ${folder} cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
}
