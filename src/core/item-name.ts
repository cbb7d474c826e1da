import type { ItemKind } from './item.ts';
import type { Href } from './storage.ts';

/** The extension that vdirs demand of an item's file. */
export const EXTENSION = { calendar: '.ics', contact: '.vcf' } as const satisfies Record<ItemKind, string>;

/** NAME_MAX of Linux file systems, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 255;

/** Names in front of a metadata file's value; also what vdirs use. */
export const METADATA_NAMES = ['displayname', 'color', 'description', 'order'] as const;
export type MetadataName = (typeof METADATA_NAMES)[number];

/**
 * Whether a file of that name in a collection is an item. An allow list: editors, rsync and khal put their temporary files
 * beside the items under ever new names, and one of those sent to a server would be somebody's calendar entry.
 */
export function isItemName(kind: ItemKind, name: string): boolean {
  const extension = EXTENSION[kind];
  return (
    name.endsWith(extension) && name.length > extension.length && !/^[.#]/.test(name) && !name.endsWith('~')
  );
}

/**
 * A file name for an item, made from what the other side calls it or from its UID: no slash, NUL, control character or leading
 * dot, at most 255 bytes, the right extension, and not in `taken`.
 */
export function safeItemName(kind: ItemKind, wish: string, taken: (name: string) => boolean): string {
  const extension = EXTENSION[kind];
  const base = (wish.endsWith(extension) ? wish.slice(0, -extension.length) : wish)
    // oxlint-disable-next-line no-control-regex -- these are the characters to get rid of
    .replaceAll(/[\u0000-\u001F\u007F/\\]/g, '_')
    // Half a character cannot be written in UTF-8: the file would get another name than the one returned.
    .replaceAll(/\p{Surrogate}/gu, '_')
    .replace(/^[.#]+/, '_');
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? extension : `-${number}${extension}`;
    const name = cutToBytes(base === '' ? 'item' : base, MAX_NAME_BYTES - Buffer.byteLength(suffix)) + suffix;
    if (!taken(name)) return name;
  }
}

/** Cuts between characters, so that no half of one is left. */
export function cutToBytes(text: string, bytes: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > bytes)
    cut = cut.slice(0, Math.max(0, cut.length - Math.ceil((Buffer.byteLength(cut) - bytes) / 4)));
  // Half of a surrogate pair at the end would not survive UTF-8.
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}

/** The file name in a place, for another storage to use if it can. Servers encode theirs. */
export function nameAt(href: Href): string | undefined {
  const segment = href.split('/').findLast((part) => part !== '');
  try {
    return segment && decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
