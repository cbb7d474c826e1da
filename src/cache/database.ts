import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import SQLite from 'better-sqlite3';
import { StateError } from '../core/errors.ts';
import { MIGRATIONS } from './schema.ts';
import { asStateError, primaryCode } from './sqlite-error.ts';

/** An open database. Only this folder knows the package behind it; others hand it on. */
export type Database = SQLite.Database;

/** How long a statement waits for the other process before it gives up. */
export const BUSY_TIMEOUT_MS = 5000;
/** "pims", in the header of every database of ours, so that another program's is never taken for one. */
const APPLICATION_ID = 0x70_69_6d_73;

/**
 * Opens the one database of mount, status and memos; makes it when it is not there (file 0600, folder 0700) and brings an older one
 * up to date. Commits survive a crash of the process; a power loss only where `Transactor` is asked for it.
 * @param path a file, or `:memory:`
 * @throws StateError when it is damaged, made by a newer program or not writable; it is then left as it is
 */
export function openDatabase(path: string): Database {
  if (path !== ':memory:') makePrivateFile(path);
  return asStateError(`opening ${path}`, () => {
    const db = new SQLite(path, { timeout: BUSY_TIMEOUT_MS });
    try {
      prepareDatabase(db, path);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Made before SQLite does, whose own files would be readable by all under the usual umask; -wal and -shm take over its mode. */
function makePrivateFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
  } catch (cause) {
    throw new StateError(`the state database ${path} cannot be made or written: ${String(cause)}`, { cause });
  }
}

function prepareDatabase(db: Database, path: string): void {
  // Read first: a file that is not ours must not even be switched to WAL.
  const version = assertOurs(db, path);
  useWriteAheadLog(db);
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = ON');
  db.pragma('temp_store = MEMORY');
  // The system's own cache of the file is just behind it; more than 4 MB made no first fill faster, and two processes have it each.
  db.pragma('cache_size = -4096');
  db.pragma('journal_size_limit = 67108864');
  if (version < MIGRATIONS.length) migrate(db, path);
}

function assertOurs(db: Database, path: string): number {
  const { application, version, tables } = readHeader(db);
  if (application !== APPLICATION_ID && (version !== 0 || tables !== 0)) {
    throw new StateError(`${path} is a database of another program; it is left as it is`);
  }
  if (version > MIGRATIONS.length) {
    throw new StateError(
      `${path} was written by a newer pimsync (format ${version}, this one knows ${MIGRATIONS.length}); it is left as it is, use the newer program`,
    );
  }
  return version;
}

/** In one look: between two, another process may just have made it. */
function readHeader(db: Database): { application: number; version: number; tables: number } {
  return db.transaction(() => ({
    application: Number(db.pragma('application_id', { simple: true })),
    version: Number(db.pragma('user_version', { simple: true })),
    tables: Number(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()),
  }))();
}

/**
 * The switch to WAL needs the file alone and, unlike all else, does not wait for the busy time-out when two processes make the
 * database at the same moment; so it is tried again.
 */
function useWriteAheadLog(db: Database): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let triesLeft = BUSY_TIMEOUT_MS / 20; ; triesLeft -= 1) {
    try {
      db.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (primaryCode(error) !== 'SQLITE_BUSY' || triesLeft <= 0) throw error;
      Atomics.wait(pause, 0, 0, 20);
    }
  }
}

function migrate(db: Database, path: string): void {
  db.transaction(() => {
    // Looked at again under the lock: the other process may have been faster.
    const version = assertOurs(db, path);
    for (const step of MIGRATIONS.slice(version)) db.exec(step);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
  }).immediate();
}
