import { CommanderError } from 'commander';
import { type ErrorCode, PimsyncError } from '../core/errors.ts';

export const OK = 0;
export const FAILED = 1;
export const WRONG_USAGE = 2;
export const INTERRUPTED = 130;

/** docs/facts.md, S1: 1 for what failed, 2 for wrong usage or configuration. */
const EXIT_CODE = {
  usage: WRONG_USAGE,
  config: WRONG_USAGE,
  auth: FAILED,
  forbidden: FAILED,
  'not-found': FAILED,
  'already-exists': FAILED,
  'precondition-failed': FAILED,
  'read-only': FAILED,
  'invalid-item': FAILED,
  emptied: FAILED,
  refused: FAILED,
  unreachable: FAILED,
  server: FAILED,
  busy: FAILED,
  state: FAILED,
  mount: FAILED,
} satisfies Record<ErrorCode, number>;

/** The exit status for what failed, given the codes of what did; wrong usage outdoes the rest, as trying again is in vain. */
export const exitCodeOfFailures = (codes: readonly ErrorCode[]): number =>
  Math.max(FAILED, ...codes.map((code) => EXIT_CODE[code]));

/** The exit status for an error we foresaw; undefined for one that is a bug. */
export function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof PimsyncError) return EXIT_CODE[error.code];
  // Commander ends help and version with 0 and everything else it refuses with 1.
  if (error instanceof CommanderError) return error.exitCode === 0 ? OK : WRONG_USAGE;
  return undefined;
}
