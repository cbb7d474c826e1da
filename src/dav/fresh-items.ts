import { parseItem, type ItemKind } from '../core/item.ts';
import type { Etag, Fetched, Href } from '../core/storage.ts';

/** In UTF-16 units, for changes and for everything at once. What does not fit is fetched as if the server had not sent it. */
export const MAX_CHANGED_CHARS = 8 * 1024 * 1024;
export const MAX_COPIED_CHARS = 32 * 1024 * 1024;

interface Fresh {
  readonly etag: Etag;
  readonly text: string;
}

/**
 * Texts that came with the list of changes, kept until they are fetched, so that a change costs one round trip and not two. Never
 * outlives the next list, nor a write to the item: what is served from here must be what the server had a moment ago.
 */
export class FreshItems {
  readonly #kind: ItemKind;
  readonly #texts = new Map<Href, Fresh>();
  #chars = 0;
  #maxChars = MAX_CHANGED_CHARS;

  constructor(kind: ItemKind) {
    this.#kind = kind;
  }

  keep(href: Href, fresh: Fresh): void {
    this.forget(href);
    if (this.#chars + fresh.text.length > this.#maxChars) return;
    this.#texts.set(href, fresh);
    this.#chars += fresh.text.length;
  }

  /** Each text is given once: who asks a second time wants to know what is there now. */
  take(href: Href): Fetched | undefined {
    const fresh = this.#texts.get(href);
    this.forget(href);
    return fresh && { type: 'item', href, etag: fresh.etag, item: parseItem(this.#kind, fresh.text) };
  }

  /** What `take` would give, left where it is. */
  textAt(href: Href): string | undefined {
    return this.#texts.get(href)?.text;
  }

  forget(href: Href): void {
    this.#chars -= this.#texts.get(href)?.text.length ?? 0;
    this.#texts.delete(href);
  }

  /** For the next list. */
  clear(maxChars: number): void {
    this.#texts.clear();
    this.#chars = 0;
    this.#maxChars = maxChars;
  }
}
