import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { curl, type WebRequest } from './curl.ts';
import { eventFile, eventUid } from './event.ts';
import { atMost, type Figure, type Peer } from './figure.ts';
import type { Pimsync, SyncRun } from './pimsync.ts';
import { RecordingProxy } from './recording-proxy.ts';
import { type Account, FilledServer } from './server.ts';
import { assertEqual, type Setting } from './setting.ts';
import { mounted, vdirsOf, withAccount, withCopy } from './setups.ts';
import { interleaved } from './statistics.ts';
import { Vdirsyncer } from './vdirsyncer.ts';

const CALENDAR = 'big';
const CONNECTIONS = 4;
const MAX_TIMES_CURL = 1.3;
const MAX_MEGABYTES = 200;

/** A calendar of 10,000 events, from the server into nothing. */
export async function firstSync(setting: Setting): Promise<readonly Figure[]> {
  const { quick, folder, say } = setting;
  const events = quick ? 300 : 10_000;
  const { account } = await FilledServer.start(setting, { [CALENDAR]: events });
  const requests = await record(account, setting);
  const into = { cache: [] as SyncRun[], vdir: [] as SyncRun[] };
  const cached = await withAccount(account, join(folder, 'cached'));
  const copied = await withCopy(account, join(folder, 'copied'));
  const vdirs = vdirsOf(join(folder, 'copied'));
  say(`first sync against curl with the same ${requests.length} requests`);
  const seconds = await interleaved(quick ? 1 : 5, {
    curl: () => curl(requests, 1),
    curlInParallel: () => curl(requests, CONNECTIONS),
    cache: () => freshSync(cached, into.cache),
    vdir: async () => {
      await rm(join(vdirs, CALENDAR), { recursive: true, force: true });
      return freshSync(copied, into.vdir);
    },
  });
  await assertVdir(join(vdirs, CALENDAR), events);
  await assertMount(cached, events, setting);
  const floor: Peer =
    seconds.curl < seconds.curlInParallel
      ? { name: 'curl, one by one,', value: seconds.curl }
      : { name: `curl, ${CONNECTIONS} at once,`, value: seconds.curlInParallel };
  const peers = [floor, ...(await vdirsyncerTime(account, events, setting))];
  return (['cache', 'vdir'] as const).flatMap((target) => [
    {
      what: `first sync of ${events.toLocaleString('en')} events, ${NAMES[target]}`,
      value: seconds[target],
      unit: 's',
      peers,
      target: atMost(MAX_TIMES_CURL * floor.value, seconds[target], `${MAX_TIMES_CURL} × curl`),
    },
    memory(`its peak memory, ${NAMES[target]}`, into[target]),
  ]);
}

const NAMES = { cache: 'server → mount’s cache', vdir: 'server → vdir' } as const;

function memory(what: string, runs: readonly SyncRun[]): Figure {
  const value = Math.max(...runs.map(({ peakMegabytes }) => peakMegabytes));
  return { what, value, unit: 'MB', target: atMost(MAX_MEGABYTES, value, `${MAX_MEGABYTES} MB`) };
}

/** Every request of a first sync, from a run that is not timed. */
async function record(account: Account, setting: Setting): Promise<readonly WebRequest[]> {
  const proxy = await RecordingProxy.start(account, setting);
  const pimsync = await withAccount(proxy.account, join(setting.folder, 'recorded'));
  await pimsync.sync();
  return proxy.take();
}

async function freshSync(pimsync: Pimsync, runs: SyncRun[]): Promise<number> {
  await pimsync.forget();
  const run = await pimsync.sync();
  runs.push(run);
  return run.seconds;
}

async function assertVdir(folder: string, events: number): Promise<void> {
  const names = await readdir(folder);
  assertEqual('items in the vdir', names.filter((name) => name.endsWith('.ics')).length, events);
  await assertEvent(folder, events - 1);
}

async function assertMount(pimsync: Pimsync, events: number, setting: Setting): Promise<void> {
  const mount = await mounted(pimsync, setting);
  const folder = join(pimsync.mountpoint, 'dav', CALENDAR);
  assertEqual(
    'items in the mount',
    (await readdir(folder)).filter((name) => name.endsWith('.ics')).length,
    events,
  );
  await assertEvent(folder, events - 1);
  await mount.stop();
}

async function assertEvent(folder: string, index: number): Promise<void> {
  const text = await readFile(join(folder, eventFile(index)), 'utf8');
  assertEqual(`UID in ${eventFile(index)}`, text.includes(`UID:${eventUid(index)}`), true);
}

async function vdirsyncerTime(account: Account, events: number, setting: Setting): Promise<Peer[]> {
  const vdirsyncer = await Vdirsyncer.prepare(join(setting.folder, 'vdirsyncer'), account);
  if (!vdirsyncer) return [];
  setting.say('the same by vdirsyncer');
  const value = await vdirsyncer.sync();
  await assertVdir(join(vdirsyncer.collections, CALENDAR), events);
  return [{ name: 'vdirsyncer', value }];
}
