import { PimsyncError } from '../core/errors.ts';
import type { AgreedProperty, Side } from '../core/status.ts';
import type { PropertyName, Storage } from '../core/storage.ts';
import { SIDES } from './both-sides.ts';
import { type CollectionJob, isWritable } from './collection-job.ts';
import { planProperties } from './properties.ts';
import type { PropertyChange } from './report.ts';

export interface PropertiesJob extends CollectionJob {
  readonly storages: Readonly<Record<Side, Storage>>;
  /** Which are to be kept in step. */
  readonly properties: readonly PropertyName[];
}

export interface PropertiesResult {
  readonly properties: readonly PropertyChange[];
  /** What did not come about, in a sentence each. */
  readonly notes: readonly string[];
}

/** Brings the names, colours and descriptions of two collections to agree; in a dry run only tells what it would do. */
export async function syncProperties(job: PropertiesJob): Promise<PropertiesResult> {
  const { infos, collections, storages, status, options } = job;
  // A view has what the other side has; see `follow`.
  if (SIDES.some((side) => collections[side].follow !== undefined)) return { properties: [], notes: [] };
  const isKept = (name: PropertyName): boolean =>
    SIDES.every((side) => storages[side].properties.includes(name));
  const plan = planProperties({
    names: job.properties.filter(isKept),
    a: infos.a.properties,
    b: infos.b.properties,
    agreed: status.properties(),
    conflict: job.conflict,
    oneWay: job.oneWay,
  });
  const notes = plan.conflicts.map(
    (name) =>
      `its ${name} is "${infos.a.properties[name] ?? ''}" on a and "${infos.b.properties[name] ?? ''}" on b; ` +
      'give both the same, or set conflict = "keep a" or "keep b" for the pair',
  );
  if (!options.dryRun && plan.agreed.size > 0) status.putProperties(plan.agreed);
  const properties: PropertyChange[] = [];
  for (const on of SIDES) {
    const changes = plan.writes[on];
    if (changes.size === 0) continue;
    if (!isWritable(job, on)) {
      notes.push(...leftAlone(job, on, changes));
      continue;
    }
    const refused = options.dryRun ? new Map<PropertyName, string>() : await write(job, on, changes);
    for (const [name, value] of changes) {
      const reason = refused.get(name);
      if (reason === undefined) properties.push({ on, name, value: value ?? null });
      else notes.push(`its ${name} could not be set on ${on}: ${reason}`);
    }
  }
  return { properties, notes };
}

/** Told of once: it is written down as dealt with. */
function leftAlone(
  { infos, status, options }: PropertiesJob,
  on: Side,
  changes: ReadonlyMap<PropertyName, string | undefined>,
): string[] {
  const names = [...changes.keys()];
  const asTheyAre = names.map((name): [PropertyName, AgreedProperty] => [
    name,
    { a: infos.a.properties[name], b: infos.b.properties[name] },
  ]);
  if (!options.dryRun) status.putProperties(new Map(asTheyAre));
  return names.map(
    (name) =>
      `its ${name} was changed on the other side, and side ${on} is read-only; it stays as it is there`,
  );
}

/** What a side will not take is written down too, so that it is not tried again before somebody changes it. */
async function write(
  { infos, storages, status, options }: PropertiesJob,
  on: Side,
  changes: ReadonlyMap<PropertyName, string | undefined>,
): Promise<ReadonlyMap<PropertyName, string>> {
  let refused: ReadonlyMap<PropertyName, string>;
  try {
    refused = await storages[on].setProperties(infos[on], changes, options.signal);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof PimsyncError)) throw error;
    // Items may fare better; and if not, they tell more.
    return new Map([...changes.keys()].map((name) => [name, error.message]));
  }
  const dealtWith = new Map<PropertyName, AgreedProperty>();
  for (const [name, value] of changes) {
    const before = { a: infos.a.properties[name], b: infos.b.properties[name] };
    dealtWith.set(name, refused.has(name) ? before : { ...before, [on]: value });
  }
  status.putProperties(dealtWith);
  return refused;
}
