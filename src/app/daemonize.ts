import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { StateError } from '../core/errors.ts';
import { type ForeignError, fromForeign } from './foreign-error.ts';
import type { MountOrder } from './run-mount.ts';

/** Argument that makes `main.ts` the background half of `mount --daemon`; not for people. */
export const DAEMON_ARGUMENT = '--pimsync-mount-daemon';

export type FromDaemon = { readonly type: 'live' } | ({ readonly type: 'failed' } & ForeignError);

/**
 * Starts a process of its own session that serves the mount, and waits until that is live. Its output goes to the log file.
 * @returns its process number
 * @throws what kept it from mounting
 */
export async function startDaemon(order: MountOrder): Promise<number> {
  const log = openLogFile(order.start.logFile ?? '/dev/null');
  try {
    const child = fork(process.argv[1] ?? '', [DAEMON_ARGUMENT], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
    const answer = new Promise<FromDaemon>((resolve) => {
      child.once('message', (message: FromDaemon) => resolve(message));
      child.once('exit', (code, signal) => {
        const message = `the background process ended (${signal ?? `status ${code}`}); ${order.start.logFile ?? 'its log'} may tell why`;
        resolve({ type: 'failed', message, code: 'mount' });
      });
    });
    child.send(order);
    const said = await answer;
    child.removeAllListeners();
    if (child.connected) child.disconnect();
    child.unref();
    if (said.type === 'failed') throw fromForeign(said);
    return child.pid ?? 0;
  } finally {
    closeSync(log);
  }
}

function openLogFile(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (cause) {
    throw new StateError(`the log ${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
