import { METADATA_NAMES } from '../../src/core/item-name.ts';
import { type Pair, syncPair, type SyncOptions } from '../../src/sync/engine.ts';
import type { PairReport } from '../../src/sync/report.ts';
import { textOf } from './items.ts';
import { MemoryPairStatus } from './memory-status.ts';
import { type MemoryOptions, MemoryStorage } from './memory-storage.ts';
import { optionsOf } from './two-sides.ts';

/** Two storages of several collections. */
export interface Trial {
  readonly a: MemoryStorage;
  readonly b: MemoryStorage;
  readonly status: MemoryPairStatus;
  /** Moved by tests, in ms. */
  readonly clock: { ms: number };
  readonly sync: (options?: Partial<SyncOptions>) => Promise<PairReport>;
}

export function trial(
  setup: {
    a?: MemoryOptions;
    b?: MemoryOptions;
    collections?: Pair['collections'];
    pair?: Partial<Pair>;
  } = {},
): Trial {
  const a = new MemoryStorage({ name: 'one', ...setup.a });
  const b = new MemoryStorage({ name: 'two', ...setup.b });
  const status = new MemoryPairStatus();
  const collections = setup.collections ?? { type: 'all' };
  const pair: Pair = {
    name: 'pair',
    a,
    b,
    collections,
    onEmpty: 'skip',
    onDelete: 'sync',
    oneWay: false,
    noDelete: { a: false, b: false },
    properties: METADATA_NAMES,
    conflict: 'manual',
    status,
    ...setup.pair,
  };
  const clock = { ms: 0 };
  return { a, b, status, clock, sync: (options) => syncPair(pair, optionsOf(clock, options)) };
}

/** An item, as another client would store it; makes the collection when it is missing. */
export const put = (storage: MemoryStorage, id: string, uid: string): unknown =>
  storage.collection(id).put(`${uid}.ics`, textOf('calendar', uid, 'tea'));

/** `work: synced`, or with the code of what failed. */
export const outcomes = ({ collections }: PairReport): string[] =>
  collections.map(({ name, outcome, error }) => `${name}: ${error?.code ?? outcome}`);
