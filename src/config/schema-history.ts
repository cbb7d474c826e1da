import * as z from 'zod';
import { parseSize, type SizeRange, sizeWords } from './size.ts';

const HOUR_MS = 3_600_000;
const KEPT = 'a time such as "30d" or "12h", or "off"';
/** One text may be a few MB; and nobody wants to find out that a disk is full of old texts. */
const RANGE: SizeRange = { least: '1MB', most: '64GB' };

/** How long texts are kept that items no longer show, in milliseconds; 0: not at all. */
export const historyTime = z.string({ error: KEPT }).transform((written, context): number => {
  const keepMs = written === 'off' ? 0 : readTime(written);
  if (keepMs !== undefined) return keepMs;
  context.addIssue({ code: 'custom', message: KEPT });
  return z.NEVER;
});

function readTime(written: string): number | undefined {
  const [, digits, unit] = /^([1-9]\d{0,4})(d|h)$/.exec(written) ?? [];
  return digits === undefined ? undefined : Number(digits) * (unit === 'd' ? 24 * HOUR_MS : HOUR_MS);
}

/** How much all of them together may take, in bytes. */
export const historySize = z.string({ error: sizeWords(RANGE) }).transform((written, context): number => {
  const bytes = parseSize(written, RANGE);
  if (bytes !== undefined) return bytes;
  context.addIssue({ code: 'custom', message: sizeWords(RANGE) });
  return z.NEVER;
});
