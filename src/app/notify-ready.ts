import { spawn } from 'node:child_process';
import { closeSync, fstatSync, writeSync } from 'node:fs';
import { UsageError } from '../core/errors.ts';
import { withoutFuse } from '../fs/shield.ts';
import type { Logger } from '../lib/logger.ts';

/** @throws UsageError when nothing is open under that number */
export function assertOpen(fd: number): void {
  try {
    fstatSync(fd);
  } catch (cause) {
    throw new UsageError(
      `--ready-fd: descriptor ${fd} is not open; the program that starts pimsync opens it`,
      {
        cause,
      },
    );
  }
}

/** For s6, dinit and OpenRC: writes the line `READY=1` and closes the descriptor. */
export function announceOn(fd: number): void {
  writeSync(fd, 'READY=1\n');
  closeSync(fd);
}

/**
 * Tells systemd (`Type=notify`) by its own program, as Node has no unix datagram sockets; the unit needs `NotifyAccess=all` for that.
 * Nothing happens where `$NOTIFY_SOCKET` is not set.
 */
export async function announceToSystemd(env: NodeJS.ProcessEnv, log: Logger): Promise<void> {
  if (env['NOTIFY_SOCKET'] === undefined) return;
  const failure = await new Promise<string | undefined>((resolve) => {
    const child = withoutFuse(['ignore', 'ignore', 'ignore'], (stdio) =>
      spawn('systemd-notify', ['--ready', `--pid=${process.pid}`], { stdio, env, cwd: '/' }),
    );
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (status) => resolve(status === 0 ? undefined : `status ${status}`));
  });
  if (failure !== undefined) log.warn({ reason: failure }, 'systemd could not be told of the start');
}
