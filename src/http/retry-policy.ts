import type { Timing } from './timing.ts';

/** First try included. */
export const MAX_ATTEMPTS = 3;
/** What a server asks us to wait beyond that is for the scheduler, not for a request that somebody waits for. */
const MAX_WAIT_SECONDS = 120;

/** Nextcloud answers 429 without saying for how long. */
const FIRST_WAIT_429_MS = 30_000;
const FIRST_WAIT_MS = 500;

const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT']);

/**
 * Whether sending a request twice does no harm: it only reads, or the server checks a condition that the first try, had it been
 * carried out, would have made false.
 */
export const isRepeatable = (method: string, headers: Readonly<Record<string, string>>): boolean =>
  READS.has(method) || Object.keys(headers).some((name) => /^if-(none-)?match$/i.test(name));

export const isPassing = (status: number): boolean => PASSING.has(status);

/** Seconds from a Retry-After header, which holds a number or a date (RFC 9110, 10.2.3). */
export function retryAfterSeconds(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - nowMs) / 1000));
}

/**
 * How long to wait before try number `attempt + 1`; `undefined` when it is longer than a caller should be kept. With jitter, so
 * that many clients that were turned away together do not come back together.
 */
export function waitBeforeRetryMs(
  attempt: number,
  { status, retryAfter }: { readonly status: number | undefined; readonly retryAfter: number | undefined },
  timing: Pick<Timing, 'random'>,
): number | undefined {
  if (retryAfter !== undefined) {
    return retryAfter > MAX_WAIT_SECONDS ? undefined : retryAfter * 1000 + timing.random() * 1000;
  }
  const first = status === 429 ? FIRST_WAIT_429_MS : FIRST_WAIT_MS;
  return first * 2 ** (attempt - 1) * (0.5 + timing.random());
}
