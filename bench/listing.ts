import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { coldListing } from './cold-listing.ts';
import { atMost, type Figure, type Peer } from './figure.ts';
import { runCommand, timeShell } from './run-command.ts';
import { FilledServer } from './server.ts';
import { assertEqual, type Setting } from './setting.ts';
import { mounted, withAccount } from './setups.ts';
import { interleaved } from './statistics.ts';

const CALENDAR = 'big';
const MAX_TIMES_DISK = 2;

/** The same files at three places; `bindfs` is absent where it is not installed. */
interface Places {
  readonly mount: string;
  readonly disk: string;
  readonly bindfs?: string;
}

/** Looking at and reading a mounted calendar of 10,000 events, against the same files on the disk. */
export async function listing(setting: Setting): Promise<readonly Figure[]> {
  const { quick, folder, say } = setting;
  const events = quick ? 300 : 10_000;
  const { account } = await FilledServer.start(setting, { [CALENDAR]: events });
  const pimsync = await withAccount(account, join(folder, 'pimsync'));
  await pimsync.sync();
  const mount = join(pimsync.mountpoint, 'dav', CALENDAR);
  say('listing after a fresh mount');
  const live = await mounted(pimsync, setting);
  const places = await copies(mount, setting);
  await live.stop();
  const cold = await coldListing({ pimsync, ...places, events }, setting);
  say('listing again, reading, rsync');
  const rounds = quick ? 1 : 9;
  const warm = await onEach(places, rounds, (place) => `ls -l ${place} > ${join(folder, 'listed')}`);
  const reading = await onEach(places, Math.min(rounds, 3), readAll);
  const full = await copyOut(places, folder, Math.min(rounds, 2));
  const unchanged = await onEach(places, Math.min(rounds, 3), (place) => rsync(place, folder));
  const many = events.toLocaleString('en');
  return [
    cold,
    {
      ...figure(`ls -l of ${many} items, warm`, warm),
      target: atMost(MAX_TIMES_DISK * warm.disk, warm.mount, `${MAX_TIMES_DISK} × disk`),
    },
    figure(`cat of ${many} items`, reading),
    figure(`rsync -a of ${many} items out`, full),
    figure(`rsync -a of ${many} items out, unchanged`, unchanged),
  ];
}

type Times = Readonly<Record<keyof Places, number>>;

function figure(what: string, times: Times): Figure {
  const peers: Peer[] = [{ name: 'disk', value: times.disk }];
  if (times.bindfs > 0) peers.push({ name: 'bindfs', value: times.bindfs });
  return { what, value: times.mount, unit: 's', peers };
}

/** The same files on the disk itself, and behind a C file system that only passes them on. */
async function copies(mount: string, { folder, atEnd }: Setting): Promise<Places> {
  const disk = join(folder, 'disk');
  await runCommand('cp', ['-a', mount, disk]);
  assertEqual('bytes in a copy', await bytesIn(disk), await bytesIn(mount));
  const bindfs = join(folder, 'bindfs');
  await mkdir(bindfs);
  try {
    await runCommand('bindfs', ['-r', disk, bindfs]);
  } catch {
    return { mount, disk };
  }
  atEnd(async () => void (await runCommand('umount', [bindfs])));
  return { mount, disk, bindfs };
}

const bytesIn = async (folder: string): Promise<string> =>
  (await runCommand('sh', ['-euc', `${readAll(folder)} | wc -c`])).stdout;

const readAll = (folder: string): string => `find ${folder} -name '*.ics' -print0 | xargs -0 cat`;

const rsync = (place: string, folder: string): string => `rsync -a ${place}/ ${join(folder, 'out')}/`;

async function copyOut(places: Places, folder: string, rounds: number): Promise<Times> {
  const copy = async (place: string): Promise<number> => {
    await rm(join(folder, 'out'), { recursive: true, force: true });
    return timeShell(rsync(place, folder));
  };
  return times(places, rounds, copy);
}

/** The median time of a shell script at each place. */
const onEach = (places: Places, rounds: number, script: (place: string) => string): Promise<Times> =>
  times(places, rounds, (place) => timeShell(`${script(place)} > /dev/null`));

const times = (places: Places, rounds: number, time: (place: string) => Promise<number>): Promise<Times> =>
  interleaved(rounds, {
    mount: () => time(places.mount),
    disk: () => time(places.disk),
    bindfs: () => (places.bindfs === undefined ? Promise.resolve(0) : time(places.bindfs)),
  });
