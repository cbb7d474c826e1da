import { createHash } from 'node:crypto';
import type { Ident, Item } from '../../src/core/item.ts';
import { etag, type Etag, type Href, type ItemRef } from '../../src/core/storage.ts';
import type { MemoryOptions } from './memory-storage.ts';

interface Stored {
  readonly item: Item;
  readonly etag: Etag;
}

/** What a MemoryCollection holds, and when each of it last changed. Keeps no rules. */
export class MemoryItems {
  /** When each href last changed, those of deleted items too. */
  readonly changedAt = new Map<Href, number>();
  #sequence = 0;
  readonly #stored = new Map<Href, Stored>();
  /** How many hrefs hold an ident; looking through all items at every create would make 10,000 of them quadratic. */
  readonly #holders = new Map<Ident, number>();

  /** Grows with every change. */
  get sequence(): number {
    return this.#sequence;
  }

  /** What discovery tells, by `MemoryOptions.states`. */
  state(kind: MemoryOptions['states'] = true): { readonly state?: string } {
    if (kind === false) return {};
    if (kind === true) return { state: String(this.#sequence) };
    const contents = [...this.#stored].map(([at, { item }]) => `${at}\n${item.text}`).toSorted();
    return { state: createHash('sha256').update(contents.join('\n')).digest('hex') };
  }

  get(at: Href): Stored | undefined {
    return this.#stored.get(at);
  }

  hrefs(): Href[] {
    return [...this.#stored.keys()];
  }

  ref(at: Href): ItemRef | undefined {
    const stored = this.#stored.get(at);
    return stored && { href: at, etag: stored.etag };
  }

  holds(ident: Ident): boolean {
    return (this.#holders.get(ident) ?? 0) > 0;
  }

  /** @returns the new etag */
  put(at: Href, item: Item): Etag {
    const tag = etag(`"${this.next()}"`);
    this.#count(this.#stored.get(at)?.item, -1);
    this.#count(item, 1);
    this.#stored.set(at, { item, etag: tag });
    this.changedAt.set(at, this.#sequence);
    return tag;
  }

  delete(at: Href): void {
    this.#count(this.#stored.get(at)?.item, -1);
    if (this.#stored.delete(at)) this.changedAt.set(at, this.next());
  }

  /** Something happened that is no item's change. */
  next(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  renewEtags(hrefs: readonly Href[]): void {
    for (const at of hrefs) {
      const stored = this.#stored.get(at);
      if (stored) this.put(at, stored.item);
    }
  }

  #count(item: Item | undefined, step: 1 | -1): void {
    if (item) this.#holders.set(item.ident, (this.#holders.get(item.ident) ?? 0) + step);
  }
}
