import { type ContentHash, type Ident, type Item, type ItemKind, parseItem } from '../core/item.ts';
import { decodeUtf8 } from '../core/text.ts';

/** What the bytes of an item's file are good for. Only `whole` is ever sent. */
export type ContentClass = 'whole' | 'empty' | 'incomplete' | 'not-utf8';

export interface Content {
  readonly content: ContentClass;
  /** Absent when nothing in the bytes names the item. */
  readonly ident: Ident | null;
  readonly hash: ContentHash | null;
}

/** Looks at the bytes of an item's file; never throws. */
export function classifyContent(kind: ItemKind, bytes: Uint8Array): Content {
  if (bytes.length === 0) return { content: 'empty', ident: null, hash: null };
  let text: string;
  try {
    text = decodeUtf8(bytes, 'the file');
  } catch {
    return { content: 'not-utf8', ident: null, hash: null };
  }
  return contentOf(parseItem(kind, text));
}

/** The same of an item that was looked at already. */
export function contentOf({ ident, hash, uid, whole }: Item): Content {
  if (whole) return { content: 'whole', ident, hash };
  // The hash of half a text is nobody's identity.
  return { content: 'incomplete', ident: uid === undefined ? null : ident, hash };
}

/** Why an item's file is not sent; undefined when it is. */
export function whyNotSent(content: ContentClass, kind: ItemKind): string | undefined {
  const reasons: Record<ContentClass, string | undefined> = {
    whole: undefined,
    empty: 'incomplete: the file is empty',
    incomplete: `incomplete: not a whole ${kind === 'calendar' ? 'VCALENDAR' : 'VCARD'}, a BEGIN without its END`,
    'not-utf8': 'not UTF-8 text; convert it (for example with iconv) to have it synchronised',
  };
  return reasons[content];
}
