import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { coldListing } from './cold-listing.ts';
import { atMost, type Figure, type Target } from './figure.ts';
import { copies, onEach, type Places, readAll, type Times, times } from './places.ts';
import { timeShell } from './run-command.ts';
import { FilledServer } from './server.ts';
import type { Setting } from './setting.ts';
import { mounted, withAccount } from './setups.ts';

const CALENDAR = 'big';
/** How many times as long as others it may take at most. */
const MAX_TIMES = { listing: 2, copy: 1.5, unchanged: 1.5, offline: 1.2 };
const MIN_TIMES_RCLONE = 5;
const MAX_MEGABYTES = 150;

/** Looking at and reading a mounted calendar of 10,000 events, against the same files on the disk and in other file systems. */
export async function listing(setting: Setting): Promise<readonly Figure[]> {
  const { quick, folder, say } = setting;
  const events = quick ? 300 : 10_000;
  const server = await FilledServer.start(setting, { [CALENDAR]: events });
  const pimsync = await withAccount(server.account, join(folder, 'pimsync'));
  await pimsync.sync();
  const mount = join(pimsync.mountpoint, 'dav', CALENDAR);
  say('listing after a fresh mount');
  const first = await mounted(pimsync, setting);
  const places = await copies(mount, setting);
  await first.stop();
  const cold = await coldListing({ pimsync, ...places, events }, setting);
  say('listing again, reading, rsync');
  // The last one that was mounted is still there.
  const rounds = quick ? 1 : 9;
  const items = `${events.toLocaleString('en')} items`;
  const warm = await onEach(places, rounds, (place) => `ls -l ${place} > ${join(folder, 'listed')}`);
  const reading = await onEach(places, Math.min(rounds, 3), readAll);
  const full = await copyOut(places, folder, Math.min(rounds, 3));
  const unchanged = await onEach(places, Math.min(rounds, 5), (place) => rsync(place, folder));
  const peakMegabytes = await cold.live.peakMegabytes();
  say('the same without the server');
  await server.stop();
  const alone: Places = { mount: places.mount, disk: places.disk };
  const offline = await onEach(alone, Math.min(rounds, 3), readAll);
  return [
    ...cold.figures,
    figure(`ls -l of ${items}, warm`, warm, timesAs(MAX_TIMES.listing, warm, 'disk')),
    figure(`cat of ${items}`, reading, timesAs(1 / MIN_TIMES_RCLONE, reading, 'rclone')),
    figure(`cat of ${items}, the server gone`, offline, {
      ...atMost(MAX_TIMES.offline * reading.mount, offline.mount, `${MAX_TIMES.offline} × with it`),
    }),
    figure(`rsync -a of ${items} out`, full, timesAs(MAX_TIMES.copy, full, 'bindfs')),
    figure(`rsync -a of ${items} out, unchanged`, unchanged, timesAs(MAX_TIMES.unchanged, unchanged, 'disk')),
    {
      what: `highest memory of the file server, ${items}`,
      value: peakMegabytes,
      unit: 'MB',
      target: atMost(MAX_MEGABYTES, peakMegabytes, `${MAX_MEGABYTES} MB`),
    },
  ];
}

/** @returns `undefined` where there is no such peer */
function timesAs(factor: number, all: Times, peer: keyof Times): Target | undefined {
  const times = factor < 1 ? `${peer} ÷ ${1 / factor}` : `${factor} × ${peer}`;
  return all[peer] > 0 ? atMost(factor * all[peer], all.mount, times) : undefined;
}

function figure(what: string, { mount, ...others }: Times, target: Target | undefined): Figure {
  const peers = Object.entries(others)
    .filter(([, value]) => value > 0)
    .map(([name, value]) => ({ name, value }));
  return { what, value: mount, unit: 's', peers, ...(target && { target }) };
}

const rsync = (place: string, folder: string): string => `rsync -a ${place}/ ${join(folder, 'out')}/`;

function copyOut(places: Places, folder: string, rounds: number): Promise<Times> {
  return times(places, rounds, async (place) => {
    await rm(join(folder, 'out'), { recursive: true, force: true });
    return timeShell(rsync(place, folder));
  });
}
