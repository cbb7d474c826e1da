import type { Item } from '../core/item.ts';
import type { Href } from '../core/storage.ts';
import type { Side } from '../core/status.ts';

/** Enough for some 30,000 ordinary events; a first fill beyond that is fetched twice instead of growing the process. */
const DEFAULT_BUDGET_BYTES = 32 * 1024 * 1024;

/** What all pools of a run may hold together: with many collections, most are looked at before the first is written. */
export class TextBudget {
  #bytesLeft: number;

  constructor(bytes: number = DEFAULT_BUDGET_BYTES) {
    this.#bytesLeft = bytes;
  }

  /** `false`: there is not so much left. */
  take(bytes: number): boolean {
    if (bytes > this.#bytesLeft) return false;
    this.#bytesLeft -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#bytesLeft += bytes;
  }
}

/** Items read while looking at both sides, kept until they are written. Bounded: what does not fit is fetched again when needed. */
export class TextPool {
  readonly #budget: TextBudget;
  readonly #items: Readonly<Record<Side, Map<Href, Item>>> = { a: new Map(), b: new Map() };

  constructor(budget: TextBudget = new TextBudget()) {
    this.#budget = budget;
  }

  /** `false`: there was no room. */
  add(side: Side, href: Href, item: Item): boolean {
    this.drop(side, href);
    if (!this.#budget.take(item.text.length)) return false;
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
    this.#budget.giveBack(item.text.length);
  }

  /** Gives all its room back. */
  clear(): void {
    for (const side of ['a', 'b'] as const)
      for (const href of this.#items[side].keys()) this.drop(side, href);
  }
}
