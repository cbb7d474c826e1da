/** Bounds of a multiget, in hrefs. */
const [SMALLEST, FIRST, LARGEST] = [10, 50, 500];
/** The first answer shows what the server is like; where it is slow, little was asked. */
const PROBE = 10;
const FAST_MS = 1000;
/** Four answers of that size are in memory at once; address books with photographs reach it. */
const HEAVY_CHARS = 4 * 1024 * 1024;
/**
 * Xandikos 0.2.8 needs 10 to 130 ms for each href, all others well under 1 (docs/facts.md, P5). In a small batch the way to the server
 * counts for more than the items, so it has to be slower to be called slow.
 */
const slowMsPerItem = (items: number): number => (items >= FIRST ? 8 : 20);

/** How many hrefs to ask for at once: more while it goes fast, fewer when it was too much. */
export class BatchSize {
  #size = PROBE;
  #slow = false;

  get(): number {
    return this.#size;
  }

  /** Whether the server takes so long for each href that one large query is better. */
  isSlow(): boolean {
    return this.#slow;
  }

  succeeded(items: number, { ms, chars }: { readonly ms: number; readonly chars: number }): void {
    this.#slow = items >= SMALLEST && ms / items > slowMsPerItem(items);
    if (chars > HEAVY_CHARS) this.#size = Math.max(SMALLEST, Math.ceil(this.#size / 2));
    else if (ms < FAST_MS && items >= this.#size)
      this.#size = Math.min(LARGEST, Math.max(FIRST, this.#size * 2));
  }

  /** @returns whether a smaller batch can be tried */
  wasTooMuch(items: number): boolean {
    this.#size = Math.max(SMALLEST, Math.ceil(Math.min(items, this.#size) / 2));
    return items > SMALLEST;
  }
}
