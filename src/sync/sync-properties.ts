import { PimsyncError } from '../core/errors.ts';
import type { AgreedProperty, Side } from '../core/status.ts';
import type { PropertyChanges, PropertyName, Storage } from '../core/storage.ts';
import { SIDES } from './both-sides.ts';
import { type CollectionJob, isWritable } from './collection-job.ts';
import { type Losses, stillWanted } from './lost-properties.ts';
import { planProperties } from './properties.ts';
import { asRefused, isTriedAgain, isView, namesKept, READ_ONLY } from './kept-properties.ts';
import { decidedProperties, inWords, noteConflicts, propertyItem } from './property-conflicts.ts';
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
export async function syncProperties(job: PropertiesJob, losses: Losses): Promise<PropertiesResult> {
  const { infos, status, options } = job;
  const plan = planProperties({
    names: namesKept(job),
    a: infos.a.properties,
    b: infos.b.properties,
    agreed: status.properties(),
    conflict: job.conflict,
    oneWay: job.oneWay,
    decided: decidedProperties(job),
    losses,
    isTriedAgain: (problem, on) => isTriedAgain(job, problem, on),
  });
  noteConflicts(job, plan.conflicts);
  const notes = plan.conflicts.map(
    (name) =>
      `its ${name} is ${inWords({ a: infos.a.properties[name], b: infos.b.properties[name] })}; give both the same, ` +
      `or say which: "pimsync conflicts resolve ${propertyItem(job, name)} --keep a", or b`,
  );
  if (!options.dryRun && plan.agreed.size > 0) status.putProperties(plan.agreed);
  const properties: PropertyChange[] = [];
  for (const on of SIDES) {
    const planned = plan.writes[on];
    if (planned.size === 0) continue;
    if (!isWritable(job, on)) {
      notes.push(...leftAlone(job, on, planned));
      continue;
    }
    const { changes, refused } = options.dryRun
      ? { changes: planned, refused: new Map<PropertyName, string>() }
      : await write(job, on, planned);
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
  job: PropertiesJob,
  on: Side,
  changes: ReadonlyMap<PropertyName, string | undefined>,
): string[] {
  const names = [...changes.keys()];
  const left = names.map((name): [PropertyName, AgreedProperty] => [
    name,
    asRefused(job, name, READ_ONLY[on]),
  ]);
  if (!job.options.dryRun) job.status.putProperties(new Map(left));
  return names.map(
    (name) =>
      `its ${name} was changed on the other side, and side ${on} is read-only; it stays as it is there`,
  );
}

interface Written {
  /** What was tried: less than was planned where somebody else was faster. */
  readonly changes: PropertyChanges;
  /** What the side would not do of it, with its reason. */
  readonly refused: ReadonlyMap<PropertyName, string>;
}

/** What a side will not take is written down too, so that it is not tried again before somebody changes it. */
async function write(job: PropertiesJob, on: Side, planned: PropertyChanges): Promise<Written> {
  const { infos, storages, status, options } = job;
  let changes = planned;
  let refused: ReadonlyMap<PropertyName, string>;
  try {
    changes = await stillWanted(planned, infos[on], storages[on], options.signal);
    if (changes.size === 0) return { changes, refused: new Map() };
    refused = await storages[on].setProperties(infos[on], changes, options.signal);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof PimsyncError)) throw error;
    // One name less is no reason to call the whole collection failed.
    return { changes, refused: new Map([...changes.keys()].map((name) => [name, error.message])) };
  }
  const dealtWith = new Map<PropertyName, AgreedProperty>();
  for (const [name, value] of changes) {
    const reason = refused.get(name);
    const before = { a: infos.a.properties[name], b: infos.b.properties[name] };
    if (reason === undefined) dealtWith.set(name, { ...before, [on]: value });
    // A view refuses nothing: somebody was just at it.
    else if (!isView(job, on)) dealtWith.set(name, asRefused(job, name, reason));
  }
  status.putProperties(dealtWith);
  return { changes, refused };
}
