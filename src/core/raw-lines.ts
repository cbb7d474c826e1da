import { unfold } from './content-line.ts';

/** One content line as it stands in the text, folds and line end included. */
export interface RawLine {
  readonly start: number;
  readonly end: number;
}

const PHYSICAL = /[^\r\n]*(?:\r\n|\n|\r|$)/y;

/** The content lines of a text in order, so that whatever is made of them keeps every byte. */
export function* rawLines(text: string, from = 0): Generator<RawLine, void> {
  let start = from;
  while (start < text.length) {
    let end = endOfLine(text, start);
    while (text[end] === ' ' || text[end] === '\t') end = endOfLine(text, end);
    yield { start, end };
    start = end;
  }
}

function endOfLine(text: string, start: number): number {
  PHYSICAL.lastIndex = start;
  PHYSICAL.exec(text);
  return PHYSICAL.lastIndex;
}

/** A raw line without its folds and line end. */
export const unfolded = (raw: string): string => unfold(raw)[0] ?? '';

/** The line end that a raw line has, or the one of RFC 5545 where it stands at the end of a text. */
export const lineEndOf = (raw: string): string => /\r\n$|[\r\n]$/.exec(raw)?.[0] ?? '\r\n';

/** A raw line with a line end, so that another can follow. */
export const ended = (raw: string): string => (/[\r\n]$/.test(raw) ? raw : `${raw}\r\n`);
