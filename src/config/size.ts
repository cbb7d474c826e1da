const UNIT_BYTES = { kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 } as const;

/** Both as they are written. */
export interface SizeRange {
  readonly least: string;
  readonly most: string;
}

/** What is read has to fit into one text, which Node ends at 512 MB. */
const OF_TEXTS: SizeRange = { least: '1kB', most: '256MB' };

/** What `parseSize` takes, for messages. */
export const sizeWords = ({ least, most }: SizeRange = OF_TEXTS): string =>
  `a size such as "512kB" or "20MB", at least ${least} and at most ${most}`;

/** Bytes, in steps of 1024; undefined for what is no size, or none in that range. */
export function parseSize(text: string, { least, most }: SizeRange = OF_TEXTS): number | undefined {
  const bytes = toBytes(text);
  const isFit = bytes !== undefined && bytes >= (toBytes(least) ?? 0) && bytes <= (toBytes(most) ?? 0);
  return isFit ? bytes : undefined;
}

function toBytes(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})(kB|MB|GB)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Number(digits) * UNIT_BYTES[unit as keyof typeof UNIT_BYTES];
}
