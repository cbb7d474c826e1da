import {
  AlreadyExistsError,
  AuthError,
  BusyError,
  ConfigError,
  EmptiedError,
  type ErrorCode,
  type ErrorDetails,
  ForbiddenError,
  InvalidItemError,
  MountError,
  NotFoundError,
  PimsyncError,
  PreconditionFailedError,
  ReadOnlyError,
  RefusedError,
  ServerError,
  StateError,
  UnreachableError,
  UsageError,
} from '../core/errors.ts';

/** An error in a form that can be handed to another process. */
export interface ForeignError {
  readonly message: string;
  /** An `ErrorCode`; something else when it comes from another version. */
  readonly code: string;
}

type ErrorClass = new (message: string, details?: ErrorDetails) => PimsyncError;

const CLASSES = {
  usage: UsageError,
  config: ConfigError,
  auth: AuthError,
  forbidden: ForbiddenError,
  'not-found': NotFoundError,
  'already-exists': AlreadyExistsError,
  'precondition-failed': PreconditionFailedError,
  'read-only': ReadOnlyError,
  'invalid-item': InvalidItemError,
  emptied: EmptiedError,
  refused: RefusedError,
  unreachable: UnreachableError,
  server: ServerError,
  busy: BusyError,
  state: StateError,
  mount: MountError,
} satisfies Record<ErrorCode, ErrorClass>;

/** What was not foreseen has no code and becomes `otherwise`. */
export const toForeign = (error: unknown, otherwise: ErrorCode): ForeignError => ({
  message: error instanceof Error ? error.message : String(error),
  code: error instanceof PimsyncError ? error.code : otherwise,
});

/** The error as it was on the other side, without its stack. */
export function fromForeign({ message, code }: ForeignError): PimsyncError {
  const Known: ErrorClass = isErrorCode(code) ? CLASSES[code] : ServerError;
  return new Known(message);
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(CLASSES, code);
