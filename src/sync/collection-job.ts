import type { Side, StatusStore } from '../core/status.ts';
import type { Collection, CollectionInfo } from '../core/storage.ts';
import type { Pair, SyncOptions } from './pair.ts';

/** One pair of collections that is to be brought to agreement. */
export interface CollectionJob {
  readonly pair: string;
  readonly name: string;
  /** As discovered just before. */
  readonly infos: Readonly<Record<Side, CollectionInfo>>;
  readonly collections: Readonly<Record<Side, Collection>>;
  readonly status: StatusStore;
  readonly onEmpty: Pair['onEmpty'];
  readonly oneWay: boolean;
  readonly noDelete: Pair['noDelete'];
  readonly conflict: Pair['conflict'];
  readonly options: SyncOptions;
}

/**
 * Whether a side takes writes from the engine. The read-only flag of a view (the mount's cache) follows the server's, and
 * binds those who use the mount, not us.
 */
export const isWritable = ({ collections, infos }: CollectionJob, side: Side): boolean =>
  collections[side].follow !== undefined || !infos[side].readOnly;
