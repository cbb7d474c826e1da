import type { Config } from '../config/config.ts';
import { UsageError } from '../core/errors.ts';
import type { Mapping, Side, StatusStore } from '../core/status.ts';
import type { PropertyName } from '../core/storage.ts';
import { propertyItem } from '../sync/property-conflicts.ts';
import type { JsonReport } from '../sync/report.ts';
import type { PropertyResolution, PropertyValues } from '../sync/resolution.ts';
import type { Choice, Decision } from './conflicts.ts';
import type { SyncOutcome } from './sync-outcome.ts';
import { storagesOfPair } from './wiring.ts';

/** A property of a collection that both sides changed, and that waits for somebody to decide. */
export interface PropertyConflict {
  readonly type: 'property';
  /** What it is called on the command line: `PAIR/COLLECTION:PROPERTY`. */
  readonly item: string;
  readonly pair: string;
  readonly collection: string;
  readonly property: PropertyName;
  readonly reason: string;
  /** As the last run found them. */
  readonly values: PropertyValues;
}

export interface ShownProperty extends PropertyConflict {
  /** What both had when they last agreed; absent where they never did, or had something else each. */
  readonly base: string | undefined;
  /** Names of the storages. */
  readonly storages: Readonly<Record<Side, string>>;
  readonly choices: readonly Choice[];
}

/** What is written down as waiting in one collection of a pair. */
export const waitingProperties = (
  pair: string,
  { name }: Mapping,
  status: StatusStore,
): (PropertyConflict & Pick<ShownProperty, 'base'>)[] =>
  [...status.properties()].flatMap(([property, { a, b, problem }]) => {
    if (problem?.type !== 'conflict') return [];
    return {
      type: 'property',
      item: propertyItem({ pair, name }, property),
      pair,
      collection: name,
      property,
      reason: problem.reason,
      values: { a: problem.a ?? null, b: problem.b ?? null },
      base: a === b ? a : undefined,
    };
  });

/** What somebody needs to know to decide. A right to write that only the server knows of shows when it is tried. */
export function showProperty(
  conflict: PropertyConflict & Pick<ShownProperty, 'base'>,
  config: Config,
): ShownProperty {
  const [a = '', b = a] = storagesOfPair(config, conflict.pair);
  const isWritable = (storage: string): boolean => config.storages.get(storage)?.readOnly !== true;
  const choices = [
    ...(isWritable(b) ? (['keep a'] as const) : []),
    ...(isWritable(a) ? (['keep b'] as const) : []),
  ];
  return { ...conflict, storages: { a, b }, choices };
}

/** @throws UsageError for what can only be done to items */
export function propertyResolution(
  { property }: PropertyConflict,
  decision: Decision,
  seen: PropertyValues | undefined,
): PropertyResolution {
  if (decision.type !== 'keep')
    throw new UsageError(`a ${property} is either of the two: give --keep a or --keep b`);
  return { property, side: decision.side, seen };
}

/** A run in which the property was not set has not done what it was asked for, whatever else went well. */
export function judged(conflict: PropertyConflict, outcome: SyncOutcome): SyncOutcome {
  const { item, property, collection } = conflict;
  const isDone = (outcome.json as readonly JsonReport[])
    .flatMap(({ collections }) => collections.filter(({ name }) => name === collection))
    .some(({ properties }) => properties.some(({ name }) => name === property));
  if (isDone) return outcome;
  const problems =
    outcome.problems.length > 0 ? outcome.problems : [`${item}: both sides have the same by now`];
  return { ...outcome, problems, failed: true };
}
