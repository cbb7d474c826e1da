import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand, timeShell } from './run-command.ts';
import { assertEqual, type Setting } from './setting.ts';
import { interleaved } from './statistics.ts';

/** The same files at several places; those of programs that are not installed are absent. */
export interface Places {
  /** Of pimsync. */
  readonly mount: string;
  readonly disk: string;
  /** A file system in C that only passes the disk on. */
  readonly bindfs?: string;
  /** The same for rclone, with everything in its cache. */
  readonly rclone?: string;
}

export type Times = Readonly<Record<keyof Places, number>>;

export const readAll = (folder: string): string => `find ${folder} -name '*.ics' -print0 | xargs -0 cat`;

/** Copies a mounted folder to the disk, and mounts the copy by others. */
export async function copies(mount: string, setting: Setting): Promise<Places> {
  const disk = join(setting.folder, 'disk');
  await runCommand('cp', ['-a', mount, disk]);
  assertEqual('bytes in a copy', await bytesIn(disk), await bytesIn(mount));
  const bindfs = await mountedBy('bindfs', (place) => ['-r', disk, place], setting);
  const rclone = await mountedBy('rclone', (place) => rcloneMount(disk, place, setting), setting);
  if (rclone !== undefined) assertEqual('bytes by rclone', await bytesIn(rclone), await bytesIn(disk));
  return { mount, disk, ...(bindfs !== undefined && { bindfs }), ...(rclone !== undefined && { rclone }) };
}

/** As a person sets it up who wants to work offline: whole files in the cache, and attributes for an hour. */
const rcloneMount = (disk: string, place: string, { folder }: Setting): string[] =>
  [
    ['mount', disk, place, '--daemon', '--config', '/dev/null', '--read-only'],
    ['--vfs-cache-mode', 'full', '--cache-dir', join(folder, 'rclone-cache')],
    ['--dir-cache-time', '1h', '--attr-timeout', '1h'],
  ].flat();

/** @returns `undefined` where the program is not installed */
async function mountedBy(
  program: string,
  args: (place: string) => readonly string[],
  { folder, atEnd, say }: Setting,
): Promise<string | undefined> {
  const place = join(folder, program);
  await mkdir(place);
  try {
    await runCommand(program, args(place));
  } catch (error) {
    say(`without ${program}: ${(error as Error).message}`);
    return undefined;
  }
  atEnd(async () => void (await runCommand('umount', [place])));
  return place;
}

const bytesIn = async (folder: string): Promise<string> =>
  (await runCommand('sh', ['-euc', `${readAll(folder)} | wc -c`])).stdout;

/** The median time of something at each place; 0 where there is none. */
export function times(
  { mount, disk, bindfs, rclone }: Places,
  rounds: number,
  time: (place: string) => Promise<number>,
): Promise<Times> {
  const at = (place: string | undefined) => (): Promise<number> =>
    place === undefined ? Promise.resolve(0) : time(place);
  return interleaved(rounds, { mount: at(mount), disk: at(disk), bindfs: at(bindfs), rclone: at(rclone) });
}

/** The same for a shell script. */
export const onEach = (places: Places, rounds: number, script: (place: string) => string): Promise<Times> =>
  times(places, rounds, (place) => timeShell(`${script(place)} > /dev/null`));
