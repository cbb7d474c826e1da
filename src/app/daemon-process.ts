import { PimsyncError } from '../core/errors.ts';
import type { FromDaemon } from './daemonize.ts';
import { type MountOrder, serveMount } from './run-mount.ts';

/** The background half of `mount --daemon`: mounts what it is told over the channel and reports once. @returns the exit status */
export async function runDaemonProcess(): Promise<number> {
  const order = await new Promise<MountOrder>((resolve) => {
    process.once('message', (message) => resolve(message as MountOrder));
  });
  try {
    await serveMount(order, process.env, () => report({ type: 'live' }));
    return 0;
  } catch (error) {
    const code = error instanceof PimsyncError ? error.code : 'mount';
    report({ type: 'failed', message: (error as Error).message, code });
    return 1;
  }
}

/** The starter hangs up once it knows; later failures have only the log. */
function report(message: FromDaemon): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
