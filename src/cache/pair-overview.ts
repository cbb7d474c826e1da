import type { Mapping, StatusStore } from '../core/status.ts';
import type { Database } from './database.ts';
import { asStateError } from './sqlite-error.ts';
import { createPairStatus } from './status-store.ts';

/** What is remembered of one collection of a pair. */
export interface PairedCollection {
  readonly mapping: Mapping;
  readonly status: StatusStore;
  /** The end of the last finished run; undefined: there was none. */
  readonly finishedAtMs: number | undefined;
}

/** All collections of a pair that were synchronised once, by the pair's name in the configuration. */
export function readPairOverview(db: Database, pair: string): readonly PairedCollection[] {
  const status = createPairStatus(db, pair);
  const finishedAt = db
    .prepare<[string, string, string], number | null>(
      'SELECT finished_at FROM mapping WHERE pair = ? AND a_href = ? AND b_href = ?',
    )
    .pluck();
  return status.mappings().map((mapping) => {
    const { a, b } = mapping;
    const at = asStateError(`the status of ${pair}`, () => finishedAt.get(pair, a.href, b.href));
    return { mapping, status: status.open(mapping), finishedAtMs: at ?? undefined };
  });
}
