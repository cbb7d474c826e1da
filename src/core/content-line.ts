/**
 * Content lines of iCalendar (RFC 5545, 3.1) and vCard (RFC 6350, 3.2), read tolerantly: whatever has lines can be
 * looked at. Nothing here refuses; damaged items are carried over like all others.
 */
export interface ContentLine {
  /** Upper case; a vCard group ("item1.TEL") is part of it. */
  readonly name: string;
  /** Parameters as written, without the leading semicolon; names in upper case, order of the text. */
  readonly params: readonly string[];
  readonly value: string;
}

/** Unfolds: a line that begins with a space or tab continues the one before (RFC 5545, 3.1). Blank lines are left out. */
export function unfold(text: string): string[] {
  const lines: string[] = [];
  for (const raw of text.split(/\r\n|\n|\r/)) {
    const previous = lines.length - 1;
    if ((raw.startsWith(' ') || raw.startsWith('\t')) && previous >= 0) lines[previous] += raw.slice(1);
    else if (raw.trim() !== '') lines.push(raw);
  }
  return lines;
}

/** Splits `NAME;PARAM=value:VALUE`; colons and semicolons inside double quotes do not separate. */
export function parseContentLine(line: string): ContentLine {
  const colon = indexOutsideQuotes(line, ':', 0);
  const head = colon === -1 ? line : line.slice(0, colon);
  const [name = '', ...params] = splitOutsideQuotes(head, ';');
  return {
    name: name.trim().toUpperCase(),
    params: params.map(upperCaseParamName),
    value: colon === -1 ? '' : line.slice(colon + 1),
  };
}

function upperCaseParamName(param: string): string {
  const equals = param.indexOf('=');
  return equals === -1
    ? param.toUpperCase()
    : param.slice(0, equals).toUpperCase() + '=' + unquote(param.slice(equals + 1));
}

/** Quotes around a parameter value are needed only where it has separators; servers add and drop them freely. */
const unquote = (value: string): string => (/^"[^":;,]*"$/.test(value) ? value.slice(1, -1) : value);

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (;;) {
    const at = indexOutsideQuotes(text, separator, start);
    if (at === -1) return [...parts, text.slice(start)];
    parts.push(text.slice(start, at));
    start = at + 1;
  }
}

function indexOutsideQuotes(text: string, wanted: string, from: number): number {
  const plain = text.indexOf(wanted, from);
  const quote = text.indexOf('"', from);
  if (plain === -1 || quote === -1 || quote > plain) return plain;
  let quoted = false;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '"') quoted = !quoted;
    else if (text[at] === wanted && !quoted) return at;
  }
  return -1;
}
