import { createHash } from 'node:crypto';
import type { Item } from '../core/item.ts';
import { EXTENSION } from '../core/item-name.ts';

/**
 * What every server stores under exactly that name: Radicale refuses a leading dot, Xandikos cannot reach names with `:` `#` `?`
 * again, Cyrus loses `\`, DAViCal fails on `(` and `%` (docs/facts.md, A7).
 */
const SAFE = /^[A-Za-z0-9_@+-][A-Za-z0-9._@+-]{0,199}$/;

/**
 * The names to try for a new item, best first: the one it has on the other side, its UID, a hash of it. Each differs from the
 * others, and the last one is never taken by another UID.
 */
export function namesFor(item: Item, wish: string | undefined): readonly string[] {
  const extension = EXTENSION[item.kind];
  const hash = createHash('sha256')
    .update(item.uid ?? item.text)
    .digest('hex')
    .slice(0, 40);
  const wishes = [wish?.endsWith(extension) ? wish.slice(0, -extension.length) : wish, item.uid, hash];
  const safe = wishes.filter((name) => name !== undefined).filter((name) => SAFE.test(name));
  return [...new Set(safe)].map((name) => name + extension);
}
