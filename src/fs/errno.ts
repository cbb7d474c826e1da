import { constants } from 'node:os';
import { FileError, type FileErrorCode } from '../cache/file-tree.ts';
import { type ErrorCode, PimsyncError } from '../core/errors.ts';

const { errno } = constants;

/** `satisfies` makes a code that nobody gave an errno a compile error, here and below. */
const FILE_ERRNO = {
  ENOENT: errno.ENOENT,
  EEXIST: errno.EEXIST,
  ENOTEMPTY: errno.ENOTEMPTY,
  ENOTDIR: errno.ENOTDIR,
  EISDIR: errno.EISDIR,
  EPERM: errno.EPERM,
  EACCES: errno.EACCES,
  EROFS: errno.EROFS,
  EINVAL: errno.EINVAL,
  ENAMETOOLONG: errno.ENAMETOOLONG,
  EILSEQ: errno.EILSEQ,
  ENOSPC: errno.ENOSPC,
  ESTALE: errno.ESTALE,
  EBUSY: errno.EBUSY,
  EBADF: errno.EBADF,
  EFBIG: errno.EFBIG,
  EXDEV: errno.EXDEV,
  EIO: errno.EIO,
} as const satisfies Record<FileErrorCode, number>;

const ERRNO = {
  usage: errno.EINVAL,
  config: errno.EINVAL,
  auth: errno.EACCES,
  forbidden: errno.EACCES,
  'not-found': errno.ENOENT,
  'already-exists': errno.EEXIST,
  'precondition-failed': errno.ESTALE,
  'read-only': errno.EROFS,
  'invalid-item': errno.EINVAL,
  emptied: errno.EIO,
  refused: errno.EIO,
  unreachable: errno.EIO,
  server: errno.EIO,
  busy: errno.EBUSY,
  state: errno.EIO,
  mount: errno.EIO,
} as const satisfies Record<ErrorCode, number>;

/** The kernel's number (positive) for whatever was thrown; what nobody foresaw is an I/O error. */
export function toErrno(error: unknown): number {
  if (error instanceof FileError) return FILE_ERRNO[error.code];
  if (error instanceof PimsyncError) return ERRNO[error.code];
  return errno.EIO;
}

/** Whether it is a refusal that the caller is told in full by its errno, and so needs no line in the log. */
export const isForeseen = (error: unknown): boolean => error instanceof FileError && error.code !== 'EIO';
