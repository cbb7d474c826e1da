import type { Logger } from '../lib/logger.ts';
import { type Mount, readMounts } from './mountinfo.ts';

const EVERY_MS = 1000;

export interface MountWatchOptions {
  readonly id: number;
  readonly onGone: () => void;
  readonly log: Logger;
  readonly mounts?: () => Promise<readonly Mount[]>;
  readonly everyMs?: number;
}

/**
 * Tells once when the mount of that number has gone from the tree: nobody reports a foreign `umount` to the process that serves it.
 * Returns how to stop looking.
 */
export function watchMount({
  id,
  onGone,
  log,
  mounts = readMounts,
  everyMs = EVERY_MS,
}: MountWatchOptions): () => void {
  let looking = false;
  let stopped = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      const present = (await mounts()).some((mount) => mount.id === id);
      if (present || stopped) return;
      stop();
      onGone();
    } catch (error) {
      log.warn({ err: error }, 'cannot tell whether the file system is still mounted');
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
  };
  return stop;
}
