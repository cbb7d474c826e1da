import type { StorageMemo } from '../core/storage.ts';

/** Shows what is stored, and keeps what is new to itself: for dry runs, which change nothing. */
export class PassingMemo implements StorageMemo {
  readonly #stored: Pick<StorageMemo, 'get'>;
  readonly #own = new Map<string, string | undefined>();

  constructor(stored: Pick<StorageMemo, 'get'>) {
    this.#stored = stored;
  }

  get(key: string): string | undefined {
    return this.#own.has(key) ? this.#own.get(key) : this.#stored.get(key);
  }

  set(key: string, value: string | undefined): void {
    this.#own.set(key, value);
  }
}
