/** Every failure the program can name. fs/errno.ts and cli/exit-code.ts answer for each, or do not compile. */
export type ErrorCode =
  | 'usage'
  | 'config'
  | 'auth'
  | 'forbidden'
  | 'not-found'
  | 'already-exists'
  | 'precondition-failed'
  | 'read-only'
  | 'invalid-item'
  | 'emptied'
  | 'refused'
  | 'unreachable'
  | 'server'
  | 'busy'
  | 'state'
  | 'mount';

export interface ErrorDetails extends ErrorOptions {
  /** Seconds to wait before the next try, where the other side said so (Retry-After). */
  readonly retryAfterSeconds?: number;
  /** DAV precondition names without namespace, for example `no-uid-conflict` (RFC 4791, 5.3.2.1). */
  readonly conditions?: readonly string[];
}

/** A refusal we foresaw: told to the user in one line. Anything else that is thrown is a bug: told with its stack. */
export abstract class PimsyncError extends Error {
  abstract readonly code: ErrorCode;
  /** Whether the same call may succeed later with nothing changed on our side. */
  readonly retryable: boolean = false;
  readonly retryAfterSeconds: number | undefined;
  readonly conditions: readonly string[];

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details);
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.conditions = details.conditions ?? [];
  }
}

/** The command line asked for something that does not exist; exit status 2. */
export class UsageError extends PimsyncError {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}

/** The configuration is wrong; exit status 2. */
export class ConfigError extends PimsyncError {
  override readonly name = 'ConfigError';
  readonly code = 'config';
}

/** The server does not accept the credentials (401), or there are none to send. */
export class AuthError extends PimsyncError {
  override readonly name = 'AuthError';
  readonly code = 'auth';
}

/** The credentials are right, the right is missing (403 without a condition). */
export class ForbiddenError extends PimsyncError {
  override readonly name = 'ForbiddenError';
  readonly code = 'forbidden';
}

/** The item or collection is not there (any more). */
export class NotFoundError extends PimsyncError {
  override readonly name = 'NotFoundError';
  readonly code = 'not-found';
}

/** Something with that name or UID is there already. */
export class AlreadyExistsError extends PimsyncError {
  override readonly name = 'AlreadyExistsError';
  readonly code = 'already-exists';
}

/** The other side changed since it was looked at; look again and decide anew. */
export class PreconditionFailedError extends PimsyncError {
  override readonly name = 'PreconditionFailedError';
  readonly code = 'precondition-failed';
  override readonly retryable = true;
}

/** The storage, collection or mount does not take writes. */
export class ReadOnlyError extends PimsyncError {
  override readonly name = 'ReadOnlyError';
  readonly code = 'read-only';
}

/** The text cannot be carried: not UTF-8, too large, or without a component. */
export class InvalidItemError extends PimsyncError {
  override readonly name = 'InvalidItemError';
  readonly code = 'invalid-item';
}

/** One side of a collection has become empty; nothing is deleted until the user says so. */
export class EmptiedError extends PimsyncError {
  override readonly name = 'EmptiedError';
  readonly code = 'emptied';
}

/** The other side will not store this item, whatever the number of tries; it stays here, marked. */
export class RefusedError extends PimsyncError {
  override readonly name = 'RefusedError';
  readonly code = 'refused';
}

/** No answer: name resolution, connection, TLS, time limit. */
export class UnreachableError extends PimsyncError {
  override readonly name = 'UnreachableError';
  readonly code = 'unreachable';
  override readonly retryable = true;
}

/** An answer that makes no sense, or 5xx, 423, 429: try later. */
export class ServerError extends PimsyncError {
  override readonly name = 'ServerError';
  readonly code = 'server';
  override readonly retryable = true;
}

/** Another pimsync holds what is needed. */
export class BusyError extends PimsyncError {
  override readonly name = 'BusyError';
  readonly code = 'busy';
  override readonly retryable = true;
}

/** The state folder or its database is damaged, newer than this program, full or not writable. */
export class StateError extends PimsyncError {
  override readonly name = 'StateError';
  readonly code = 'state';
}

/** Mounting or unmounting failed; the message says why and what to do. */
export class MountError extends PimsyncError {
  override readonly name = 'MountError';
  readonly code = 'mount';
}
