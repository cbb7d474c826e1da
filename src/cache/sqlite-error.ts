import SQLite from 'better-sqlite3';
import { StateError } from '../core/errors.ts';
import { FileError, type FileErrorCode } from './file-tree.ts';

/** SQLite's primary result codes in the kernel's words; what is missing here is a fault of ours and stays as it is. */
const FILE_ERROR: Readonly<Record<string, FileErrorCode>> = {
  SQLITE_FULL: 'ENOSPC',
  SQLITE_BUSY: 'EBUSY',
  SQLITE_LOCKED: 'EBUSY',
  SQLITE_READONLY: 'EROFS',
  SQLITE_TOOBIG: 'EFBIG',
  SQLITE_IOERR: 'EIO',
  SQLITE_CORRUPT: 'EIO',
  SQLITE_NOTADB: 'EIO',
  SQLITE_CANTOPEN: 'EIO',
  SQLITE_NOMEM: 'EIO',
};

const REMEDY: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'the disk is full; free some space, nothing is lost',
  SQLITE_BUSY: 'another process holds the database for too long; try again',
  SQLITE_LOCKED: 'another process holds the database for too long; try again',
  SQLITE_READONLY: 'the database is not writable; check owner and permissions of the state folder',
  SQLITE_TOOBIG: 'too large for the database',
  SQLITE_IOERR: 'the disk reports an error; perhaps it is full',
  SQLITE_CORRUPT: 'the database is damaged; it is left as it is, move it away to start afresh',
  SQLITE_NOTADB:
    'this is not a database of pimsync, or it is damaged; it is left as it is, move it away to start afresh',
  SQLITE_CANTOPEN: 'the database cannot be opened; check the state folder',
  SQLITE_NOMEM: 'out of memory',
};

/** Runs what the file server asked of the database; SQLite's failures come out as FileError. */
export function asFileError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = primaryCode(error);
    const name = code === undefined ? undefined : FILE_ERROR[code];
    if (code === undefined || name === undefined) throw error;
    throw new FileError(name, REMEDY[code] ?? code, { cause: error });
  }
}

/** The same for everything else that uses the database. @param what was being done, for the message */
export function asStateError<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = primaryCode(error);
    const remedy = code === undefined ? undefined : REMEDY[code];
    if (remedy === undefined) throw error;
    throw new StateError(`${what}: ${remedy}`, { cause: error });
  }
}

/** `SQLITE_IOERR_WRITE` → `SQLITE_IOERR`; undefined for what is not SQLite's. */
export function primaryCode(error: unknown): string | undefined {
  return error instanceof SQLite.SqliteError ? error.code.split('_', 2).join('_') : undefined;
}
