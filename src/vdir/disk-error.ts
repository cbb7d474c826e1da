import {
  AlreadyExistsError,
  ForbiddenError,
  NotFoundError,
  type PimsyncError,
  ReadOnlyError,
  RefusedError,
  ServerError,
} from '../core/errors.ts';

interface Meaning {
  readonly Failure: new (message: string, options: ErrorOptions) => PimsyncError;
  readonly words: string;
}

const UNKNOWN: Meaning = { Failure: ServerError, words: 'the disk failed' };

const MEANING: Readonly<Record<string, Meaning>> = {
  ENOENT: { Failure: NotFoundError, words: 'is not there' },
  ENOTDIR: { Failure: NotFoundError, words: 'is not a folder' },
  EACCES: { Failure: ForbiddenError, words: 'permission denied' },
  EPERM: { Failure: ForbiddenError, words: 'permission denied' },
  EROFS: { Failure: ReadOnlyError, words: 'the file system is read-only' },
  EEXIST: { Failure: AlreadyExistsError, words: 'is there already' },
  ELOOP: { Failure: RefusedError, words: 'is a symbolic link, and only plain files are read' },
  ENAMETOOLONG: { Failure: RefusedError, words: 'the name is too long for this file system' },
  EILSEQ: { Failure: RefusedError, words: 'this file system does not take that name' },
  EINVAL: { Failure: RefusedError, words: 'this file system does not take that' },
  EFBIG: { Failure: RefusedError, words: 'the file is too large for this file system' },
  EXDEV: { Failure: RefusedError, words: 'is on another disk' },
  // A full disk says nothing about the item: the next run tries again.
  ENOSPC: { Failure: ServerError, words: 'the disk is full' },
  EDQUOT: { Failure: ServerError, words: 'the disk quota is used up' },
  EMFILE: { Failure: ServerError, words: 'too many files are open' },
};

/** What the disk said, as one of our errors; what did not come from the disk is a bug and stays what it is. */
export function toDiskError(error: unknown, path: string): unknown {
  const code = errnoCode(error);
  if (code === undefined) return error;
  const { Failure, words } = MEANING[code] ?? UNKNOWN;
  return new Failure(`${path}: ${words} (${code})`, { cause: error });
}

/** `ENOENT` and its like; undefined for errors that no system call gave. */
export function errnoCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Runs one piece of disk work; its failures come out as ours, naming `path`. */
export async function onDisk<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toDiskError(error, path);
  }
}
