import type { AgreedProperty, Side } from '../core/status.ts';
import type { PropertyName } from '../core/storage.ts';
import { SIDES } from './both-sides.ts';
import type { CollectionJob } from './collection-job.ts';

type Place = Pick<CollectionJob, 'pair' | 'name'>;

/** What a property in conflict is called on the command line. An item's name has one more slash, whatever its UID. */
export const propertyItem = ({ pair, name }: Place, property: PropertyName): string =>
  `${pair}/${name}:${property}`;

/** `"One" on a and not there on b` */
export const inWords = ({ a, b }: AgreedProperty): string => `${valueText(a)} on a and ${valueText(b)} on b`;

const valueText = (value: string | undefined): string =>
  value === undefined ? 'not there' : JSON.stringify(value);

/** Whose value a person wants, as far as both sides still have what that was said about. */
export function decidedProperties({ infos, options }: CollectionJob): ReadonlyMap<PropertyName, Side> {
  const decided = new Map<PropertyName, Side>();
  for (const resolution of options.resolutions ?? []) {
    if (!('property' in resolution)) continue;
    const { property, side, seen } = resolution;
    const isAbout = (on: Side): boolean => !seen || (infos[on].properties[property] ?? null) === seen[on];
    if (SIDES.every(isAbout)) decided.set(property, side);
  }
  return decided;
}

/** Writes down what waits for a person, and what no longer does, for those who list it without asking the storages. */
export function noteConflicts(
  { infos, status, options }: CollectionJob,
  conflicts: readonly PropertyName[],
): void {
  if (options.dryRun) return;
  const known = status.properties();
  const news = new Map<PropertyName, AgreedProperty>();
  for (const name of conflicts) {
    const now = { a: infos.a.properties[name], b: infos.b.properties[name] };
    const last = known.get(name) ?? { a: undefined, b: undefined };
    if (isNoted(now, last)) continue;
    const reason = `it is ${inWords(now)}; both are left as they are`;
    const problem = { type: 'conflict', ...now, reason, atMs: options.clock.nowMs() } as const;
    news.set(name, { ...last, problem });
  }
  for (const [name, { a, b, problem }] of known)
    if (problem?.type === 'conflict' && !conflicts.includes(name)) news.set(name, { a, b });
  if (news.size > 0) status.putProperties(news);
}

const isNoted = (now: AgreedProperty, { problem }: AgreedProperty): boolean =>
  problem?.type === 'conflict' && problem.a === now.a && problem.b === now.b;
