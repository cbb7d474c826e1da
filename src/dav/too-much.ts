import { PimsyncError } from '../core/errors.ts';
import { Oversized, statusOf, TimeLimit } from '../http/refusal.ts';

/** Whether a server may well do what it failed at when it is asked for less at once. */
export function isTooMuch(error: unknown): boolean {
  if (!(error instanceof PimsyncError)) return false;
  const status = statusOf(error);
  return (
    error.cause instanceof TimeLimit || error.cause instanceof Oversized || status === 413 || status === 507
  );
}
