import type { ConflictMode } from '../core/conflict-mode.ts';
import type { PairStatus } from '../core/status.ts';
import type { Storage } from '../core/storage.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Resolution } from './resolution.ts';

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

export interface SyncOptions {
  /** Plan and report, change nothing: neither storages nor status. */
  readonly dryRun: boolean;
  /** Go on although one side has become empty. */
  readonly allowEmpty: boolean;
  /** Try again what was refused before, although nothing changed. */
  readonly retryRefused: boolean;
  /** What a person decided about items in conflict. */
  readonly resolutions?: readonly Resolution[] | undefined;
  /** Names of collections; absent: all. */
  readonly only?: ReadonlySet<string> | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** How much text is kept in memory between reading and writing. */
  readonly poolBytes?: number | undefined;
}
