import type { Item } from '../core/item.ts';
import type { Href } from '../core/storage.ts';
import type { Side } from '../core/status.ts';

/** Enough for some 30,000 ordinary events; a first fill beyond that is fetched twice instead of growing the process. */
export const DEFAULT_POOL_BYTES = 32 * 1024 * 1024;

/** Items read while looking at both sides, kept until they are written. Bounded: what does not fit is fetched again when needed. */
export class TextPool {
  readonly #maxBytes: number;
  readonly #items: Readonly<Record<Side, Map<Href, Item>>> = { a: new Map(), b: new Map() };
  #bytes = 0;

  constructor(maxBytes: number = DEFAULT_POOL_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** `false`: there was no room. */
  add(side: Side, href: Href, item: Item): boolean {
    this.drop(side, href);
    if (this.#bytes + item.text.length > this.#maxBytes) return false;
    this.#bytes += item.text.length;
    this.#items[side].set(href, item);
    return true;
  }

  get(side: Side, href: Href): Item | undefined {
    return this.#items[side].get(href);
  }

  drop(side: Side, href: Href): void {
    const item = this.#items[side].get(href);
    if (!item) return;
    this.#items[side].delete(href);
    this.#bytes -= item.text.length;
  }
}
