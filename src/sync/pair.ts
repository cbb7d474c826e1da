import type { ConflictMode } from '../core/conflict-mode.ts';
import type { PairStatus, Side } from '../core/status.ts';
import type { PropertyName, Storage } from '../core/storage.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Resolution } from './resolution.ts';
import type { TextBudget } from './text-pool.ts';

/** Which collections of a pair are kept in step. */
export type CollectionChoice =
  | { readonly type: 'all' | 'from a' | 'from b' }
  | {
      readonly type: 'list';
      readonly entries: readonly { readonly name: string; readonly a: string; readonly b: string }[];
    };

/** Two storages kept in step. */
export interface Pair {
  readonly name: string;
  readonly a: Storage;
  readonly b: Storage;
  readonly collections: CollectionChoice;
  /** What happens when one side has lost everything: `skip` leaves the other alone, `sync` empties it too. */
  readonly onEmpty: 'skip' | 'sync';
  /** What becomes of a collection that was deleted on one side: deleted on the other too, or left there. */
  readonly onDelete: 'sync' | 'skip';
  /** Side b becomes a copy of side a, which is never written to. */
  readonly oneWay: boolean;
  /** Sides on which nothing is deleted because it was deleted on the other. */
  readonly noDelete: Readonly<Record<Side, boolean>>;
  /** Which properties of the collections are kept in step, as far as both storages have them. */
  readonly properties: readonly PropertyName[];
  /** What becomes of items that both sides changed. */
  readonly conflict: ConflictMode;
  readonly status: PairStatus;
}

/** How far long work has come. `total` is 0 where it is not known. */
export interface Progress {
  readonly type: 'listing' | 'fetching' | 'writing';
  readonly collection: string;
  readonly done: number;
  readonly total: number;
}

/** `confirm` and `discard` are a person's word on what was held back before, or on a side that has become empty. */
export type HeldDeletions = 'hold' | 'confirm' | 'discard';

export interface SyncOptions {
  /** Plan and report, change nothing: neither storages nor status. */
  readonly dryRun: boolean;
  /** Go on although one side has become empty. */
  readonly allowEmpty: boolean;
  /** What becomes of deletions that need a person's word: held back, done, or undone. */
  readonly deletions: HeldDeletions;
  /** Try again what was refused before, although nothing changed. */
  readonly retryRefused: boolean;
  /** What was done is reported with titles, and not only what would be: 10,000 of them take seconds to find. */
  readonly titled?: boolean | undefined;
  /** What a person decided about items in conflict. */
  readonly resolutions?: readonly Resolution[] | undefined;
  /** Names of collections; absent: all. */
  readonly only?: ReadonlySet<string> | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** How much text is kept in memory between reading and writing, by all collections together. Absent: as much as is good for one run. */
  readonly texts?: TextBudget | undefined;
}
