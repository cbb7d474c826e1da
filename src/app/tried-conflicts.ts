import { createHash } from 'node:crypto';
import type { ContentHash, Ident } from '../core/item.ts';
import type { Unfinished } from '../core/status.ts';
import type { StorageMemo } from '../core/storage.ts';
import type { Pair } from '../sync/pair.ts';

/** An item that waits for a decision, with the contents that it is about. */
export interface WaitingConflict {
  readonly collection: string;
  readonly ident: Ident;
  readonly a: ContentHash;
  readonly b: ContentHash;
}

/** What waits in a pair, from its status alone. */
export function waitingConflicts(pair: Pair): WaitingConflict[] {
  return pair.status.mappings().flatMap((mapping) =>
    pair.status
      .open(mapping)
      .unfinished()
      .flatMap((left) => toWaiting(mapping.name, left)),
  );
}

const toWaiting = (collection: string, { type, ident, a, b }: Unfinished): WaitingConflict[] =>
  type === 'conflict' && a && b ? [{ collection, ident, a: a.hash, b: b.hash }] : [];

/** The same item, whatever it contains now. */
export const keyOf = ({ collection, ident }: Pick<WaitingConflict, 'collection' | 'ident'>): string =>
  `${collection}/${ident}`;

const KEY = 'tried conflicts';
/** Length of the start of a hash; two contents of one item that share it are as good as impossible. */
const ENOUGH = 32;

/** The conflicts of a pair that its command has come to no result about; kept for later processes. */
export class TriedConflicts {
  readonly #memo: StorageMemo;
  readonly #program: string;

  /** @param argv the command; another one has tried nothing yet */
  constructor(memo: StorageMemo, argv: readonly string[]) {
    this.#memo = memo;
    // A hash, as what is in the arguments is nobody's business.
    this.#program = createHash('sha256').update(JSON.stringify(argv)).digest('hex').slice(0, ENOUGH);
  }

  has(conflict: WaitingConflict): boolean {
    return this.#read()[keyOf(conflict)] === this.#about(conflict);
  }

  /** @param waiting all that the pair waits for; of others nothing needs to be remembered */
  add(tried: readonly WaitingConflict[], waiting: readonly WaitingConflict[]): void {
    const before = this.#read();
    const now = new Set(tried.map(keyOf));
    const rows = waiting.flatMap((one) => {
      const key = keyOf(one);
      const kept = now.has(key) || before[key] === this.#about(one);
      return kept ? [[key, this.#about(one)] as const] : [];
    });
    this.#memo.set(KEY, rows.length === 0 ? undefined : JSON.stringify(Object.fromEntries(rows)));
  }

  #about({ a, b }: WaitingConflict): string {
    return [a, b, this.#program].map((hash) => hash.slice(0, ENOUGH)).join(' ');
  }

  #read(): Readonly<Record<string, string>> {
    return JSON.parse(this.#memo.get(KEY) ?? '{}') as Record<string, string>;
  }
}
