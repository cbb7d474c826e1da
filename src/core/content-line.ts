/**
 * Content lines of iCalendar (RFC 5545, 3.1) and vCard (RFC 6350, 3.2), read tolerantly: whatever has lines can be
 * looked at. Nothing here refuses; damaged items are carried over like all others.
 */
export interface ContentLine {
  /** Upper case; a vCard group ("item1.TEL") is part of it. A line without a colon is all name, as written. */
  readonly name: string;
  /** Parameters as written, without the leading semicolon; names in upper case, order of the text. */
  readonly params: readonly string[];
  readonly value: string;
}

/**
 * Unfolds: a line that begins with a space or tab continues the one before (RFC 5545, 3.1). Blank lines are left out. Takes
 * time in proportion to the text, whatever its line ends: items may come from anybody and have 20 MB.
 */
export function unfold(text: string): string[] {
  const lines: string[] = [];
  const nextLineFeed = forwardSearch(text, '\n');
  const nextReturn = forwardSearch(text, '\r');
  let start = 0;
  while (start < text.length) {
    const end = Math.min(nextLineFeed(start), nextReturn(start));
    if (end > start) addLine(lines, text.slice(start, end));
    start = end + 1;
  }
  return lines;
}

function addLine(lines: string[], raw: string): void {
  const previous = lines.length - 1;
  if ((raw.startsWith(' ') || raw.startsWith('\t')) && previous >= 0) lines[previous] += raw.slice(1);
  else if (raw.trim() !== '') lines.push(raw);
}

/** Where a character comes next at or after a position that only ever moves on; the text's length when it does not. */
function forwardSearch(text: string, wanted: string): (from: number) => number {
  let next = 0;
  return (from) => {
    if (next < from || from === 0) next = text.indexOf(wanted, from);
    if (next === -1) next = text.length;
    return next;
  };
}

const [QUOTE, COLON, SEMICOLON] = [0x22, 0x3a, 0x3b];

/** Splits `NAME;PARAM=value:VALUE`; colons and semicolons inside double quotes do not separate. */
export function parseContentLine(line: string): ContentLine {
  const head: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charCodeAt(at);
    if (character === QUOTE) quoted = !quoted;
    else if (!quoted && (character === SEMICOLON || character === COLON)) {
      head.push(line.slice(start, at));
      start = at + 1;
      if (character === COLON) return toContentLine(head, line.slice(start));
    }
  }
  return { name: line, params: [], value: '' };
}

function toContentLine([name = '', ...params]: readonly string[], value: string): ContentLine {
  return { name: name.trim().toUpperCase(), params: params.map(upperCaseParamName), value };
}

function upperCaseParamName(param: string): string {
  const equals = param.indexOf('=');
  return equals === -1
    ? param.toUpperCase()
    : param.slice(0, equals).toUpperCase() + '=' + unquote(param.slice(equals + 1));
}

/** Quotes around a parameter value are needed only where it has separators; servers add and drop them freely. */
const unquote = (value: string): string => (/^"[^":;,]*"$/.test(value) ? value.slice(1, -1) : value);
