import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { BusyError } from '../core/errors.ts';

/** Held by the one engine of a state folder; ends with the process, however it ends. */
export interface StateLock {
  release(): void;
}

/**
 * Takes the state folder for this process. The lock is SQLite's own on a small file: the kernel gives it up when the process
 * dies, so that no stale lock is ever left, and Node has no flock of its own.
 * @throws BusyError naming the process that has it
 */
export function acquireStateLock(folder: string): StateLock {
  const pidFile = join(folder, 'engine.pid');
  const db = new Database(join(folder, 'engine.lock'), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    db.close();
    throw new BusyError(
      `another pimsync${holder(pidFile)} works with ${folder}; stop it, or set another state_path`,
      { cause },
    );
  }
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return {
    release() {
      rmSync(pidFile, { force: true });
      db.close();
    },
  };
}

function holder(pidFile: string): string {
  try {
    return ` (process ${readFileSync(pidFile, 'utf8').trim()})`;
  } catch {
    // It holds the lock, but has not written its number yet, or is just going.
    return '';
  }
}
