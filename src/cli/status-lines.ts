import type { readFileStatus, Status } from '../app/status.ts';
import { table } from './output.ts';

type MountedCollection = Status['collections'][number];
type Leftover = MountedCollection['unfinished'][number];
type FileStatus = Awaited<ReturnType<typeof readFileStatus>>;

/** The screen of `pimsync status`: who runs, a line a collection, and a line for everything that somebody should know of. */
export function statusLines({ running, collections, pairs }: Status, now: Date): string[] {
  const rows = [
    ...collections.map((one) => [
      `${one.storage}/${one.directory}`,
      `${one.items} items`,
      one.unsent > 0 ? `${one.unsent} pending` : 'all sent',
      one.finishedAtMs === undefined ? 'never synchronised' : `synchronised ${ago(one.finishedAtMs, now)}`,
    ]),
    ...pairs.map(({ pair, collection, items }) => [`${pair}/${collection}`, `${items} items`, '', '']),
  ];
  const details = [
    ...collections.flatMap(collectionDetails),
    ...pairs.flatMap(({ pair, collection, unfinished }) =>
      unfinished.flatMap((left) => leftoverLine(`${pair}/${collection}`, left)),
    ),
  ];
  return [runningLine(running), ...table(rows), ...details];
}

function runningLine(running: Status['running']): string {
  if (!running) return 'pimsync is not running';
  const where = running.mountpoint === undefined ? '' : `, mounted at ${running.mountpoint}`;
  return `pimsync runs as process ${running.pid}${where}`;
}

function collectionDetails({ storage, directory, incomplete, unfinished }: MountedCollection): string[] {
  const where = `${storage}/${directory}`;
  return [
    ...incomplete.map(
      (name) => `${where}/${name}: incomplete: kept here and not sent until it is a whole item`,
    ),
    ...unfinished.flatMap((left) => leftoverLine(where, left)),
  ];
}

function leftoverLine(
  where: string,
  left: Pick<Leftover, 'type' | 'ident' | 'reason'> & { readonly name?: string | undefined },
): string[] {
  // An edit within its quiet time is counted as pending; there is nothing to be told of it.
  if (left.type === 'passing') return [];
  const place = left.name === undefined ? where : `${where}/${left.name}`;
  return [`${place}: ${left.type}: UID ${left.ident}: ${left.reason}`];
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
function ago(atMs: number, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - atMs) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}
