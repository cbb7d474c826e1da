import type { Database } from './database.ts';
import { asStateError } from './sqlite-error.ts';

export interface Delays {
  /** Quiet time of an edit before it is sent. */
  readonly writeDelayMs: number;
  /** Grace time of a deletion. */
  readonly deleteDelayMs: number;
}

/**
 * Whether a change made at `atMs` still has to wait. A time further ahead than the delay is one from before the clock was set back, and
 * must not wait until the clock is there again.
 */
export const isWaiting = (atMs: number, delayMs: number, nowMs: number): boolean =>
  Math.abs(nowMs - atMs) < delayMs;

/**
 * When the next edit or deletion of a mounted storage becomes due after `afterMs`, the start of the last run; it may lie in the past.
 * `undefined`: none. What is open for writing is not due before it is closed.
 */
export function nextSettleAt(db: Database, storage: string, afterMs: number): number | undefined {
  return asStateError(
    'looking for edits that become due',
    () =>
      db
        .prepare<[{ storage: string; after: number }], number | null>(
          `WITH mounted AS (
           SELECT collection.ino, write_delay, delete_delay, made_at, removed_at
           FROM storage JOIN collection ON collection.storage = storage.ino WHERE storage.name = $storage)
         SELECT min(due) FROM (
           SELECT edited_at + write_delay AS due FROM mounted JOIN item ON item.collection = mounted.ino
           WHERE edited_at IS NOT NULL AND edited_at > $after - write_delay AND content = 'whole'
             AND item.ino NOT IN (SELECT ino FROM inode WHERE writers = 1)
           UNION ALL
           SELECT deleted_at + delete_delay FROM mounted JOIN tombstone ON tombstone.collection = mounted.ino
           WHERE settled = 0 AND deleted_at > $after - delete_delay
           UNION ALL
           SELECT edited_at + write_delay FROM mounted JOIN metadata ON metadata.collection = mounted.ino
           WHERE edited_at > $after - write_delay
           UNION ALL
           SELECT made_at + write_delay FROM mounted WHERE made_at > $after - write_delay
           UNION ALL
           SELECT removed_at + delete_delay FROM mounted WHERE removed_at > $after - delete_delay
         )`,
        )
        .pluck()
        .get({ storage, after: afterMs }) ?? undefined,
  );
}
