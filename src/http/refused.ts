import { AuthError, type PimsyncError } from '../core/errors.ts';
import type { Exchange } from './guarded-fetch.ts';
import { refusalError } from './refusal.ts';
import { retryAfterSeconds } from './retry-policy.ts';
import { readServerWords } from './server-words.ts';

/** What an error message needs to know besides the answer. */
export interface Context {
  /** For example `PUT /alice/work/1.ics`. */
  readonly what: string;
  readonly secrets: readonly string[];
  readonly nowMs: number;
}

/** What to throw for an answer that is no success, with what its body says. */
export function refusalOf(
  { answer, authorized, repeated }: Exchange,
  status: number,
  { what, secrets, nowMs }: Context,
): PimsyncError {
  const { headers, body, url } = answer;
  if (status === 401 && !authorized)
    return new AuthError(
      `${what}: ${url.origin} wants credentials, and none are configured for it; they are sent to the configured host only`,
    );
  const { conditions, words } = readServerWords(body, headers.get('content-type') ?? '', secrets);
  const retryAfter = retryAfterSeconds(headers.get('retry-after'), nowMs);
  return refusalError({ what, status, conditions, words, retryAfterSeconds: retryAfter, repeated });
}
