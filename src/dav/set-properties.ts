import { NotFoundError, PimsyncError } from '../core/errors.ts';
import { sortChanges } from '../core/property-value.ts';
import type { CollectionProperties, PropertyChanges, PropertyName } from '../core/storage.ts';
import type { Manner } from '../http/guarded-fetch.ts';
import { refusalError, statusOf } from '../http/refusal.ts';
import { isPassing } from '../http/retry-policy.ts';
import type { DavClient, Patch, Reply } from './client.ts';
import { type Dialect, property, propertyNameOf, together } from './dialect.ts';
import { listPlace } from './home.ts';
import type { Entry } from './multistatus.ts';

/** One collection, for requests about its properties. */
interface Subject {
  readonly client: DavClient;
  readonly dialect: Dialect;
  readonly url: URL;
  /** What it had when it was last looked at. */
  readonly before: CollectionProperties;
  readonly signal: AbortSignal | undefined;
}

interface Change {
  readonly name: PropertyName;
  /** What servers call it. */
  readonly at: string;
  /** `undefined`: to be taken away. */
  readonly value: string | undefined;
}

interface Refused {
  readonly reason: string;
  /** It may only have been refused because of another one. */
  readonly worthTryingAlone: boolean;
}

type Outcome = ReadonlyMap<PropertyName, Refused>;

/** Not set because another one was not (RFC 4918, 11.4). */
const FAILED_DEPENDENCY = 424;
/** No PROPPATCH at all. */
const NO_SUCH_METHOD: ReadonlySet<number | undefined> = new Set([405, 501]);

/**
 * Sets and takes away properties of a collection, and looks whether that came about: servers say 200 for what they do not keep
 * (docs/facts.md, D21).
 * @returns why some are not as they should be
 * @throws NotFoundError
 */
export async function setDavProperties(
  subject: Subject,
  changes: PropertyChanges,
): Promise<ReadonlyMap<PropertyName, string>> {
  const { wanted, refused } = sortChanges(changes);
  const reasons = new Map(refused);
  const sendable: Change[] = [];
  for (const [name, value] of wanted) {
    const at = propertyNameOf(subject.dialect, name);
    if (at === undefined) reasons.set(name, `${subject.dialect.collectionWord}s on servers have none`);
    else sendable.push({ name, at, value });
  }
  if (sendable.length === 0) return reasons;
  for (const [name, reason] of await patchAll(subject, sendable)) reasons.set(name, reason);
  const sent = sendable.filter(({ name }) => !reasons.has(name));
  if (sent.length === 0) return reasons;
  for (const [name, reason] of await findUnkept(subject, sent)) reasons.set(name, reason);
  return reasons;
}

/** All in one request; what fell with another one, once more alone. */
async function patchAll(
  subject: Subject,
  changes: readonly Change[],
): Promise<ReadonlyMap<PropertyName, string>> {
  const reasons = new Map<PropertyName, string>();
  const first = await patch(subject, changes);
  for (const change of changes) {
    const refused = first.get(change.name);
    if (!refused) continue;
    const alone = changes.length > 1 && refused.worthTryingAlone;
    const last = alone ? (await patch(subject, [change])).get(change.name) : refused;
    const left = last && (await tryOtherwise(subject, change)) ? undefined : last;
    if (left) reasons.set(change.name, left.reason);
  }
  return reasons;
}

/** Says the same in another way, where there is one. @returns whether that was taken */
async function tryOtherwise(subject: Subject, change: Change): Promise<boolean> {
  const value = otherSpelling(change);
  if (value === undefined) return false;
  const outcome = await patch(subject, [{ ...change, value }]);
  return !outcome.has(change.name);
}

function otherSpelling({ name, value }: Change): string | undefined {
  // Xandikos 0.2.8 answers 500 to every removal.
  if (value === undefined) return '';
  // Apple's programs write colours with an opacity.
  return name === 'color' ? `${value}FF` : undefined;
}

async function patch({ client, url, signal }: Subject, changes: readonly Change[]): Promise<Outcome> {
  const manner: Manner = { limit: 'item', signal };
  try {
    return readOutcome(await client.proppatch(url, toPatch(changes), manner), changes, url);
  } catch (error) {
    const status = statusOf(error);
    if (!(error instanceof PimsyncError) || status === undefined || concernsMore(status)) throw error;
    const refused = { reason: error.message, worthTryingAlone: !NO_SUCH_METHOD.has(status) };
    return new Map(changes.map(({ name }) => [name, refused]));
  }
}

/** Whether a refusal says something about the account, the collection or the moment rather than about these properties. */
const concernsMore = (status: number): boolean =>
  isPassing(status) || [401, 404, 407, 410, 423].includes(status);

function toPatch(changes: readonly Change[]): Patch {
  const set = changes.flatMap(({ at, value }) => (value === undefined ? [] : [property(at, value)]));
  const remove = changes.filter(({ value }) => value === undefined).map(({ at }) => property(at));
  return { set: together(set), remove: together(remove) };
}

/** All entries are about the one resource, whatever a server calls it: Xandikos 0.2.8 mangles the href. */
function readOutcome({ entries }: Reply, changes: readonly Change[], url: URL): Outcome {
  const refused = new Map<PropertyName, Refused>();
  for (const entry of entries)
    for (const { name, at } of changes) {
      const status = statusFor(entry, at);
      if (status < 300) continue;
      if (entry.status !== undefined && concernsMore(status))
        throw refusalError({ what: `PROPPATCH ${url.pathname}`, status, conditions: entry.conditions });
      refused.set(name, {
        reason: reasonFrom(entry, status),
        worthTryingAlone: status === FAILED_DEPENDENCY,
      });
    }
  return refused;
}

const statusFor = ({ status, failed }: Entry, at: string): number =>
  status ?? failed.get(at.slice(at.indexOf(':') + 1)) ?? 200;

function reasonFrom({ conditions, description }: Entry, status: number): string {
  const words = [...conditions, ...(description === undefined ? [] : [description])].join(': ').slice(0, 200);
  return `the server answered ${status}${words === '' ? '' : ` (${words})`}`;
}

/** Xandikos 0.2.8 says 200 for an order and keeps none; DAViCal says 207 for a collection that is not there. */
async function findUnkept(
  { client, dialect, url, before, signal }: Subject,
  sent: readonly Change[],
): Promise<ReadonlyMap<PropertyName, string>> {
  const manner: Manner = { limit: 'item', signal };
  const [info] = await listPlace(client, dialect, { type: 'collection', url }, { readOnly: false, manner });
  if (!info) throw new NotFoundError(`${url.pathname} is no ${dialect.collectionWord} any more`);
  const reasons = new Map<PropertyName, string>();
  for (const { name, value } of sent) {
    const now = info.properties[name];
    if (value !== undefined && now === undefined)
      reasons.set(name, 'the server says that it is set, and does not have it');
    else if (now !== undefined && isStillAsBefore(now, value, before[name]))
      reasons.set(name, `the server says that it is done, and still has ${JSON.stringify(now)}`);
  }
  return reasons;
}

/** A server may spell a value in its own way; what it had before is another matter. */
const isStillAsBefore = (now: string, wanted: string | undefined, before: string | undefined): boolean =>
  wanted === undefined || (now === before && now.toUpperCase() !== wanted.toUpperCase());
