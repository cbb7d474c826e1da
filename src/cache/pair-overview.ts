import type { Unfinished } from '../core/status.ts';
import type { Database } from './database.ts';
import { asStateError } from './sqlite-error.ts';
import { createPairStatus } from './status-store.ts';

/** What is on the minds of people who ask `status` about one collection of a pair. */
export interface PairedCollection {
  readonly pair: string;
  /** What people call it: the common id, or the configured alias. */
  readonly collection: string;
  /** On which both sides agree. */
  readonly items: number;
  readonly unfinished: readonly Unfinished[];
  /** The end of the last finished run; undefined: there was none. */
  readonly finishedAtMs: number | undefined;
}

/** Everything that is remembered of a pair, by its name in the configuration. */
export function readPairOverview(db: Database, pair: string): readonly PairedCollection[] {
  const status = createPairStatus(db, pair);
  const finishedAt = db
    .prepare<[string, string, string], number | null>(
      'SELECT finished_at FROM mapping WHERE pair = ? AND a_href = ? AND b_href = ?',
    )
    .pluck();
  return status.mappings().map((mapping) => {
    const store = status.open(mapping);
    const { name: collection, a, b } = mapping;
    const at = asStateError(`the status of ${pair}`, () => finishedAt.get(pair, a.href, b.href));
    const finishedAtMs = at ?? undefined;
    return { pair, collection, items: store.count(), unfinished: store.unfinished(), finishedAtMs };
  });
}
