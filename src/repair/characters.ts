import type { Finding, Mending } from './finding.ts';

/**
 * Puts right what can be wrong with a text before anybody reads a word of it. Lines that all end in LF alone stay as they are: every
 * program reads them, most folders are full of them, and servers that keep what they are sent hand them out that way.
 */
export function mendCharacters(text: string): Mending {
  const findings: Finding[] = [];
  let mended = text;
  for (const { fault, mend } of STEPS) {
    const next = mend(mended);
    if (next !== mended) findings.push({ fault });
    mended = next;
  }
  return { text: mended, findings };
}

const STEPS = [
  { fault: 'bom', mend: (text: string) => (text.startsWith('\uFEFF') ? text.slice(1) : text) },
  { fault: 'control-characters', mend: withoutControls },
  { fault: 'line-ends', mend: withOneLineEnd },
  { fault: 'empty-lines', mend: withoutEmptyLines },
] as const;

/** What XML 1.0 (2.2) cannot carry, so that a server that stored it could not hand it out. Vertical tab and form feed part words. */
function withoutControls(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- these are the characters to get rid of
      .replaceAll(/[\u0000-\u0008\u000E-\u001F\uFFFE\uFFFF]/g, '')
      // A blank at the start of a line would make it a part of the one before.
      .replaceAll(/[\v\f]+/g, (_, at: number, whole: string) => (isLineStart(whole, at) ? '' : ' '))
  );
}

const isLineStart = (text: string, at: number): boolean => at === 0 || /[\r\n]/.test(text[at - 1] ?? '');

const LINE_END = /\r\n|\n|\r/g;

function withOneLineEnd(text: string): string {
  const kinds = new Set(text.match(LINE_END));
  return kinds.size > 1 || kinds.has('\r') ? text.replaceAll(LINE_END, '\r\n') : text;
}

/** Those behind the last line are left: many programs write one, and nobody minds. */
function withoutEmptyLines(text: string): string {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text.split(lineEnd);
  const first = lines.findIndex((line) => line.trim() !== '');
  const last = lines.findLastIndex((line) => line !== '');
  const kept = lines.filter((line, at) => at > last || (at >= first && line !== ''));
  return kept.length === lines.length ? text : kept.join(lineEnd);
}
