import type { ErrorCode, PimsyncError } from '../core/errors.ts';
import type { Side } from '../core/status.ts';
import type { PropertyName } from '../core/storage.ts';

/** Why something as a whole could not be done. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** It may go better later with nothing changed. */
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
}

/** A write that was done, or in a dry run would be. */
export interface Change {
  readonly type: 'create' | 'update' | 'remove';
  readonly on: Side;
  readonly uid: string | undefined;
  /** What a person knows it by; only in dry runs and where it was asked for, as 10,000 titles take seconds to find. */
  readonly title: string | undefined;
  /** Where it is on side `on`, or for a planned creation where it comes from. */
  readonly href: string;
}

/** A write that a dry run would do as soon as a person allows it. */
export interface WaitingChange extends Change {
  /** Why it waits, and for which word. */
  readonly reason: string;
}

/** A property of a collection that was set, or in a dry run would be. */
export interface PropertyChange {
  readonly on: Side;
  readonly name: PropertyName;
  /** null: taken away. */
  readonly value: string | null;
}

/** An item on which both sides do not agree after the run. */
export interface Problem {
  readonly type: 'conflict' | 'refused' | 'failed' | 'unclear' | 'held';
  readonly uid: string | undefined;
  readonly title: string | undefined;
  /** When it begins, for people; absent for contacts and to-dos without a date. */
  readonly start?: string | undefined;
  readonly hrefs: { readonly a: string | undefined; readonly b: string | undefined };
  readonly reason: string;
}

export interface CollectionReport {
  readonly name: string;
  /** `quiet`: nothing had changed, nothing was asked. */
  readonly outcome: 'synced' | 'quiet' | 'planned' | 'failed';
  /** Sides on which the collection itself was created, or would be. */
  readonly created: readonly Side[];
  /** Sides on which it was deleted, or would be. */
  readonly deleted: readonly Side[];
  readonly properties: readonly PropertyChange[];
  readonly changes: readonly Change[];
  /** In a dry run: what waits for a person's word; else that is among the problems. Absent: nothing. */
  readonly waiting?: readonly WaitingChange[];
  readonly problems: readonly Problem[];
  /** What a person may want to know, a sentence each, though it keeps no item from being in step. */
  readonly notes: readonly string[];
  readonly error: Failure | undefined;
}

/** Of a collection about which there is nothing to tell. */
export const NOTHING_DONE = {
  created: [],
  deleted: [],
  properties: [],
  changes: [],
  problems: [],
  notes: [],
  error: undefined,
} as const satisfies Omit<CollectionReport, 'name' | 'outcome'>;

/** What a run did. Plain data: it survives JSON, so that a report may come from another process. */
export interface PairReport {
  readonly pair: string;
  readonly dryRun: boolean;
  readonly collections: readonly CollectionReport[];
  /** As those of a collection. Absent: none. */
  readonly notes?: readonly string[];
  /** The pair as a whole failed; then `collections` is empty. */
  readonly error: Failure | undefined;
  /** The longest time that a server asked us to stay away. */
  readonly retryAfterSeconds: number | undefined;
}

export const toFailure = ({ code, message, retryable, retryAfterSeconds }: PimsyncError): Failure => ({
  code,
  message,
  retryable,
  retryAfterSeconds,
});

export function pairReport(
  parts: Pick<PairReport, 'pair' | 'dryRun' | 'collections'> & { readonly error?: PimsyncError },
): PairReport {
  const error = parts.error && toFailure(parts.error);
  const failures = [error, ...parts.collections.map((collection) => collection.error)];
  const waits = failures.flatMap((failure) => failure?.retryAfterSeconds ?? []);
  return { ...parts, error, retryAfterSeconds: waits.length > 0 ? Math.max(...waits) : undefined };
}

/** Two runs of a pair, one right after the other, as one: all that was done, and how it stands after the second. */
export function joinReports(first: PairReport, second: PairReport): PairReport {
  const before = new Map(first.collections.map((one) => [one.name, one]));
  const collections = second.collections.map((now) => {
    const earlier = before.get(now.name);
    return earlier ? joinCollections(earlier, now) : now;
  });
  const notes = [...(first.notes ?? []), ...(second.notes ?? [])];
  return {
    ...second,
    collections: second.error ? first.collections : collections,
    ...(notes.length > 0 && { notes }),
  };
}

/** The same, where the second run was about some of the collections only. */
export function withSecond(first: PairReport, second: PairReport): PairReport {
  const again = new Map(second.collections.map((one) => [one.name, one]));
  const waits = [first, second].flatMap(({ retryAfterSeconds }) => retryAfterSeconds ?? []);
  return {
    ...first,
    collections: first.collections.map((earlier) => {
      const now = again.get(earlier.name);
      return now ? joinCollections(earlier, now) : earlier;
    }),
    retryAfterSeconds: waits.length > 0 ? Math.max(...waits) : undefined,
  };
}

const joinCollections = (earlier: CollectionReport, now: CollectionReport): CollectionReport => ({
  ...now,
  outcome: now.outcome === 'quiet' ? earlier.outcome : now.outcome,
  created: [...earlier.created, ...now.created],
  deleted: [...earlier.deleted, ...now.deleted],
  properties: [...earlier.properties, ...now.properties],
  changes: [...earlier.changes, ...now.changes],
});

/** The sides of a pair that a run changed. */
export const writtenSides = ({ collections }: PairReport): readonly Side[] => [
  ...new Set(
    collections.flatMap(({ created, deleted, properties, changes }) => [
      ...created,
      ...deleted,
      ...[...properties, ...changes].map(({ on }) => on),
    ]),
  ),
];

/** Whether anything is left that is not as it should be; exit status 1. */
export const hasFailures = ({ error, collections }: PairReport): boolean =>
  error !== undefined || collections.some((one) => one.error !== undefined || one.problems.length > 0);

/** Whether trying again soon may help, with nobody doing anything. */
export const needsRetry = ({ error, collections }: PairReport): boolean =>
  error?.retryable === true ||
  collections.some(
    (one) => one.error?.retryable === true || one.problems.some(({ type }) => type === 'failed'),
  );

/** How many changes of each kind a collection saw. */
export function countChanges(changes: readonly Change[]): Record<Side, Record<Change['type'], number>> {
  const counts = {
    a: { create: 0, update: 0, remove: 0 },
    b: { create: 0, update: 0, remove: 0 },
  };
  for (const { on, type } of changes) counts[on][type] += 1;
  return counts;
}

export interface JsonReport extends PairReport {
  readonly ok: boolean;
  readonly collections: readonly (CollectionReport & { readonly counts: ReturnType<typeof countChanges> })[];
}

/** The report for `--json`. These names are kept; new ones may be added. */
export const toJson = (report: PairReport): JsonReport => ({
  pair: report.pair,
  ok: !hasFailures(report),
  dryRun: report.dryRun,
  error: report.error,
  retryAfterSeconds: report.retryAfterSeconds,
  notes: report.notes ?? [],
  collections: report.collections.map((collection) => ({
    ...collection,
    counts: countChanges(collection.changes),
  })),
});
