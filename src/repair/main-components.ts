import { type Block, isLeaf, readBlocks } from '../core/block.ts';
import { lineEndOf } from '../core/raw-lines.ts';

/** What has a UID in a calendar, and can be an item or an override of one (RFC 5545, 3.6; RFC 7953). */
const MAIN: ReadonlySet<string> = new Set(['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'VAVAILABILITY']);

export const isMain = ({ name }: Pick<Block, 'name'>): boolean => MAIN.has(name);

/** The UIDs that a component says it has: none, one, or more than it may have. */
export const uidsOf = ({ lines }: Pick<Block, 'lines'>): string[] =>
  [...new Set(lines.filter(({ name }) => name === 'UID').map(({ value }) => value.trim()))].filter(
    (uid) => uid !== '',
  );

/** The text with that UID in the card, or in each of the main components; every other line stays as it is. */
export function withUid(text: string, uid: string): string {
  const { prefix, blocks } = readBlocks(text);
  const renamed = blocks.map((block) => {
    if (block.name === 'VCARD') return setUid(block, uid);
    const children = block.children.map((child) =>
      isLeaf(child) || !isMain(child) ? child.raw : setUid(child, uid),
    );
    return [block.begin, ...children, block.end].join('');
  });
  return prefix + renamed.join('');
}

function setUid({ begin, children, end }: Block, uid: string): string {
  const [first] = children;
  // VERSION comes before everything else in a card (RFC 6350, 6.7.9).
  const head = first && isLeaf(first) && first.line.name === 'VERSION' ? first.raw : '';
  const kept: string[] = [];
  let line: string | undefined;
  for (const child of children.slice(head === '' ? 0 : 1)) {
    if (!isLeaf(child) || child.line.name !== 'UID') kept.push(child.raw);
    else if (line === undefined) kept.push((line = uidLine(child.raw, uid)));
  }
  const inserted = line === undefined ? [uidLine(begin, uid)] : [];
  return [begin, head, ...inserted, ...kept, end].join('');
}

/** With the line end of a line that stands near. */
const uidLine = (near: string, uid: string): string => `UID:${uid}${lineEndOf(near)}`;
