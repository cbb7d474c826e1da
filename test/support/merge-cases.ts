import assert from 'node:assert/strict';
import type { ItemKind } from '../../src/core/item.ts';
import { mergeTexts } from '../../src/core/merge.ts';

/** `edit`s of one side: a line of the base and what stands in its place, with `\n` between several lines. */
export type Edit = readonly [line: string, instead: string];

export interface Case {
  readonly base: readonly string[];
  readonly a: readonly Edit[];
  readonly b: readonly Edit[];
  /** The lines of the result that are not in the base, or what is in conflict. */
  readonly want: readonly string[] | { readonly about: readonly string[] };
}

export const COMMON = ['SUMMARY:tea', 'LOCATION:here', 'DTSTART:20260101T100000Z'];
export const DAY = '20260105T100000Z';
export const OVERRIDE = override(DAY, 'SUMMARY:cake', 'DTSTART:20260105T100000Z');
export const ALARM = alarm('TRIGGER:-PT15M', 'ACTION:DISPLAY', 'DESCRIPTION:x');

export function override(day: string, ...lines: readonly string[]): string[] {
  return ['BEGIN:VEVENT', 'UID:1', `RECURRENCE-ID:${day}`, ...lines, 'END:VEVENT'];
}

export function alarm(...lines: readonly string[]): string[] {
  return ['BEGIN:VALARM', ...lines, 'END:VALARM'];
}

export const zone = (name: string, ...lines: readonly string[]): string[] => [
  'BEGIN:VTIMEZONE',
  `TZID:${name}`,
  ...lines,
  'END:VTIMEZONE',
];

/** An event with these lines; what stands behind `END:VEVENT` stands beside it. */
export const event = (...lines: readonly string[]): string[] => [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:one',
  'BEGIN:VEVENT',
  'UID:1',
  ...lines,
  ...(lines.includes('END:VEVENT') ? [] : ['END:VEVENT']),
  'END:VCALENDAR',
];

export const contact = (...lines: readonly string[]): string[] => [
  'BEGIN:VCARD',
  'VERSION:3.0',
  'UID:1',
  'FN:Ada',
  'N:L;Ada;;;',
  ...lines,
  'END:VCARD',
];

export const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');

export function edited(lines: readonly string[], edits: readonly Edit[]): string {
  let text = textOf(lines);
  for (const [line, instead] of edits) {
    assert.ok(text.includes(`${line}\r\n`), `${line} is not there to be edited`);
    text = text.replace(`${line}\r\n`, instead === '' ? '' : `${instead.replaceAll('\n', '\r\n')}\r\n`);
  }
  return text;
}

/** Lines of `text` that are not in `known`, each as often as it is there more often. */
function newLines(text: string, known: readonly string[]): string[] {
  const left = [...known];
  return text
    .split('\r\n')
    .slice(0, -1)
    .filter((line) => {
      const at = left.indexOf(line);
      if (at === -1) return true;
      left.splice(at, 1);
      return false;
    });
}

export function checkMerge(kind: ItemKind, { base, a, b, want }: Case): void {
  const texts = { base: textOf(base), a: edited(base, a), b: edited(base, b) };
  for (const [one, other] of [
    [texts.a, texts.b],
    [texts.b, texts.a],
  ] as const) {
    const merged = mergeTexts(kind, { base: texts.base, a: one, b: other });
    const got = merged.type === 'conflict' ? { about: merged.about } : newLines(merged.text, base).toSorted();
    assert.deepEqual(got, 'about' in want ? want : [...want].toSorted());
    if (merged.type === 'merged') {
      const linesOf = (text: string): string[] => text.split('\r\n');
      const removed = [texts.a, texts.b].flatMap((side) => newLines(texts.base, linesOf(side)));
      assert.deepEqual(new Set(newLines(texts.base, linesOf(merged.text))), new Set(removed));
    }
  }
}

export const after = (line: string, ...added: readonly string[]): Edit => [line, [line, ...added].join('\n')];
export const gone = (line: string): Edit => [line, ''];
