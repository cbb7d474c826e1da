import {
  AuthError,
  type ErrorDetails,
  ForbiddenError,
  NotFoundError,
  PimsyncError,
  PreconditionFailedError,
  RefusedError,
  ServerError,
} from '../core/errors.ts';

/** What a server answered in place of what was asked for. The `cause` of our error, for those who must know the status. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  /** An earlier try may have been carried out although its answer was lost: a 412 may be the echo of our own success. */
  readonly repeated: boolean;

  constructor(status: number, message: string, repeated: boolean) {
    super(message);
    this.status = status;
    this.repeated = repeated;
  }
}

/** An answer larger than the limit. Smaller batches may help. */
export class Oversized extends Error {
  override readonly name = 'Oversized';
}

/** No answer within the time limit. Smaller batches may help. */
export class TimeLimit extends Error {
  override readonly name = 'TimeLimit';
}

/** The status that a server refused with; `undefined` when it was something else that failed. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof PimsyncError && error.cause instanceof Refusal ? error.cause.status : undefined;

export const wasRepeated = (error: PimsyncError): boolean =>
  error.cause instanceof Refusal && error.cause.repeated;

interface RefusalFacts {
  /** For example `PUT /alice/work/1.ics`. */
  readonly what: string;
  readonly status: number;
  readonly conditions?: readonly string[];
  /** The server's own words. */
  readonly words?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly repeated?: boolean;
}

/** A refusal as an error of ours: what was asked, what came back, in the server's words, and what to do where we know. */
export function refusalError(facts: RefusalFacts): PimsyncError {
  const { what, status, conditions = [], words, retryAfterSeconds, repeated = false } = facts;
  const reasons = [...conditions, ...(words === undefined ? [] : [words])].join(': ');
  const message = `${what}: the server answered ${status}${reasons === '' ? '' : ` (${reasons})`}${adviceFor(status)}`;
  const details: ErrorDetails = {
    conditions,
    cause: new Refusal(status, message, repeated),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
  return new (errorClassFor(status, conditions))(message, details);
}

type ErrorClass = new (message: string, details: ErrorDetails) => PimsyncError;

const CLASS_BY_STATUS: ReadonlyMap<number, ErrorClass> = new Map<number, ErrorClass>([
  [401, AuthError],
  [404, NotFoundError],
  [407, AuthError],
  [410, NotFoundError],
  [412, PreconditionFailedError],
  [423, ServerError],
  [429, ServerError],
  [501, RefusedError],
]);

/** 403 says "you may not" only when no precondition says what else is wrong (RFC 4918, 16). */
function errorClassFor(status: number, conditions: readonly string[]): ErrorClass {
  if (status === 403) {
    const rightMissing = conditions.length === 0 || conditions.includes('need-privileges');
    return rightMissing ? ForbiddenError : RefusedError;
  }
  return CLASS_BY_STATUS.get(status) ?? (status >= 400 && status < 500 ? RefusedError : ServerError);
}

function adviceFor(status: number): string {
  if (status === 401) return '; check username and password (some services want an app password)';
  if (status === 507) return '; the account may be full';
  return '';
}
