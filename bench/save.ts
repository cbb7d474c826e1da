import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventFile, eventText } from './event.ts';
import type { Figure } from './figure.ts';
import { Probe } from './probe.ts';
import type { Saved, Way } from './programs/saver.ts';
import { assertEqual, type Setting } from './setting.ts';
import { mounted, vdirsOf, withVdirs } from './setups.ts';
import { interleaved } from './statistics.ts';

const ITEMS = 5;
const ARRIVES_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 100;

/** Saving small files in the mount. What close has returned for survives a power cut there; on the disk only fsync does that. */
export async function save(setting: Setting): Promise<readonly Figure[]> {
  const { quick, folder, say } = setting;
  const disk = join(folder, 'disk');
  const vdir = join(vdirsOf(join(folder, 'pimsync')), 'cal');
  for (const made of [disk, vdir]) await fill(made);
  const pimsync = await withVdirs(join(folder, 'pimsync'));
  await mounted(pimsync, setting);
  const shown = join(pimsync.mountpoint, 'local', 'cal');
  const count = quick ? 20 : 500;
  let turn = 0;
  const saver = (target: string, way: Way, sync: string) => async (): Promise<number> => {
    const probe = new Probe<Saved>('saver', [target, way, sync, String(turn), String(count)]);
    turn += count;
    return count / (await probe.end()).seconds;
  };
  say('saving in the mount and on the disk');
  const rates = await interleaved(quick ? 1 : 3, {
    'atomic plain': saver(disk, 'atomic', ''),
    'atomic fsync': saver(disk, 'atomic', 'fsync'),
    'in-place plain': saver(disk, 'in-place', ''),
    'in-place fsync': saver(disk, 'in-place', 'fsync'),
    'atomic mount': saver(shown, 'atomic', ''),
    'in-place mount': saver(shown, 'in-place', ''),
  });
  // The in-place savers of the mount were the last ones.
  await assertArrived(vdir, turn);
  return (['atomic', 'in-place'] as const).map((way) => ({
    what: way === 'atomic' ? 'saves by temporary file and rename' : 'saves in place',
    value: rates[`${way} mount`],
    unit: '/s',
    peers: [
      { name: 'disk with fsync', value: rates[`${way} fsync`] },
      { name: 'disk', value: rates[`${way} plain`] },
    ],
  }));
}

async function fill(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let index = 0; index < ITEMS; index += 1)
    await writeFile(join(folder, eventFile(index)), eventText(index));
}

/** Waits until the last version of each item is on the other side. */
async function assertArrived(vdir: string, turns: number): Promise<void> {
  const deadlineMs = Date.now() + ARRIVES_WITHIN_MS;
  for (let turn = turns - ITEMS; turn < turns; turn += 1) {
    const index = turn % ITEMS;
    const wanted = eventText(index, `Save number ${turn}`);
    let found = '';
    while (found !== wanted && Date.now() < deadlineMs) {
      found = await readFile(join(vdir, eventFile(index)), 'utf8');
      if (found !== wanted) await pause(LOOK_EVERY_MS);
    }
    assertEqual(`${eventFile(index)} on the other side`, found, wanted);
  }
}
