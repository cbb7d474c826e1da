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
import { interleaved, median } from './statistics.ts';
import { Vdirsyncer } from './vdirsyncer.ts';

const CALENDAR = 'big';
const CONNECTIONS = 4;
const MAX_TIMES_CURL = 1.3;
const MAX_MEGABYTES = 200;
/** Further apart, curl did something else than the timed runs. */
const SAME_REQUESTS = 1.25;

interface Subject {
  readonly account: Account;
  readonly events: number;
  readonly setting: Setting;
}

/** A calendar of 10,000 events, from the server into nothing. */
export async function firstSync(setting: Setting): Promise<readonly Figure[]> {
  const events = setting.quick ? 300 : 10_000;
  const { account } = await FilledServer.start(setting, { [CALENDAR]: events });
  const subject = { account, events, setting };
  const { figures, floor } = await intoCache(subject);
  return [...figures, ...(await intoVdir(subject, floor))];
}

async function intoCache(subject: Subject): Promise<{ readonly figures: Figure[]; readonly floor: Peer }> {
  const { account, events, setting } = subject;
  const { quick, folder, say } = setting;
  const requests = await record(subject);
  const pimsync = await withAccount(account, join(folder, 'cached'));
  const runs: SyncRun[] = [];
  say(`into the mount's cache, against curl with the same ${requests.length} requests`);
  const seconds = await interleaved(quick ? 1 : 5, {
    curl: () => curl(requests, 1),
    curlInParallel: () => curl(requests, CONNECTIONS),
    pimsync: async () => (await freshSync(pimsync, runs)).seconds,
  });
  await assertMount(pimsync, events, setting);
  tellIfUnlike(requests, runs, say);
  const floor =
    seconds.curl < seconds.curlInParallel
      ? { name: 'curl, one by one,', value: seconds.curl }
      : { name: `curl, ${CONNECTIONS} at once,`, value: seconds.curlInParallel };
  const what = `first sync of ${events.toLocaleString('en')} events, server → mount’s cache`;
  const target = atMost(MAX_TIMES_CURL * floor.value, seconds.pimsync, `${MAX_TIMES_CURL} × curl`);
  return {
    figures: [{ what, value: seconds.pimsync, unit: 's', peers: [floor], target }, memory(runs)],
    floor,
  };
}

/** Every file is synced to the disk one by one, so the disk counts for more than all else here. */
async function intoVdir({ account, events, setting }: Subject, floor: Peer): Promise<Figure[]> {
  const { quick, folder, say } = setting;
  const pimsync = await withCopy(account, join(folder, 'copied'));
  const vdir = join(vdirsOf(join(folder, 'copied')), CALENDAR);
  const runs: SyncRun[] = [];
  say('into a vdir');
  for (let round = 0; round < (quick ? 1 : 2); round += 1) {
    await rm(vdir, { recursive: true, force: true });
    await freshSync(pimsync, runs);
  }
  await assertVdir(vdir, events);
  await assertEvent(vdir, events - 1);
  return [
    {
      what: 'the same, server → vdir',
      value: median(runs.map(({ seconds }) => seconds)),
      unit: 's',
      peers: [floor, ...(await vdirsyncerTime({ account, events, setting }))],
    },
    memory(runs),
  ];
}

function memory(runs: readonly SyncRun[]): Figure {
  const value = Math.max(...runs.map(({ peakMegabytes }) => peakMegabytes));
  const target = atMost(MAX_MEGABYTES, value, `${MAX_MEGABYTES} MB`);
  return { what: 'its highest memory', value, unit: 'MB', target };
}

/** Every request of a first sync, from a run that is not timed. */
async function record({ account, setting }: Subject): Promise<readonly WebRequest[]> {
  const proxy = await RecordingProxy.start(account, setting);
  const pimsync = await withAccount(proxy.account, join(setting.folder, 'recorded'));
  await pimsync.sync();
  return proxy.take();
}

/** How much is asked for at once depends on how fast the server answers, and so on what else the machine does. */
function tellIfUnlike(requests: readonly WebRequest[], runs: readonly SyncRun[], say: Setting['say']): void {
  const sent = median(runs.map((run) => run.requests));
  if (sent > requests.length * SAME_REQUESTS || sent * SAME_REQUESTS < requests.length)
    say(
      `curl sent ${requests.length} requests, pimsync ${sent}: do this again on a machine that is less busy`,
    );
}

async function freshSync(pimsync: Pimsync, runs: SyncRun[]): Promise<SyncRun> {
  await pimsync.forget();
  const run = await pimsync.sync();
  runs.push(run);
  return run;
}

async function assertMount(pimsync: Pimsync, events: number, setting: Setting): Promise<void> {
  const mount = await mounted(pimsync, setting);
  const folder = join(pimsync.mountpoint, 'dav', CALENDAR);
  await assertVdir(folder, events);
  await assertEvent(folder, events - 1);
  await mount.stop();
}

async function assertVdir(folder: string, events: number): Promise<void> {
  const names = await readdir(folder);
  assertEqual(`items in ${folder}`, names.filter((name) => name.endsWith('.ics')).length, events);
}

async function assertEvent(folder: string, index: number): Promise<void> {
  const text = await readFile(join(folder, eventFile(index)), 'utf8');
  assertEqual(`UID in ${eventFile(index)}`, text.includes(`UID:${eventUid(index)}`), true);
}

async function vdirsyncerTime({ account, events, setting }: Subject): Promise<Peer[]> {
  const vdirsyncer = await Vdirsyncer.prepare(join(setting.folder, 'vdirsyncer'), account);
  if (!vdirsyncer) return [];
  setting.say('the same by vdirsyncer');
  const value = await vdirsyncer.sync();
  await assertVdir(join(vdirsyncer.collections, CALENDAR), events);
  return [{ name: 'vdirsyncer', value }];
}
