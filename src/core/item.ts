import { createHash } from 'node:crypto';
import { type Brand, brand } from './brand.ts';
import { canonicalForm } from './canonical.ts';
import { type Component, parseComponents } from './component.ts';
import type { ContentLine } from './content-line.ts';

export type ItemKind = 'calendar' | 'contact';

/** UID of an item, or `#` and its hash when it has none; equal on both sides of a pair. */
export type Ident = Brand<'Ident'>;
/** SHA-256 (hex) of the canonical form: folding, line ends and server noise do not change it. */
export type ContentHash = Brand<'ContentHash'>;

/** One stored resource. `text` is what the other side wrote, character for character; all else is derived from it. */
export interface Item {
  readonly kind: ItemKind;
  readonly text: string;
  readonly ident: Ident;
  readonly hash: ContentHash;
  /** Absent when the main component has no UID; then the hash is the identity and an edit is a new item. */
  readonly uid: string | undefined;
  /** Every BEGIN has its END and the outer component fits `kind`. What is not whole is carried between storages, but the mount does not send it. */
  readonly whole: boolean;
}

const OUTER = { calendar: 'VCALENDAR', contact: 'VCARD' } as const satisfies Record<ItemKind, string>;
/** Time zones come before the event in many files; their own TZID or stray UID is not the item's. */
const NOT_MAIN: ReadonlySet<string> = new Set(['VTIMEZONE', 'VALARM', 'STANDARD', 'DAYLIGHT']);

/** Looks at a text and never refuses it: an unreadable item still has an identity and can be carried. */
export function parseItem(kind: ItemKind, text: string): Item {
  const tree = parseComponents(text);
  const uid = findUid(kind, tree.components);
  const hash = brand<ContentHash>(createHash('sha256').update(canonicalForm(tree, text)).digest('hex'));
  return {
    kind,
    text,
    ident: uid === undefined ? brand<Ident>(`#${hash}`) : identOfUid(uid),
    hash,
    uid,
    whole: tree.whole && tree.components.every((outer) => outer.name === OUTER[kind]),
  };
}

/** Names an item by its UID. */
export const identOfUid = (uid: string): Ident => brand<Ident>(uid);

/** The UID of the main component; one inside an alarm or a time zone is never taken for it. */
function findUid(kind: ItemKind, components: readonly Component[]): string | undefined {
  for (const outer of components) {
    const candidates =
      kind === 'contact' ? [outer] : [...outer.components.filter(({ name }) => !NOT_MAIN.has(name)), outer];
    for (const component of candidates) {
      const uid = component.lines.find(isUid)?.value.trim();
      if (uid !== undefined && uid !== '') return uid;
    }
  }
  return undefined;
}

const isUid = ({ name }: ContentLine): boolean => name === 'UID';
