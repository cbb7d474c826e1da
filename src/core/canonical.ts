import type { Component, ComponentTree } from './component.ts';
import type { ContentLine } from './content-line.ts';

/**
 * What programs rewrite on their own and no person edits: PRODID names the last writer, DTSTAMP, LAST-MODIFIED,
 * CREATED and REV the moment of writing; Radicale adds X-RADICALE-NAME; METHOD is dropped by servers (RFC 4791, 4.1).
 */
export const NOISE: ReadonlySet<string> = new Set([
  'PRODID',
  'METHOD',
  'DTSTAMP',
  'LAST-MODIFIED',
  'CREATED',
  'REV',
  'X-RADICALE-NAME',
  'X-WR-CALNAME',
]);

/**
 * The text that is hashed to tell whether two items mean the same: unfolded, names upper case, parameters, properties and
 * components in order of their text, noise left out. Servers reorder and refold what they store (Radicale 3.1, Xandikos
 * 0.2, Cyrus 3.6), so a hash of the bytes would see changes that nobody made. A text without components stands for itself.
 * Damage is part of the form: mending it is a change that has to be carried too.
 */
export function canonicalForm({ components, strayLines }: ComponentTree, text: string): string {
  if (components.length === 0) return text;
  return (
    components.map(canonicalComponent).toSorted().join('') + strayLines.map(canonicalLine).toSorted().join('')
  );
}

/** The form of one component; two components with the same one mean the same. */
export function canonicalComponent({ name, lines, components, closed }: Component): string {
  const own = lines.filter((line) => !NOISE.has(line.name)).map(canonicalLine);
  const inner = components.map(canonicalComponent);
  return `BEGIN:${name}\n${own.toSorted().join('')}${inner.toSorted().join('')}${closed ? `END:${name}\n` : ''}`;
}

/** The form of one line, noise or not. */
export function canonicalLine({ name, params, value }: ContentLine): string {
  const head = params.length === 0 ? name : `${name};${params.toSorted().join(';')}`;
  return `${head}:${value}\n`;
}
