import type { Leaf } from './block.ts';
import { pickText, writeLine } from './merge-line.ts';
import type { Placed } from './merge-order.ts';
import { presentIn, matchUp, type Slot, type Triple, whoChanged } from './slot.ts';

/** The lines of one property in the three versions. */
export type Lines = Triple<readonly Leaf[]>;

/** Joins properties whose lines hold lists of values, such as CATEGORIES and EXDATE. Never a conflict: a value is there or not. */
export function mergeLists(lines: Lines): Placed[] {
  const [base, a, b] = [entriesOf(lines.base), entriesOf(lines.a), entriesOf(lines.b)];
  const wanted = new Set(
    [...a, ...b].filter((entry) => (base.has(entry) ? a.has(entry) && b.has(entry) : true)),
  );
  const slots = matchUp(lines, [({ canon }) => canon]);
  const side = sideWith(wanted, lines);
  if (side) return slots.map((slot) => place(slot, slot[side] !== undefined));
  const kept = slots.filter(isKept).flatMap(({ a, b }) => a ?? b ?? []);
  if (kept.flatMap(entriesIn).length === wanted.size && isSame(wanted, entriesOf(kept))) {
    return slots.map((slot) => place(slot, isKept(slot)));
  }
  return [{ from: [...lines.base, ...lines.a, ...lines.b], text: composeLists(lines, wanted) }];
}

/** The side that has all of it already; where both have, the one that wrote it anew. */
function sideWith(wanted: ReadonlySet<string>, { base, a, b }: Lines): 'a' | 'b' | undefined {
  const [likeA, likeB] = [isSame(wanted, entriesOf(a)), isSame(wanted, entriesOf(b))];
  if (likeA !== likeB) return likeA ? 'a' : 'b';
  if (!likeA) return undefined;
  const [asBase = '', asA = '', asB = ''] = [base, a, b].map((leaves) =>
    leaves
      .map(({ canon }) => canon)
      .toSorted()
      .join(''),
  );
  const side = whoChanged({ base: asBase, a: asA, b: asB });
  if (side === 'both') return asA < asB ? 'a' : 'b';
  return side === 'none' ? 'a' : side;
}

const isKept = ({ base, a, b }: Slot<Leaf>): boolean => (base ? Boolean(a && b) : true);

function place(slot: Slot<Leaf>, there: boolean): Placed {
  const { base, a, b } = slot;
  const text = a && b ? pickText({ base: base?.raw, a: a.raw, b: b.raw }) : (a ?? b)?.raw;
  return { from: presentIn(slot), text: there ? (text ?? '') : '' };
}

/**
 * Writes the lines anew where no version has them as they must be: the lines of the base with their values that stay and
 * with what the sides put beside these, then the lines that the sides added.
 */
function composeLists({ base, a, b }: Lines, wanted: ReadonlySet<string>): string {
  const open = new Set(wanted);
  const sides = [...a, ...b];
  const homes = new Map(base.map((leaf) => [leaf, new Set(entriesIn(leaf))]));
  const homeOf = (leaf: Leaf): Leaf | undefined =>
    base.find((home) => entriesIn(leaf).some((entry) => homes.get(home)?.has(entry)));
  const written = base.map((home) => {
    const guests = sides.filter((leaf) => homeOf(leaf) === home).flatMap(entriesIn);
    return writeList(home, [...entriesIn(home), ...guests.toSorted()], { open, lines: { base, a, b } });
  });
  const homeless = sides
    .filter((leaf) => !homeOf(leaf))
    .toSorted((one, other) => (one.raw < other.raw ? -1 : 1));
  for (const leaf of homeless) {
    const near = homeless.filter((other) =>
      entriesIn(other).some((entry) => entriesIn(leaf).includes(entry)),
    );
    const entries = near.length > 1 ? near.flatMap(entriesIn).toSorted() : entriesIn(leaf);
    written.push(writeList(leaf, entries, { open, lines: { base, a, b } }));
  }
  return written.join('');
}

/** One line with those of the entries that are still `open`, as a version has it where one has; empty without any. */
function writeList(
  like: Leaf,
  entries: readonly string[],
  { open, lines }: { readonly open: Set<string>; readonly lines: Lines },
): string {
  const written = entries.filter((entry) => open.delete(entry));
  if (written.length === 0) return '';
  const [base, a, b] = [lines.base, lines.a, lines.b].map(
    (leaves) => leaves.find((leaf) => entriesIn(leaf).join() === written.join())?.raw,
  );
  if (a !== undefined && b !== undefined) return pickText({ base, a, b });
  const known = a ?? b ?? base;
  if (known !== undefined) return known;
  const head = like.content.slice(0, like.content.length - like.line.value.length);
  const paramsLength = paramsOf(like).length;
  return writeLine(head + written.map((entry) => entry.slice(paramsLength)).join(','), like.raw);
}

const isSame = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every((entry) => other.has(entry));

const entriesOf = (leaves: readonly Leaf[]): Set<string> => new Set(leaves.flatMap(entriesIn));

/** Values with the parameters they stand under: the same date in another time zone is another date. */
const entriesIn = (leaf: Leaf): string[] => splitList(leaf.line.value).map((value) => paramsOf(leaf) + value);

const paramsOf = ({ line }: Leaf): string =>
  line.params
    .map((param) => `${param};`)
    .toSorted()
    .join('');

/** At the commas that no backslash makes part of a value (RFC 5545, 3.3.11). */
function splitList(value: string): string[] {
  const values: string[] = [];
  let start = 0;
  for (let at = 0; at < value.length; at += 1) {
    if (value[at] === '\\') at += 1;
    else if (value[at] === ',') {
      values.push(value.slice(start, at));
      start = at + 1;
    }
  }
  return [...values, value.slice(start)];
}
