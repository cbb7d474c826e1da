import { type Block, isLeaf, toBlock } from './block.ts';
import type { ContentLine } from './content-line.ts';
import { type Versions, whoChanged } from './slot.ts';

/** What the groups of a contact say, by their names in upper case; the same for two that differ in name alone. */
type Groups = ReadonlyMap<string, string>;
type Sides = Pick<Versions<Block>, 'a' | 'b'>;

/**
 * Names the groups that the sides added (`item1.TEL` with `item1.X-ABLabel`) so that they can stand in one contact.
 * Programs number them from 1, so that groups that have nothing to do with each other have one name. It means nothing
 * beyond the contact (RFC 6350, 3.3), and is all that is changed.
 */
export function alignGroups({ base, a, b }: Versions<Block>): Versions<Block> {
  const before = groupsOf(base);
  // What the only side that touched groups has made of their names is left as it is.
  const [isA, isB] = [isSame(groupsOf(a), before), isSame(groupsOf(b), before)];
  const sides = { a: isB ? a : asBefore(a, before), b: isA ? b : asBefore(b, before) };
  return { base, ...partGroups(joinGroups(sides, before), before) };
}

/** Groups that both sides changed: their lines mean something only together. */
export function groupFaults({ base, a, b }: Versions<Block>): string[] {
  const [before, inA, inB] = [groupsOf(base), groupsOf(a), groupsOf(b)];
  return [...new Set([...before.keys(), ...inA.keys(), ...inB.keys()])]
    .filter((name) => whoChanged({ base: before.get(name), a: inA.get(name), b: inB.get(name) }) === 'both')
    .map((name) => `the group ${name.toLowerCase()}`);
}

const isSame = (one: Groups, other: Groups): boolean =>
  one.size === other.size && [...one].every(([name, says]) => other.get(name) === says);

/** Programs number groups anew when one is gone; what says the same as before gets its name back. */
function asBefore(side: Block, before: Groups): Block {
  let block = side;
  for (const [name, says] of [...groupsOf(side)].toReversed()) {
    const now = groupsOf(block);
    const old = [...before].find(([old, said]) => said === says && !now.has(old))?.[0];
    if (old !== undefined && before.get(name) !== says) block = renamed(block, name, old);
  }
  return block;
}

/** What both added alike gets one name. */
function joinGroups(sides: Sides, before: Groups): Sides {
  let { a, b } = sides;
  for (const [name, says] of added(a, before)) {
    const [inA, inB] = [groupsOf(a), groupsOf(b)];
    const other = added(b, before).find(([other, theirs]) => theirs === says && inA.get(other) !== says)?.[0];
    if (other === undefined || inB.get(name) === says) continue;
    const isFree = { inA: !inA.has(other), inB: !inB.has(name) };
    if (isFree.inB && (name < other || !isFree.inA)) b = renamed(b, other, name);
    else if (isFree.inA) a = renamed(a, name, other);
  }
  return { a, b };
}

/** Of different groups with one name, one gets another; always the same of the two, whichever side is called a. */
function partGroups(sides: Sides, before: Groups): Sides {
  let { a, b } = sides;
  for (const [name, says] of added(a, before)) {
    const theirs = groupsOf(b).get(name);
    if (theirs === undefined || theirs === says) continue;
    const free = freeName(name, [before, groupsOf(a), groupsOf(b)]);
    if (says > theirs) a = renamed(a, name, free);
    else b = renamed(b, name, free);
  }
  return { a, b };
}

const added = (block: Block, before: Groups): [name: string, says: string][] =>
  [...groupsOf(block)]
    .filter(([name]) => !before.has(name))
    .toSorted(([one], [other]) => (one < other ? -1 : 1));

function freeName(name: string, taken: readonly Groups[]): string {
  const stem = name.replace(/\d+$/, '');
  let number = 1;
  while (taken.some((groups) => groups.has(`${stem}${number}`))) number += 1;
  return `${stem}${number}`;
}

const groupIn = ({ name }: ContentLine): string | undefined => /^([^.]+)\./.exec(name)?.[1];

function groupsOf(block: Block | undefined): Groups {
  const groups = new Map<string, string[]>();
  for (const line of block?.lines ?? []) {
    const group = groupIn(line);
    if (group === undefined) continue;
    const says = JSON.stringify([line.name.slice(group.length), line.params.toSorted(), line.value]);
    groups.set(group, [...(groups.get(group) ?? []), says]);
  }
  return new Map([...groups].map(([group, lines]) => [group, lines.toSorted().join('\n')]));
}

/** The same contact with another name for a group; where that is folded in the middle, it stays as it is. */
function renamed(block: Block, group: string, name: string): Block {
  const isWritten = (text: string): boolean => text.slice(0, group.length + 1).toUpperCase() === `${group}.`;
  const ofGroup = block.children.filter((child) => isLeaf(child) && groupIn(child.line) === group);
  if (!ofGroup.every(({ raw }) => isWritten(raw))) return block;
  const change = (text: string): string => name.toLowerCase() + text.slice(group.length);
  const changeLine = (line: ContentLine): ContentLine =>
    groupIn(line) === group ? { ...line, name: name + line.name.slice(group.length) } : line;
  const children = block.children.map((child) =>
    isLeaf(child) && groupIn(child.line) === group
      ? {
          ...child,
          raw: change(child.raw),
          content: change(child.content),
          line: changeLine(child.line),
          canon: name + child.canon.slice(group.length),
        }
      : child,
  );
  return toBlock({ ...block, children, lines: block.lines.map(changeLine) }, block.end);
}
