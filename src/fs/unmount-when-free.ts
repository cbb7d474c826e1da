import { setTimeout as pauseFor } from 'node:timers/promises';
import { BusyError } from '../core/errors.ts';
import { findHolders, type Holder } from './holders.ts';
import { unmount } from './unmount.ts';

const LOOK_AGAIN_MS = 50;
/** How often somebody with a name is looked at: the engine and other programs come and go. */
const LOOKS_AT_HOLDERS = 3;
const LOOKS = 20;

export interface Means {
  readonly unmount: (mountpoint: string) => Promise<void>;
  readonly findHolders: (mountpoint: string) => Promise<readonly Holder[]>;
  readonly pause: (ms: number) => Promise<void>;
}

const OWN_MEANS: Means = { unmount, findHolders, pause: (ms) => pauseFor(ms) };

/**
 * Takes a mount away that nobody uses. An operation that is under way, the engine's telling of a change most of all, keeps it busy
 * for a moment, so only who stays in it is taken for a user of it.
 * @throws BusyError naming who uses it, MountError
 */
export async function unmountWhenFree(mountpoint: string, means: Means = OWN_MEANS): Promise<void> {
  for (let looks = 1; ; looks += 1) {
    try {
      return await means.unmount(mountpoint);
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
      const holders = await means.findHolders(mountpoint);
      if (looks >= (holders.length > 0 ? LOOKS_AT_HOLDERS : LOOKS)) throw naming(error, mountpoint, holders);
    }
    await means.pause(LOOK_AGAIN_MS);
  }
}

function naming(error: BusyError, mountpoint: string, holders: readonly Holder[]): BusyError {
  const list = holders.map(({ pid, name }) => `${name} (${pid})`).join(', ');
  return list === '' ? error : new BusyError(`${mountpoint} is in use by ${list}`, { cause: error });
}
