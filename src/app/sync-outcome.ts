import type { ErrorCode } from '../core/errors.ts';
import { planLines, problemLines, summaryLines } from '../sync/report-lines.ts';
import { hasFailures, type PairReport, toJson } from '../sync/report.ts';

/** What a `sync` has to say. Plain data: it may come from another process. */
export interface SyncOutcome {
  /** What was done or, for a dry run, would be. */
  readonly lines: readonly string[];
  /** One line each for what failed, is refused or in conflict. */
  readonly problems: readonly string[];
  readonly json: unknown;
  /** Something failed, or is not in agreement. */
  readonly failed: boolean;
  /** The codes of whatever failed as a whole: a pair or a collection. */
  readonly codes: readonly ErrorCode[];
}

/** The same for a command that ran here and for one that a running engine answered. */
export function toOutcome(reports: readonly PairReport[], dryRun: boolean): SyncOutcome {
  const errors = reports.flatMap(({ error, collections }) => [error, ...collections.map((one) => one.error)]);
  return {
    lines: reports.flatMap(dryRun ? planLines : summaryLines),
    problems: reports.flatMap(problemLines),
    json: reports.map(toJson),
    failed: reports.some(hasFailures),
    codes: [...new Set(errors.flatMap((error) => error?.code ?? []))],
  };
}
