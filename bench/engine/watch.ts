import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordingProxy } from '../recording-proxy.ts';
import type { Recorded } from '../replay.ts';
import { runCommand } from '../run-command.ts';
import { recorded, type Stage } from './stage.ts';
import type { Task } from './task.ts';

/** One run of pimsync looked at from outside, and not timed. */
export interface Watched {
  readonly requests: readonly Recorded[];
  readonly peakMegabytes: number;
  /** How often each file of the vdir that did not change was looked at; `undefined` where nothing can tell. */
  readonly looks: ReadonlyMap<string, number> | undefined;
  /** Files of the vdir and of its own state that are not what they were. */
  readonly written: readonly string[];
}

const WRITES: ReadonlySet<string> = new Set(['PUT', 'DELETE', 'MOVE', 'PROPPATCH', 'MKCALENDAR', 'MKCOL']);

export const isWrite = ({ method }: Pick<Recorded, 'method'>): boolean => WRITES.has(method);

/** Has pimsync do a task once, with the outcome checked. */
export async function watch(stage: Stage, task: Task, recorder: RecordingProxy): Promise<Watched> {
  const { pimsync, home, setting } = stage;
  const trace = join(setting.folder, 'trace');
  const isTraced = await hasStrace();
  await task.prepare(pimsync);
  const before = await inventory(pimsync.vdir, home.state);
  let peakMegabytes = 0;
  const requests = await recorded(stage, recorder, async () => {
    ({ peakMegabytes } = await home.sync(isTraced ? ['strace', ...TRACE_LOOKS, '-o', trace, '--'] : []));
  });
  const after = await inventory(pimsync.vdir, home.state);
  await task.check(pimsync);
  const all = [...new Set([...before.keys(), ...after.keys()])];
  const isSame = (file: string): boolean => before.get(file) === after.get(file);
  const items = all.filter((file) => file.startsWith(pimsync.vdir) && file.endsWith('.ics'));
  return {
    requests,
    peakMegabytes,
    looks: isTraced ? await countLooks(trace, items.filter(isSame)) : undefined,
    written: all.filter((file) => !isSame(file)),
  };
}

/** Only what is traced stops the program, so that it stays quick. */
const TRACE_LOOKS = ['-f', '-qq', '--seccomp-bpf', '-e', 'trace=statx,newfstatat,stat,lstat'] as const;

async function hasStrace(): Promise<boolean> {
  try {
    await runCommand('strace', ['-f', '--seccomp-bpf', '--', 'true']);
    return true;
  } catch {
    return false;
  }
}

/** What tells that a file was written. Not its time of change: that moves with a chmod to what it was. */
async function inventory(...folders: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const folder of folders)
    for (const name of await namesIn(folder)) {
      const file = join(folder, name);
      const { ino, size, mtimeNs } = await lstat(file, { bigint: true });
      found.set(file, [ino, size, mtimeNs].join(' '));
    }
  return found;
}

/** None where there is no such folder yet. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

/** Looks through an open file have no name, and do not count: these belong to reading it. */
async function countLooks(trace: string, files: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const looks = new Map(files.map((file) => [file, 0]));
  for (const [, file = ''] of (await readFile(trace, 'utf8')).matchAll(/ \w+\([^"\n]*"([^"\n]+)"/g)) {
    const count = looks.get(file);
    if (count !== undefined) looks.set(file, count + 1);
  }
  return looks;
}
