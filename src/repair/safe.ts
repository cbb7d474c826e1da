import { nameAt } from '../core/item-name.ts';
import type { Href } from '../core/storage.ts';

/** What every server and file system stores under exactly that name (docs/facts.md, A7). */
const SAFE = /^[A-Za-z0-9_@+-][A-Za-z0-9._@+-]{0,199}$/;

/** `urn:uuid:` is how RFC 6350 (6.7.6) would have all UIDs of contacts. */
export const isSafeUid = (uid: string): boolean => SAFE.test(uid.replace(/^urn:uuid:/i, ''));

/** The last part of the href, the only one that an item has to itself. */
export const isSafeName = (href: Href): boolean => SAFE.test(nameAt(href) ?? '');
