import { join } from 'node:path';
import { curl } from './curl.ts';
import { exactly, type Figure } from './figure.ts';
import { RecordingProxy } from './recording-proxy.ts';
import { type Calendars, FilledServer, total } from './server.ts';
import type { Setting } from './setting.ts';
import { withAccount } from './setups.ts';
import { interleaved, median } from './statistics.ts';
import { Vdirsyncer } from './vdirsyncer.ts';

const CALENDARS = ['work', 'home', 'club', 'school', 'birthdays'];

/** An account of 10,000 events in five calendars, of which nothing changed. */
export async function quiet(setting: Setting): Promise<readonly Figure[]> {
  const { quick, folder, say } = setting;
  const rounds = quick ? 1 : 5;
  const calendars: Calendars = Object.fromEntries(CALENDARS.map((id) => [id, quick ? 20 : 2000]));
  const { account } = await FilledServer.start(setting, calendars);
  const proxy = await RecordingProxy.start(account, setting);
  const watched = await withAccount(proxy.account, join(folder, 'watched'));
  const direct = await withAccount(account, join(folder, 'direct'));
  for (const pimsync of [watched, direct]) await pimsync.sync();
  proxy.take();
  await watched.sync();
  const requests = proxy.take();
  say('the no-change sync');
  const seconds = await interleaved(rounds, {
    curl: () => curl(requests, 1),
    pimsync: async () => (await direct.sync()).seconds,
  });
  const peer = await vdirsyncerQuiet(proxy, setting, rounds);
  const what = `no-change sync of ${total(calendars).toLocaleString('en')} events in ${CALENDARS.length} calendars`;
  return [
    {
      what: `${what}: requests`,
      value: requests.length,
      unit: '',
      peers: peer ? [{ name: 'vdirsyncer', value: peer.requests }] : [],
      target: exactly(1, requests.length),
    },
    {
      what: `${what}: time`,
      value: seconds.pimsync,
      unit: 's',
      peers: [
        { name: 'curl', value: seconds.curl },
        ...(peer ? [{ name: 'vdirsyncer', value: peer.seconds }] : []),
      ],
    },
  ];
}

/** Through the proxy, which adds a few milliseconds to some seconds. */
async function vdirsyncerQuiet(
  proxy: RecordingProxy,
  { folder, say }: Setting,
  rounds: number,
): Promise<{ readonly requests: number; readonly seconds: number } | undefined> {
  const vdirsyncer = await Vdirsyncer.prepare(join(folder, 'vdirsyncer'), proxy.account);
  if (!vdirsyncer) return undefined;
  say('the same by vdirsyncer, which has to fetch everything first');
  await vdirsyncer.sync();
  const times: number[] = [];
  let requests = 0;
  for (let round = 0; round < Math.min(rounds, 3); round += 1) {
    proxy.take();
    times.push(await vdirsyncer.sync());
    requests = proxy.take().length;
  }
  return { requests, seconds: median(times) };
}
