import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Figure } from './figure.ts';
import { eventFile } from './event.ts';
import { Probe } from './probe.ts';
import type { Latencies } from './programs/reader.ts';
import { FilledServer } from './server.ts';
import { assertEqual, type Setting } from './setting.ts';
import { mounted, syncNow, withAccount } from './setups.ts';
import { percentile } from './statistics.ts';

const MAX_P99_MS = 20;

/** Reading a small item of one calendar while another one of 5,000 events comes in for the first time. */
export async function latency(setting: Setting): Promise<readonly Figure[]> {
  const { quick, folder, say } = setting;
  const events = quick ? 300 : 5000;
  const server = await FilledServer.start(setting, { small: 5 });
  const pimsync = await withAccount(server.account, join(folder, 'pimsync'));
  await mounted(pimsync, setting);
  const item = join(pimsync.mountpoint, 'dav', 'small', eventFile(1));
  say('latency while nothing goes on');
  const idle = await probed(item, () => pause(quick ? 500 : 4000));
  say(`filling a second calendar with ${events} events`);
  await server.fill('large', events);
  say('latency during its first sync');
  const busy = await probed(item, () => syncNow(pimsync));
  const arrived = await readdir(join(pimsync.mountpoint, 'dav', 'large'));
  assertEqual('items that came', arrived.filter((name) => name.endsWith('.ics')).length, events);
  const during = `during a first sync of ${events.toLocaleString('en')}`;
  return [
    p99(`stat of an item ${during}, p99`, idle.statMs, busy.statMs),
    p99(`open, read, close of an item ${during}, p99`, idle.readMs, busy.readMs),
    {
      what: 'the same, p50',
      value: percentile(busy.readMs, 0.5),
      unit: 'ms',
      peers: [{ name: 'idle', value: percentile(idle.readMs, 0.5) }],
    },
    {
      what: `the same, longest of ${busy.readMs.length.toLocaleString('en')}`,
      value: Math.max(...busy.readMs),
      unit: 'ms',
      peers: [{ name: 'idle', value: Math.max(...idle.readMs) }],
    },
  ];
}

function p99(what: string, idle: readonly number[], busy: readonly number[]): Figure {
  const value = percentile(busy, 0.99);
  return {
    what,
    value,
    unit: 'ms',
    peers: [{ name: 'idle', value: percentile(idle, 0.99) }],
    target: { text: `< ${MAX_P99_MS} ms`, holds: value < MAX_P99_MS, type: 'speed' },
  };
}

async function probed(item: string, meanwhile: () => Promise<void>): Promise<Latencies> {
  const probe = new Probe<Latencies>('reader', [item]);
  await probe.begun();
  try {
    await meanwhile();
  } catch (error) {
    await probe.end();
    throw error;
  }
  return probe.end();
}
