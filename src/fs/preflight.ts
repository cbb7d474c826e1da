import { constants } from 'node:fs';
import { access, mkdir, readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { BusyError, MountError } from '../core/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { findEnclosingMount, findOwnMount, isInside, type Mount, readMounts } from './mountinfo.ts';
import { probeMount } from './probe-mount.ts';
import { type RunProgram, runProgram } from './run-program.ts';
import { unmount } from './unmount.ts';

export interface PreflightOptions {
  readonly mountpoint: string;
  readonly allowOther: boolean;
  /** Folders that the file server itself uses (state, configuration): they must not end up under the mount. */
  readonly outside?: readonly string[];
  readonly log: Logger;
  readonly system?: Partial<System>;
}

/** What of the system is looked at; tests put in their own. */
export interface System {
  readonly device: string;
  readonly fuseConf: string;
  readonly uid: number;
  readonly searchPath: string;
  readonly mounts: () => Promise<readonly Mount[]>;
  readonly run: RunProgram;
}

/**
 * Whether a mount can succeed, before anything is started: makes the folder, clears what a crash left there, and returns the
 * folder's real path. Each refusal says what to do.
 * @throws MountError, or BusyError when a living pimsync has the place
 */
export async function assertMountable(options: PreflightOptions): Promise<string> {
  const system: System = {
    device: '/dev/fuse',
    fuseConf: '/etc/fuse.conf',
    uid: process.getuid?.() ?? 0,
    // A service may have no PATH.
    searchPath: [process.env['PATH'], '/usr/bin', '/bin', '/usr/sbin', '/sbin'].join(path.delimiter),
    mounts: readMounts,
    run: runProgram,
    ...options.system,
  };
  await assertDevice(system);
  if (system.uid !== 0) {
    await assertHelper(system);
    if (options.allowOther) await assertOthersAllowed(system);
  }
  // The folder itself may be a dead mount, which only its parent's path can be asked about.
  const parent = await realParent(options.mountpoint);
  const wanted = path.join(parent, path.basename(path.resolve(options.mountpoint)));
  await clearDeadMount(wanted, system, options.log);
  const folder = await makeFolder(wanted);
  await assertFreeFolder(folder, system);
  assertOutside(folder, options.outside ?? []);
  return folder;
}

async function assertDevice({ device }: System): Promise<void> {
  try {
    await access(device, constants.R_OK | constants.W_OK);
  } catch (error) {
    const missing = hasCode(error, 'ENOENT');
    throw new MountError(
      missing
        ? `${device} does not exist: load the kernel module with "modprobe fuse"; in a container start it with --device ${device} --cap-add SYS_ADMIN`
        : `no right to use ${device}: ask for mode 0666 on it (the usual one), or for membership in the group that owns it`,
      { cause: error },
    );
  }
}

/** libfuse 2 looks for that very name. */
async function assertHelper({ searchPath }: System): Promise<void> {
  for (const folder of searchPath.split(path.delimiter)) {
    if (folder !== '' && (await isExecutable(path.join(folder, 'fusermount')))) return;
  }
  throw new MountError(
    'fusermount is not installed; users other than root need it to mount (Debian, Fedora, Arch: package fuse3)',
  );
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function assertOthersAllowed({ fuseConf }: System): Promise<void> {
  const text = await readFile(fuseConf, 'utf8').catch(() => '');
  if (/^\s*user_allow_other\s*$/m.test(text)) return;
  throw new MountError(`allow_other is for root alone, unless ${fuseConf} has a line "user_allow_other"`);
}

async function realParent(mountpoint: string): Promise<string> {
  const parent = path.dirname(path.resolve(mountpoint));
  try {
    return await realpath(parent);
  } catch (error) {
    throw folderError(parent, error);
  }
}

async function clearDeadMount(folder: string, { mounts, run }: System, log: Logger): Promise<void> {
  if (!findOwnMount(await mounts(), folder)) return;
  const { exitCode, message } = await probeMount(folder, run);
  if (exitCode === 0) throw new BusyError(`a running pimsync has ${folder} mounted already`);
  if (exitCode === undefined)
    throw new BusyError(
      `${folder} is mounted by a pimsync that does not answer: end that process, or run "fusermount3 -uz ${folder}"`,
    );
  log.warn({ folder, found: message }, 'clearing a mount that a crash left behind');
  await unmount(folder, { lazy: true, run, mounts });
}

/** On a fresh machine the last folder of the path is made; a longer way is more likely a typing error. */
async function makeFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw folderError(folder, error);
  }
  try {
    if (!(await stat(folder)).isDirectory()) throw new MountError(`${folder} is not a directory`);
    return await realpath(folder);
  } catch (error) {
    throw error instanceof MountError ? error : folderError(folder, error);
  }
}

async function assertFreeFolder(folder: string, { mounts }: System): Promise<void> {
  const enclosing = findEnclosingMount(await mounts(), folder);
  if (enclosing)
    throw new MountError(
      `${folder} is inside the pimsync mount ${enclosing.mountPoint}: choose another folder`,
    );
  const [own, parent] = await Promise.all([stat(folder), stat(path.dirname(folder))]);
  if (own.dev !== parent.dev)
    throw new MountError(
      `${folder} is a mount point, a btrfs subvolume or a container's volume already: mount on a folder inside it`,
    );
  const entries = await readdir(folder).catch((error: unknown): never => {
    throw folderError(folder, error);
  });
  if (entries.length > 0)
    throw new MountError(
      `${folder} is not empty (it holds ${entries.slice(0, 3).join(', ')}${entries.length > 3 ? ', …' : ''}): the mount would hide that`,
    );
}

/** A file server that asks for its own mount waits for itself for good. */
function assertOutside(folder: string, files: readonly string[]): void {
  const inside = files.find((file) => file === folder || isInside(path.resolve(file), folder));
  if (inside !== undefined)
    throw new MountError(`${inside}, which pimsync itself needs, would end up under the mount at ${folder}`);
}

function folderError(folder: string, error: unknown): MountError {
  if (hasCode(error, 'ENOENT'))
    return new MountError(`${folder} does not exist: create it`, { cause: error });
  if (hasCode(error, 'ENOTDIR')) return new MountError(`${folder} is not a directory`, { cause: error });
  if (hasCode(error, 'ENOTCONN'))
    return new MountError(`${folder} lies in a mount whose server died: unmount that`, { cause: error });
  return new MountError(`cannot use ${folder}: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
