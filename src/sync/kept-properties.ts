import { type AgreedProperty, type PropertyProblem, type Side } from '../core/status.ts';
import type { PropertyName } from '../core/storage.ts';
import { SIDES } from './both-sides.ts';
import { isWritable } from './collection-job.ts';
import type { PropertiesJob } from './sync-properties.ts';

/** As with items: what was in the way may be gone without anybody touching the property. */
const TRY_AGAIN_MS = 24 * 60 * 60 * 1000;

/** Tells refusals that end with the right to write. */
export const READ_ONLY: Readonly<Record<Side, string>> = {
  a: 'side a is read-only',
  b: 'side b is read-only',
};

/** Whether a side shows what the other one has (the mount). */
export const isView = ({ collections }: PropertiesJob, side: Side): boolean =>
  collections[side].follow !== undefined;

/**
 * The properties that can be brought to agree now. What a person sets in a view is one of them even where the other side has no such
 * property, so that its refusal is told.
 */
export function namesKept(job: PropertiesJob): PropertyName[] {
  const { infos, storages } = job;
  const isShown = SIDES.some((side) => isView(job, side));
  return job.properties.filter((name) => {
    if (SIDES.some((side) => infos[side].unsettled?.includes(name))) return false;
    return isShown || SIDES.every((side) => storages[side].properties.includes(name));
  });
}

/**
 * What is written down of a property that a side will not take. In a view it stays a change, to be shown as refused, and an edit that
 * is never overwritten from there; elsewhere it is dealt with.
 */
export function asRefused(job: PropertiesJob, name: PropertyName, reason: string): AgreedProperty {
  const { infos, status, options } = job;
  const now = { a: infos.a.properties[name], b: infos.b.properties[name] };
  if (!SIDES.some((side) => isView(job, side))) return now;
  const { a, b } = status.properties().get(name) ?? { a: undefined, b: undefined };
  return { a, b, problem: { type: 'refused', ...now, reason, atMs: options.clock.nowMs() } };
}

/** Whether a side is asked once more for what it refused. */
export function isTriedAgain(job: PropertiesJob, { reason, atMs }: PropertyProblem, on: Side): boolean {
  if (reason === READ_ONLY[on]) return isWritable(job, on);
  const { retryRefused, clock } = job.options;
  const elapsedMs = clock.nowMs() - atMs;
  return retryRefused || elapsedMs < 0 || elapsedMs >= TRY_AGAIN_MS;
}
