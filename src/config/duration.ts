const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Timers of Node end at 2^31 ms. */
const LONGEST_MS = 24 * 24 * UNIT_MS.h;

/** What `parseDuration` takes, for messages. */
export const DURATION = 'a duration such as "90s", "5m", "1h" or "250ms", at most 576h';

/** Milliseconds; undefined for what is no duration. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,12})(ms|s|m|h)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  const ms = Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return ms <= LONGEST_MS ? ms : undefined;
}
