import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventFile, eventText, eventUid } from '../event.ts';
import { assertEqual } from '../setting.ts';
import { versionText } from '../versions.ts';
import { storeOnDisk } from './disk-floor.ts';
import { type Contender, itemsIn, type Stage } from './stage.ts';

/** How many items change on each side. */
export const CHANGED = 10;
export const CHANGES = `${CHANGED} changes each side`;
export const QUIET = 'no change';
export const UP = 'first sync up';
export const DOWN = 'first sync down';

/** Something that each program does from the same beginning. */
export interface Task {
  readonly name: string;
  /** Whether the contender has done what has to be done before. */
  readonly isOpenTo: (contender: Contender) => boolean;
  /** Puts server and vdir into the state before. */
  readonly prepare: (contender: Contender) => Promise<void>;
  /** Rejects when the outcome is wrong. */
  readonly check: (contender: Contender) => Promise<void>;
  /** How long the disk takes for what is to be kept, in seconds. Absent: next to nothing, or the server's affair. */
  readonly keep?: () => Promise<number>;
  /** The server as it was when pimsync was prepared for the first time, for those who ask for just the same. */
  readonly before: string;
}

/** The vdir is full and the server empty. */
export function up({ events, calendar, snapshots }: Stage): Task {
  const filled = new Set<Contender>();
  return {
    name: UP,
    before: 'empty',
    isOpenTo: () => true,
    async prepare(contender) {
      await contender.forget();
      if (!filled.has(contender)) await fillVdir(contender.vdir, events);
      filled.add(contender);
      await snapshots.restore('empty');
      snapshots.willChange();
    },
    check: async () => assertEqual('items on the server', await itemsIn(calendar), events),
  };
}

/** The server is full and the vdir empty. */
export const down = ({ events, snapshots, inStep, setting }: Stage): Task => ({
  name: DOWN,
  before: 'full',
  keep: () => storeOnDisk(join(setting.folder, 'kept'), events),
  isOpenTo: () => true,
  async prepare(contender) {
    await contender.forget();
    await rm(contender.vdir, { recursive: true });
    await mkdir(contender.vdir);
    await snapshots.restore('full');
  },
  async check(contender) {
    assertEqual(`items in ${contender.vdir}`, await itemsIn(contender.vdir), events);
    inStep.add(contender);
  },
});

/** Both sides are full and in step, by `down`, and each program has seen that there is nothing more to do. */
export function quiet({ snapshots, inStep }: Stage): Task {
  const settled = new Set<Contender>();
  return {
    name: QUIET,
    before: 'full',
    isOpenTo: (contender) => inStep.has(contender),
    async prepare(contender) {
      await snapshots.restore('full');
      if (!settled.has(contender)) await contender.sync();
      settled.add(contender);
    },
    check: () => Promise.resolve(),
  };
}

/** Both sides are full; of what was in step, some items were changed on the server, and others in the vdir. */
export function changes({ calendar, snapshots, inStep }: Stage): Task {
  const onServer = numbers(0);
  const inVdir = numbers(CHANGED);
  const files = new Map<Contender, ReadonlyMap<number, string>>();
  let version = 0;
  return {
    name: CHANGES,
    before: 'changed',
    isOpenTo: (contender) => inStep.has(contender),
    async prepare(contender) {
      const isFirst = !files.has(contender);
      const names = files.get(contender) ?? (await findFiles(contender.vdir));
      files.set(contender, names);
      await snapshots.restore(isFirst ? 'full' : inStepWith(contender));
      snapshots.willChange();
      version += 1;
      for (const index of onServer)
        await writeFile(join(calendar, eventFile(index)), versionText(index, version));
      for (const index of inVdir)
        await writeFile(join(contender.vdir, names.get(index) ?? ''), versionText(index, version));
      if (contender.name === 'pimsync' && isFirst) await snapshots.take('changed');
      snapshots.willChange();
    },
    async check(contender) {
      const names = files.get(contender);
      for (const index of onServer)
        await assertVersion(join(contender.vdir, names?.get(index) ?? ''), version);
      for (const index of inVdir) await assertVersion(join(calendar, eventFile(index)), version);
      await snapshots.take(inStepWith(contender));
    },
  };
}

const numbers = (first: number): number[] => Array.from({ length: CHANGED }, (_, at) => first + at);

const inStepWith = ({ name }: Contender): string => `in step with ${name}`;

async function fillVdir(folder: string, events: number): Promise<void> {
  for (let index = 0; index < events; index += 1)
    await writeFile(join(folder, eventFile(index)), eventText(index));
}

/** What the first events are called there: vdirsyncer thinks out names of its own. */
async function findFiles(folder: string): Promise<ReadonlyMap<number, string>> {
  const uids = new Map([...numbers(0), ...numbers(CHANGED)].map((index) => [eventUid(index), index]));
  const found = new Map<number, string>();
  for (const name of await readdir(folder)) {
    const [, uid = ''] = /^UID:(\S+)/m.exec(await readFile(join(folder, name), 'utf8')) ?? [];
    const index = uids.get(uid);
    if (index !== undefined) found.set(index, name);
  }
  assertEqual(`events found in ${folder}`, found.size, uids.size);
  return found;
}

async function assertVersion(file: string, version: number): Promise<void> {
  const [, found = 'another one'] = /^COMMENT:version-(\d+)/m.exec(await readFile(file, 'utf8')) ?? [];
  assertEqual(`version in ${file}`, found, String(version));
}
