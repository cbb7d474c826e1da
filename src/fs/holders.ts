import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { isInside } from './mountinfo.ts';

/** A process that keeps a mount from being taken away. */
export interface Holder {
  readonly pid: number;
  readonly name: string;
}

/**
 * Who works in `folder`, or has a file in it open, as far as we may know. Only links under /proc are read, never what they lead to,
 * so this also works for a mount that no longer answers.
 */
export async function findHolders(folder: string, proc = '/proc'): Promise<Holder[]> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  const holders: Holder[] = [];
  for (const pid of pids) {
    const base = path.join(proc, pid);
    if (await holds(base, folder)) holders.push({ pid: Number(pid), name: await nameOf(base) });
  }
  return holders;
}

async function holds(base: string, folder: string): Promise<boolean> {
  const links = [path.join(base, 'cwd'), path.join(base, 'root')];
  // Another user's process, or one that ended meanwhile.
  const descriptors = await readdir(path.join(base, 'fd')).catch((): string[] => []);
  links.push(...descriptors.map((fd) => path.join(base, 'fd', fd)));
  for (const link of links) {
    const target = await readlink(link).catch(() => '');
    if (target === folder || (path.isAbsolute(target) && isInside(target, folder))) return true;
  }
  return false;
}

const nameOf = async (base: string): Promise<string> =>
  (await readFile(path.join(base, 'comm'), 'utf8').catch(() => 'unknown')).trim();
