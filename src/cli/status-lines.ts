import { mountPairName } from '../app/selection.ts';
import { pairedProblems, type readFileStatus, type Status } from '../app/status.ts';
import { countOf, table } from './output.ts';

type MountedCollection = Status['collections'][number];
type FileStatus = Awaited<ReturnType<typeof readFileStatus>>;

/** The screen of `pimsync status`: who runs, a line a collection, and a line for everything that somebody should know of. */
export function statusLines({ running, collections, pairs }: Status, now: Date): string[] {
  const isRunning = running !== null;
  const rows = [
    ...collections.map((one) => [
      `${one.storage}/${one.directory}`,
      countOf(one.items, 'item'),
      sendingOf(one),
      timesOf(one, now, isRunning),
    ]),
    ...pairs.map((one) => [
      `${one.pair}/${one.collection}`,
      countOf(one.items, 'item'),
      one.problems.length > 0 ? countOf(one.problems.length, 'problem') : 'in step',
      timesOf(one, now, isRunning),
    ]),
  ];
  return [
    runningLine(running),
    ...table(rows),
    ...failingLines(running, collections),
    ...collections.flatMap(mountedDetails),
    ...pairs.flatMap(pairedProblems),
  ];
}

/** Without what is told of a mounted collection in words of its own. */
function failingLines(running: Status['running'], collections: Status['collections']): string[] {
  const told = collections
    .filter(({ trouble }) => trouble)
    .map(({ storage, id }) => `${mountPairName(storage)}/${id}: `);
  return Object.values(running?.failing ?? {})
    .flat()
    .filter((line) => told.every((start) => !line.startsWith(start)));
}

/** An edit that was refused, or waits for a decision, is counted as what it is. */
function sendingOf({ unsent, unfinished, properties, standing, trouble }: MountedCollection): string {
  if (standing === 'removed') return trouble ? 'removed here, held back' : 'removed here, pending';
  const here = [...unfinished.filter(({ name }) => name !== undefined), ...properties];
  const count = (wanted: string): number => here.filter(({ type }) => type === wanted).length;
  // The collection itself, which the other side will not make.
  const refused = count('refused') + (trouble?.type === 'refused' ? 1 : 0);
  const conflicts = count('conflict');
  const held = unfinished.filter(({ type }) => type === 'held');
  const heldDeletions = held.filter(({ name }) => name === undefined).length;
  const pending = Math.max(0, unsent - refused - conflicts - heldDeletions);
  const parts = [
    ...(pending > 0 ? [`${pending} pending`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(conflicts > 0 ? [`${conflicts} in conflict`] : []),
    ...(held.length > 0 ? [`${held.length} held back`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'all sent';
}

function runningLine(running: Status['running']): string {
  if (!running) return 'pimsync is not running';
  const where = running.mountpoint === undefined ? '' : `, mounted at ${running.mountpoint}`;
  return `pimsync runs as process ${running.pid}${where}`;
}

function timesOf(
  { finishedAtMs, nextRunMs }: Pick<MountedCollection, 'finishedAtMs' | 'nextRunMs'>,
  now: Date,
  isRunning: boolean,
): string {
  const last =
    finishedAtMs === undefined
      ? 'never synchronised'
      : `synchronised ${span(now.getTime() - finishedAtMs)} ago`;
  if (!isRunning) return last;
  return nextRunMs === undefined
    ? `${last}, now at it`
    : `${last}, next in ${span(nextRunMs - now.getTime())}`;
}

function mountedDetails(collection: MountedCollection): string[] {
  const { storage, directory, incomplete, unfinished, properties } = collection;
  const where = `${storage}/${directory}`;
  return [
    ...troubleLine(where, collection),
    ...properties.flatMap((property) => propertyLine(`${where}/${property.name}`, property)),
    ...incomplete.map(
      (name) => `${where}/${name}: incomplete: kept here and not sent until it is a whole item`,
    ),
    ...unfinished
      .filter(({ type }) => type === 'held')
      .slice(0, 1)
      .map(({ reason }) => `${where}: held back: ${reason}`),
    ...unfinished.flatMap((left) =>
      leftoverLine(left.name === undefined ? where : `${where}/${left.name}`, left),
    ),
  ];
}

function troubleLine(where: string, { trouble }: MountedCollection): string[] {
  if (!trouble) return [];
  return trouble.type === 'held'
    ? [`${where}: held back: ${trouble.reason}`]
    : [
        `${where}: refused: it could not be made on the other side: ${trouble.reason}; it stays here with what is in it, ` +
          'and "pimsync sync" tries again',
      ];
}

function propertyLine(
  where: string,
  { type, reason = '' }: MountedCollection['properties'][number],
): string[] {
  if (type === 'pending') return [];
  const remedy =
    type === 'refused'
      ? 'what you wrote stays here; another value is tried, the same one with "pimsync sync"'
      : '"pimsync conflicts" shows both';
  return [`${where}: ${type}: ${reason}; ${remedy}`];
}

function leftoverLine(
  where: string,
  { type, uid, reason }: MountedCollection['unfinished'][number],
): string[] {
  // An edit within its quiet time is counted as pending; there is nothing to be told of it.
  if (type === 'passing' || type === 'kept' || type === 'held') return [];
  const who = uid === undefined ? '' : `UID ${uid}: `;
  return [`${where}: ${type}: ${who}${reason}`];
}

/** What is known of one file, one `name: value` a line. */
export function fileLines({ state, reason, href, etag, ident }: FileStatus): string[] {
  return table(
    Object.entries({ state, reason, href, etag, UID: ident }).flatMap(([name, value]) =>
      value === undefined ? [] : [[`${name}:`, value]],
    ),
  );
}

/** A span of time in the largest unit that fits. */
function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
