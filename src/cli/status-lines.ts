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
    ...Object.values(running?.failing ?? {}).flat(),
    ...collections.flatMap(mountedDetails),
    ...pairs.flatMap(pairedProblems),
  ];
}

/** An edit that was refused, or waits for a decision, is counted as what it is. */
function sendingOf({ unsent, unfinished }: MountedCollection): string {
  const here = unfinished.filter(({ name }) => name !== undefined);
  const count = (wanted: string): number => here.filter(({ type }) => type === wanted).length;
  const [refused, conflicts] = [count('refused'), count('conflict')];
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

function mountedDetails({ storage, directory, incomplete, unfinished }: MountedCollection): string[] {
  const where = `${storage}/${directory}`;
  return [
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
