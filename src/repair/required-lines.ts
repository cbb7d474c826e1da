import { type Block, isLeaf, readBlocks, valueIn } from '../core/block.ts';
import { lineEndOf } from '../core/raw-lines.ts';
import type { Fault, Mending } from './finding.ts';
import { isMain } from './main-components.ts';

type Missing = Extract<Fault, 'no-version' | 'no-prodid' | 'no-dtstamp'>;

/** Adds the lines without which servers refuse an item and whose value is no matter of taste; every other line stays as it is. */
export function addRequiredLines(text: string, nowMs: number): Mending {
  const { prefix, blocks } = readBlocks(text);
  const missing = new Set<Missing>();
  const mended = blocks.map((block) =>
    block.name === 'VCARD' ? completeCard(block, missing) : completeCalendar(block, missing, nowMs),
  );
  return { text: prefix + mended.join(''), findings: [...missing].map((fault) => ({ fault })) };
}

function completeCard(card: Block, missing: Set<Missing>): string {
  if (valueIn(card, 'VERSION') !== undefined) return card.raw;
  missing.add('no-version');
  return withLines(card, [`VERSION:${cardVersion(card)}`]);
}

/** Only in RFC 6350. */
const NEW_IN_4: ReadonlySet<string> = new Set([
  'KIND',
  'MEMBER',
  'GENDER',
  'ANNIVERSARY',
  'RELATED',
  'CLIENTPIDMAP',
  'XML',
]);

/** 3.0 is what every server takes; a card that shows in what version it was written is left in it. */
function cardVersion({ lines }: Block): string {
  if (lines.some(({ params }) => params.some((param) => /QUOTED-PRINTABLE$/i.test(param)))) return '2.1';
  return lines.some(({ name }) => NEW_IN_4.has(name)) ? '4.0' : '3.0';
}

function completeCalendar(calendar: Block, missing: Set<Missing>, nowMs: number): string {
  const version = valueIn(calendar, 'VERSION');
  // vCalendar 1.0 demands neither PRODID nor DTSTAMP.
  if (version === '1.0') return calendar.raw;
  const lines: string[] = [];
  if (version === undefined) {
    missing.add('no-version');
    lines.push('VERSION:2.0');
  }
  if (valueIn(calendar, 'PRODID') === undefined) {
    missing.add('no-prodid');
    lines.push('PRODID:-//pimsync//repair//EN');
  }
  const children = calendar.children.map((child) =>
    isLeaf(child) || !isMain(child) ? child.raw : stamped(child, missing, nowMs),
  );
  return withLines(calendar, lines, children);
}

function stamped(main: Block, missing: Set<Missing>, nowMs: number): string {
  if (valueIn(main, 'DTSTAMP') !== undefined) return main.raw;
  missing.add('no-dtstamp');
  const known = ['LAST-MODIFIED', 'CREATED'].map((name) => valueIn(main, name)).find(isUtc);
  return withLines(main, [`DTSTAMP:${known ?? utc(nowMs)}`]);
}

const isUtc = (value: string | undefined): boolean => value !== undefined && /^\d{8}T\d{6}Z$/.test(value);

const utc = (ms: number): string => new Date(ms).toISOString().replaceAll(/[-:]|\.\d+/g, '');

/** The component with lines put in front of what is in it, which may be written anew. */
function withLines(
  { begin, children, end }: Block,
  lines: readonly string[],
  inner: readonly string[] = children.map(({ raw }) => raw),
): string {
  const lineEnd = lineEndOf(begin);
  return [begin, ...lines.map((line) => line + lineEnd), ...inner, end].join('');
}
