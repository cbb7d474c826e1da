import { BusyError, MountError } from '../core/errors.ts';
import { findOwnMount, type Mount, readMounts } from './mountinfo.ts';
import { type Outcome, type RunProgram, runProgram } from './run-program.ts';

export interface UnmountOptions {
  /** Takes the mount out of the tree at once, even if it is in use; those who use it keep it until they let go. */
  readonly lazy?: boolean;
  readonly run?: RunProgram;
  readonly mounts?: () => Promise<readonly Mount[]>;
}

/** The older name last: Debian's fuse3 has both, fuse 2 only that. */
const HELPERS = ['fusermount3', 'fusermount'];

/**
 * Takes our mount at `mountpoint` away, whoever serves it, dead or alive. No mount of ours there is no error.
 * @throws BusyError when it is in use, MountError when it cannot be done
 */
export async function unmount(
  mountpoint: string,
  { lazy = false, run = runProgram, mounts = readMounts }: UnmountOptions = {},
): Promise<void> {
  const isMounted = async (): Promise<boolean> => findOwnMount(await mounts(), mountpoint) !== undefined;
  if (!(await isMounted())) return;
  const said: string[] = [];
  for (const [program, ...args] of commands(mountpoint, lazy)) {
    const { exitCode, message }: Outcome = await run(program, args);
    // The exit status alone is not to be trusted: a helper may fail after the work is done.
    if (exitCode === 0 || !(await isMounted())) return;
    said.push(message === '' ? `${program} failed` : message);
    if (/busy/i.test(message)) throw new BusyError(`${mountpoint} is in use: ${message}`);
  }
  throw new MountError(`cannot unmount ${mountpoint}: ${said.join('; ')}`);
}

type Command = [program: string, ...args: string[]];

function commands(mountpoint: string, lazy: boolean): Command[] {
  const helpers = HELPERS.map((helper) => [helper, lazy ? '-uz' : '-u', '--', mountpoint] satisfies Command);
  if (process.getuid?.() !== 0) return helpers;
  // Only root may; without fuse3 it is the only way.
  return [...helpers, lazy ? ['umount', '-l', '--', mountpoint] : ['umount', '--', mountpoint]];
}
