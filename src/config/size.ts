const UNIT_BYTES = { kB: 1024, MB: 1024 ** 2 } as const;

/** What is read has to fit into one text, which Node ends at 512 MB. */
const LARGEST_BYTES = 256 * UNIT_BYTES.MB;

/** What `parseSize` takes, for messages. */
export const SIZE = 'a size such as "512kB" or "20MB", at least 1kB and at most 256MB';

/** Bytes, in steps of 1024; undefined for what is no size. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})(kB|MB)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  const bytes = Number(digits) * UNIT_BYTES[unit as keyof typeof UNIT_BYTES];
  return bytes > 0 && bytes <= LARGEST_BYTES ? bytes : undefined;
}
