import { type ContentLine, parseContentLine } from '../core/content-line.ts';
import { PimsyncError } from '../core/errors.ts';
import { unfolded } from '../core/raw-lines.ts';
import type { CollectionProperties } from '../core/storage.ts';
import { toColor } from './colors.ts';
import type { RawCalendar } from './split.ts';

/** RFC 7986, and what was there before it. */
const NAMES = ['NAME', 'X-WR-CALNAME'] as const;
const DESCRIPTIONS = ['DESCRIPTION', 'X-WR-CALDESC'] as const;
/** The exact one first: RFC 7986 has only names of colours. */
const COLORS = ['X-APPLE-CALENDAR-COLOR', 'COLOR', 'X-OUTLOOK-COLOR'] as const;

/**
 * Name, description and colour of a feed.
 * @param decode as in `Decoded`; a line that it refuses counts as missing
 */
export function calendarProperties(
  calendars: readonly RawCalendar[],
  decode: (piece: string) => string,
): CollectionProperties {
  const lines = calendars.flatMap(({ lines }) => lines).flatMap((raw) => readLine(raw, decode));
  const displayname = firstText(lines, NAMES)?.replaceAll(/\s+/g, ' ');
  const description = firstText(lines, DESCRIPTIONS);
  const color = COLORS.flatMap((name) => valuesOf(lines, name))
    .map(toColor)
    .find((found) => found !== undefined);
  return {
    ...(displayname === undefined ? {} : { displayname }),
    ...(color === undefined ? {} : { color }),
    ...(description === undefined ? {} : { description }),
  };
}

function readLine(raw: string, decode: (piece: string) => string): ContentLine[] {
  try {
    return [parseContentLine(unfolded(decode(raw)))];
  } catch (error) {
    if (error instanceof PimsyncError) return [];
    throw error;
  }
}

const valuesOf = (lines: readonly ContentLine[], name: string): string[] =>
  lines.filter((line) => line.name === name).map(({ value }) => value.trim());

const firstText = (lines: readonly ContentLine[], names: readonly string[]): string | undefined =>
  names
    .flatMap((name) => valuesOf(lines, name))
    .map(unescaped)
    .find((text) => text !== '');

/** RFC 5545, 3.3.11; other control characters have no business in a name. */
const unescaped = (value: string): string =>
  value
    .replaceAll(/\\([\\;,Nn])/g, (_, character: string) => (/n/i.test(character) ? '\n' : character))
    // oxlint-disable-next-line no-control-regex -- these are the characters to get rid of
    .replaceAll(/[\u0000-\u0009\u000B-\u001F\u007F]/g, ' ')
    .trim();
