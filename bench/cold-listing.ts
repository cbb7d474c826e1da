import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atMost, type Figure } from './figure.ts';
import type { LiveMount, Pimsync } from './pimsync.ts';
import { Probe } from './probe.ts';
import { runCommand, timeShell } from './run-command.ts';
import { assertEqual, type Setting } from './setting.ts';
import { mounted } from './setups.ts';
import { interleaved, median } from './statistics.ts';

const MAX_SECONDS = 0.7;
const MAX_MOUNTING_SECONDS = 1;

export interface Cold {
  readonly pimsync: Pimsync;
  /** The mounted calendar. */
  readonly mount: string;
  /** The same files on the disk, and behind bindfs where that is installed. */
  readonly disk: string;
  readonly bindfs?: string;
  readonly events: number;
}

export interface ColdFigures {
  readonly figures: readonly Figure[];
  /** The mount that is still there. */
  readonly live: LiveMount;
}

/**
 * `ls -l` in trees that were mounted a moment ago, of which the kernel knows nothing: it asks for each file alone, one after the
 * other. Beside it a file system in C, and the binding with answers that are constants, the floor for everything built on it.
 */
export async function coldListing(cold: Cold, setting: Setting): Promise<ColdFigures> {
  const { quick, folder } = setting;
  const bare = join(folder, 'bare');
  await mkdir(bare);
  let live: LiveMount | undefined;
  const mounting: number[] = [];
  const times = await interleaved(quick ? 1 : 5, {
    async mount() {
      await live?.stop();
      live = await mounted(cold.pimsync, setting);
      mounting.push(live.seconds);
      return list(cold.mount, cold, setting);
    },
    bare: () => listBare(bare, cold, setting),
    async bindfs() {
      if (cold.bindfs === undefined) return 0;
      await runCommand('umount', [cold.bindfs]);
      await runCommand('bindfs', ['-r', cold.disk, cold.bindfs]);
      return list(cold.bindfs, cold, setting);
    },
  });
  if (!live) throw new Error('nothing was mounted');
  const items = `${cold.events.toLocaleString('en')} items`;
  const figures: Figure[] = [
    {
      what: `mounting ${items} that are in the cache`,
      value: median(mounting),
      unit: 's',
      target: atMost(MAX_MOUNTING_SECONDS, median(mounting), `${MAX_MOUNTING_SECONDS} s`),
    },
    {
      what: `ls -l of ${items}, cold`,
      value: times.mount,
      unit: 's',
      peers: [
        { name: 'bare binding', value: times.bare },
        ...(cold.bindfs === undefined ? [] : [{ name: 'bindfs', value: times.bindfs }]),
      ],
      target: atMost(MAX_SECONDS, times.mount, `${MAX_SECONDS} s`),
    },
  ];
  return { figures, live };
}

async function listBare(place: string, cold: Cold, setting: Setting): Promise<number> {
  const server = new Probe<null>('bare-mount', [place, String(cold.events)]);
  await server.begun();
  try {
    return await list(place, cold, setting);
  } finally {
    await runCommand('umount', [place]);
    await server.end();
  }
}

async function list(place: string, { events }: Cold, { folder }: Setting): Promise<number> {
  const listed = join(folder, 'listed');
  const seconds = await timeShell(`ls -l ${place} > ${listed}`);
  const lines = (await readFile(listed, 'utf8')).split('\n');
  assertEqual('items listed', lines.filter((line) => line.endsWith('.ics')).length, events);
  return seconds;
}
