import type { FromDaemon } from './daemonize.ts';
import { toForeign } from './foreign-error.ts';
import { firstMessage } from './ipc.ts';
import { type MountOrder, serveMount } from './run-mount.ts';

/** The background half of `mount --daemon`: mounts what it is told over the channel and reports once. @returns the exit status */
export async function runDaemonProcess(): Promise<number> {
  const order = await firstMessage<MountOrder>();
  if (!order) return 1;
  try {
    await serveMount(order, process.env, () => report({ type: 'live' }));
    return 0;
  } catch (error) {
    const failure = toForeign(error, 'mount');
    // The starter hangs up once the mount is live; from then on there is only stderr, which is the log.
    if (process.connected) report({ type: 'failed', ...failure });
    else process.stderr.write(`pimsync: ${failure.message}\n`);
    return 1;
  }
}

function report(message: FromDaemon): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
