import { type Block, type BlockText, readBlocks, valueIn } from './block.ts';
import { parseComponents } from './component.ts';
import type { ItemKind } from './item.ts';
import { mergeBlock } from './merge-block.ts';
import { alignGroups } from './merge-groups.ts';
import { pickText } from './merge-line.ts';
import { isMain, recurrenceOf } from './merge-rules.ts';
import { type Triple, VERSIONS } from './slot.ts';

export type Merged =
  | { readonly type: 'merged'; readonly text: string }
  /** What both sides changed, in words for people: `SUMMARY`, `DTSTART of the occurrence on 20260105T090000Z`, `ATTENDEE bob@x`. */
  | { readonly type: 'conflict'; readonly about: readonly string[] };

/**
 * Joins what two sides made of the last common text. Pure. Every line of the result is, byte for byte, a line of one of the
 * texts, but for lines of which both sides changed different parts. A side that changed nothing gives way to the other, even
 * to a damaged text; where there is anything to join, texts must be whole and of the same item, else it is a conflict.
 */
export function mergeTexts(kind: ItemKind, texts: Triple<string>): Merged {
  const { base, a, b } = texts;
  if (a === b || b === base) return { type: 'merged', text: a };
  if (a === base) return { type: 'merged', text: b };
  const parts = { base: readPart(kind, base), a: readPart(kind, a), b: readPart(kind, b) };
  const faults = faultsOf(parts);
  if (!('block' in parts.base && 'block' in parts.a && 'block' in parts.b) || faults.length > 0) {
    return { type: 'conflict', about: faults };
  }
  const about = new Set<string>();
  const versions = { base: parts.base.block, a: parts.a.block, b: parts.b.block };
  const text = mergeBlock(kind === 'contact' ? alignGroups(versions) : versions, {
    kind,
    component: '',
    where: '',
    about,
  });
  if (about.size > 0) return { type: 'conflict', about: [...about].toSorted() };
  const prefix = pickText({ base: parts.base.prefix, a: parts.a.prefix, b: parts.b.prefix });
  return { type: 'merged', text: prefix + text };
}

/** A text that can be merged, or why it cannot. */
type Part =
  { readonly block: Block; readonly prefix: string; readonly uid: string } | { readonly fault: string };

function readPart(kind: ItemKind, text: string): Part {
  if (!parseComponents(text).whole) return { fault: 'a BEGIN without its END, or lines outside of both' };
  const read = readBlocks(text);
  return kind === 'contact' ? readContact(read) : readCalendar(read);
}

function readContact({ blocks, prefix }: BlockText): Part {
  const [block, ...more] = blocks;
  if (block?.name !== 'VCARD') return { fault: `${block?.name ?? 'nothing'} in place of a contact` };
  if (more.length > 0) return { fault: 'several contacts in one text' };
  const uids = new Set(block.lines.filter(({ name }) => name === 'UID').map(({ value }) => value.trim()));
  return withUid({ block, prefix }, uids);
}

function readCalendar({ blocks, prefix }: BlockText): Part {
  const [block, ...more] = blocks;
  if (block?.name !== 'VCALENDAR') return { fault: `${block?.name ?? 'nothing'} in place of a calendar` };
  if (more.length > 0) return { fault: 'several calendars in one text' };
  const mains = block.components.filter(({ name }) => isMain(block, name));
  const occurrences = mains.map(recurrenceOf);
  const twice = occurrences.find((occurrence, at) => occurrences.indexOf(occurrence) !== at);
  const uids = new Set(mains.map((main) => valueIn(main, 'UID') ?? ''));
  if (uids.size <= 1 && twice === '') return { fault: 'several main components without RECURRENCE-ID' };
  if (uids.size <= 1 && twice !== undefined)
    return { fault: `two components for the occurrence on ${twice}` };
  return withUid({ block, prefix }, uids);
}

function withUid(part: { readonly block: Block; readonly prefix: string }, uids: ReadonlySet<string>): Part {
  const [uid = ''] = uids;
  if (uids.size > 1) return { fault: 'several UIDs in one text' };
  return uid === '' ? { fault: 'no UID' } : { ...part, uid };
}

const TEXT_OF = { base: 'the last common text', a: 'the text of a', b: 'the text of b' } as const;

function faultsOf(parts: Triple<Part>): string[] {
  const faults = VERSIONS.flatMap((version) => {
    const part = parts[version];
    return 'fault' in part ? `${TEXT_OF[version]}: ${part.fault}` : [];
  });
  const { base, a, b } = parts;
  if (!('block' in base && 'block' in a && 'block' in b)) return faults;
  if (a.uid !== base.uid || b.uid !== base.uid) return ['UID'];
  // Each vCard version writes parameters and values in its own way; lines of one mean something else in the other.
  const isSameDialect =
    a.block.name !== 'VCARD' || valueIn(a.block, 'VERSION') === valueIn(b.block, 'VERSION');
  return isSameDialect ? [] : ['VERSION'];
}
