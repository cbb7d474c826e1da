import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { PimsyncError, UsageError } from '../core/errors.ts';
import { findOwnMount, readMounts } from '../fs/mountinfo.ts';
import { probeMount } from '../fs/probe-mount.ts';
import { unmount } from '../fs/unmount.ts';
import { adHocStates } from './ad-hoc-states.ts';
import { loadFrom } from './config-source.ts';
import { ask } from './control.ts';
import type { EngineStatus } from './engine-host.ts';
import { statePaths } from './state-paths.ts';

export interface RunUnmountOptions {
  readonly configPath: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly waitMs: number;
}

const PATIENCE_MS = 5_000;

/**
 * `pimsync unmount`: has the process that serves the mount send what is pending and take it away; a dead mount is just taken away.
 * @returns how many edits are still to be sent
 * @throws UsageError when nothing of ours is mounted there; ServerError naming who uses it; MountError
 */
export async function runUnmount(options: RunUnmountOptions): Promise<{ pending: number }> {
  const mountpoint = await absolute(options.directory);
  if (!findOwnMount(await readMounts(), mountpoint))
    throw new UsageError(`nothing of pimsync is mounted at ${mountpoint}`);
  const socket = await findServer(options, mountpoint);
  if (socket === undefined) {
    const { exitCode } = await probeMount(mountpoint);
    await unmount(mountpoint, { lazy: exitCode !== 0 });
    return { pending: 0 };
  }
  const answer = await ask(socket, { op: 'unmount', waitMs: options.waitMs });
  return (answer as { pending: number } | undefined) ?? { pending: 0 };
}

/** The mountpoint itself may be dead and is not looked at. */
async function absolute(directory: string): Promise<string> {
  const path = resolve(directory);
  const parent = await realpath(dirname(path)).catch(() => dirname(path));
  return join(parent, basename(path));
}

/** The control socket of the process that serves the mount: the configuration's, or that of a mount made without one. */
async function findServer(options: RunUnmountOptions, mountpoint: string): Promise<string | undefined> {
  for (const folder of [...(await configuredState(options)), ...(await adHocStates(options.env))]) {
    const { socket } = statePaths(folder);
    // One that does not answer serves nothing that could be drained.
    const status = (await ask(socket, { op: 'status' }, { patienceMs: PATIENCE_MS }).catch(
      () => undefined,
    )) as EngineStatus | undefined;
    if (status?.mountpoint === mountpoint) return socket;
  }
  return undefined;
}

/** A configuration that was broken after mounting must not keep anybody from unmounting. */
async function configuredState({ configPath, env }: RunUnmountOptions): Promise<string[]> {
  try {
    return [(await loadFrom({ type: 'file', path: configPath }, env)).statePath];
  } catch (error) {
    if (error instanceof PimsyncError) return [];
    throw error;
  }
}
