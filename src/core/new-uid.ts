import { createHash } from 'node:crypto';
import { type Block, isLeaf, type Leaf, readBlocks } from './block.ts';
import { type ItemKind, parseItem } from './item.ts';

/** Their UIDs, where they have any (RFC 9074), are not the item's. */
const NOT_MAIN: ReadonlySet<string> = new Set(['VTIMEZONE', 'VALARM']);

/** A UUID (version 8 of RFC 9562) that is the same for the same seed, and no other. */
export function uidFrom(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}

/**
 * The same item under another UID: all its components get it, every other byte stays, references to other items too. Pure.
 * @returns undefined where that cannot be told apart from the rest: in damaged texts, and in those without UID
 */
export function withUid(kind: ItemKind, text: string, uid: string): string | undefined {
  const { uid: old, whole } = parseItem(kind, text);
  if (old === undefined || !whole) return undefined;
  const wanted = /^urn:uuid:/i.test(old) ? `urn:uuid:${uid}` : uid;
  const { prefix, blocks } = readBlocks(text);
  const changed = prefix + blocks.map((block) => blockWith(block, old, wanted)).join('');
  return parseItem(kind, changed).uid === wanted ? changed : undefined;
}

function blockWith(block: Block, old: string, wanted: string): string {
  if (NOT_MAIN.has(block.name)) return block.raw;
  const children = block.children.map((child) =>
    isLeaf(child) ? lineWith(child, old, wanted) : blockWith(child, old, wanted),
  );
  return block.begin + children.join('') + block.end;
}

/** The name with its parameters as they are, unfolded, then the new value and what ended the line. */
function lineWith({ raw, content, line }: Leaf, old: string, wanted: string): string {
  if (line.name !== 'UID' || line.value.trim() !== old) return raw;
  const head = content.slice(0, content.length - line.value.length);
  return head + wanted + (/[\r\n]\s*$/.exec(raw)?.[0] ?? '');
}
