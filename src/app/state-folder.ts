import { type Database, openDatabase } from '../cache/database.ts';
import { acquireStateLock } from '../cache/state-lock.ts';
import { Cleanup } from './cleanup.ts';
import { ensureStateFolder, type StatePaths } from './state-paths.ts';

/** The state folder in the hands of this process. */
export interface HeldState {
  readonly db: Database;
  /** Closes the database, then lets others have the folder. */
  release(): Promise<void>;
}

/**
 * Makes the state folder where it is missing, takes it, and opens its database.
 * @throws BusyError when another process has it
 * @throws StateError when it cannot be used; then nothing is held
 */
export async function holdState(paths: StatePaths): Promise<HeldState> {
  ensureStateFolder(paths);
  const cleanup = new Cleanup();
  const lock = acquireStateLock(paths.folder);
  cleanup.add(() => lock.release());
  try {
    const db = openDatabase(paths.database);
    cleanup.add(() => void db.close());
    return { db, release: () => cleanup.run() };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}
