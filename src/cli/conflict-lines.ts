import type { Conflict, ShownConflict, ShownItem } from '../app/conflicts.ts';
import type { ShownProperty } from '../app/property-conflicts.ts';
import { NOISE } from '../core/canonical.ts';
import type { Side } from '../core/status.ts';
import type { Difference } from '../core/text-differences.ts';
import { sideBySide } from './columns.ts';

const NOT_THERE = '(not there)';

/** One of the list. */
export function listLine(conflict: Conflict): string {
  const title = conflict.type === 'property' ? undefined : conflict.title;
  return `${conflict.item}: ${title === undefined ? '' : `"${title}": `}${conflict.reason}`;
}

/** All that is different, one under the other, as the items have it. */
export const detailLines = (shown: ShownConflict): string[] =>
  shown.type === 'property' ? propertyLines(shown) : itemLines(shown);

const propertyLines = (shown: ShownProperty): string[] => [
  shown.item,
  `  a: ${shown.storages.a}`,
  `  b: ${shown.storages.b}`,
  ...stacked(propertyDifference(shown)),
];

const propertyDifference = ({ property, base, values }: ShownProperty): Difference => ({
  what: property,
  base,
  a: values.a ?? undefined,
  b: values.b ?? undefined,
});

function itemLines(shown: ShownItem): string[] {
  const { item, title, a, b, differences } = shown;
  return [
    `${item}${title === undefined ? '' : `: "${title}"`}`,
    `  a: ${a.storage} ${a.href}`,
    `  b: ${b.storage} ${b.href}`,
    ...(differences.length === 0 ? ['both say the same'] : differences.flatMap(stacked)),
  ];
}

const stacked = ({ what, base, a, b }: Difference): string[] => [
  what,
  ...(base === undefined ? [] : [`  before: ${base}`]),
  `  a: ${a ?? NOT_THERE}`,
  `  b: ${b ?? NOT_THERE}`,
];

/** Where somebody is who goes through all of them. */
export interface Position {
  readonly number: number;
  readonly total: number;
}

/** One to decide about: what it is, and both sides beside each other where the terminal is wide enough. */
export function comparisonLines(
  shown: ShownConflict,
  { number, total }: Position,
  columns: number,
): string[] {
  const { name, where, sides, differences } =
    shown.type === 'property' ? propertyView(shown) : itemView(shown);
  return [
    '',
    `Conflict ${number} of ${total}: ${name}`,
    where,
    ...(sideBySide(sides.a, sides.b, columns) ?? [`  ${sides.a}`, `  ${sides.b}`]),
    ...differences
      .toSorted((one, other) => rankOf(one) - rankOf(other))
      .flatMap((one) => compared(one, columns)),
  ];
}

interface View {
  readonly name: string;
  readonly where: string;
  readonly sides: Readonly<Record<Side, string>>;
  readonly differences: readonly Difference[];
}

function itemView({ title, start, pair, collection, uid, a, b, differences }: ShownItem): View {
  const name = [
    title === undefined ? 'an item without title' : `"${title}"`,
    ...(start === undefined ? [] : [start]),
  ];
  return {
    name: name.join(', '),
    where: `${pair}/${collection}, UID ${uid}`,
    sides: { a: `a: ${a.storage} ${a.href}`, b: `b: ${b.storage} ${b.href}` },
    differences,
  };
}

const propertyView = (shown: ShownProperty): View => ({
  name: `the ${shown.property} of ${shown.collection}`,
  where: `${shown.pair}/${shown.collection}`,
  sides: { a: `a: ${shown.storages.a}`, b: `b: ${shown.storages.b}` },
  differences: [propertyDifference(shown)],
});

/** What programs write on their own comes last. */
const rankOf = ({ what }: Difference): number => (NOISE.has(what.split(' ')[0] ?? '') ? 1 : 0);

function compared(difference: Difference, columns: number): string[] {
  const readable = {
    what: difference.what,
    base: difference.base && unescaped(difference.base),
    a: unescaped(difference.a ?? NOT_THERE),
    b: unescaped(difference.b ?? NOT_THERE),
  };
  const beside = sideBySide(readable.a, readable.b, columns);
  if (!beside) return stacked(readable).flatMap((line) => line.split('\n'));
  const { what, base } = readable;
  return [base === undefined ? what : `${what} (before: ${base.replaceAll('\n', ' ')})`, ...beside];
}

/** As a person wrote it (RFC 5545, 3.3.11). */
const unescaped = (value: string): string =>
  value.replaceAll(/\\([nN,;\\])/g, (_, character: string) => (/n/i.test(character) ? '\n' : character));
