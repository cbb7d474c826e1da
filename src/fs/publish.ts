import { constants } from 'node:fs';
import { chmod, lstat, open, rename, rmdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { FileError } from '../cache/file-tree.ts';

/*
 * The engine's side of "Coherence" in ARCHITECTURE.md: what was staged in the database is made to happen by an ordinary file
 * operation on the mount, so that the kernel takes note of it. Never called in the file server's own process, which would wait for
 * itself for good.
 *
 * The file server has to tell the engine's operations from a user's. New files have names that only the engine uses; files are
 * opened with flags that nobody else uses; and before an unlink or rmdir a window is opened on the folder, by a chmod with the sticky
 * bit. Only the owner can do these.
 *
 * Read-only files and folders have modes without w, so to all but root the kernel itself refuses the operation. While a window is
 * open the file server shows w. What it accepts does not depend on the mode, so in between users are refused as before.
 */

const { O_NOATIME, O_NONBLOCK, O_WRONLY } = constants;

/**
 * How the engine opens a file whose staged change is to take effect with the ftruncate that follows. No program opens files like
 * this, and O_NOATIME is for the owner alone; so a user's truncation never passes for the engine's, nor the other way round.
 */
export const PUBLISHING_OPEN = O_WRONLY | O_NOATIME | O_NONBLOCK;

/** Whether it is the engine that opens a file, by the flags that the kernel passes on. */
export const isPublishingOpen = (flags: number): boolean => (flags & PUBLISHING_OPEN) === PUBLISHING_OPEN;

/** The sticky bit and the set-user-ID bit. */
const OPENING = 0o1000;
const CLOSING = 0o4000;
const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;

/** Whether a chmod asks for a window. */
export const isOpeningMode = (mode: number): boolean => (mode & OPENING) !== 0;

/** Whether a chmod gives up a window that nothing came through. */
export const isClosingMode = (mode: number): boolean => (mode & CLOSING) !== 0;

/**
 * Makes a staged change of a file visible. `size` is that of the staged content. The change also moves the time of the folder
 * (docs/facts.md, F6), of which the kernel has not heard by this: `refreshDirectory` has to follow.
 * Rejects with ESTALE or EBUSY when a user was faster; ENOENT when the file is gone.
 */
export const publishChangedFile = (file: string, size: number): Promise<void> =>
  whereAllowed(file, FILE_MODE, () => applyChange(file, size));

async function applyChange(file: string, size: number): Promise<void> {
  const handle = await open(file, PUBLISHING_OPEN);
  try {
    await handle.truncate(size);
  } finally {
    await handle.close();
  }
}

/** Makes a staged removal visible. Rejects as above. */
export const publishRemovedFile = (file: string): Promise<void> =>
  throughWindow(path.dirname(file), FOLDER_MODE, () => unlink(file));

/** The same for a collection's folder; ESTALE also when a user has put something in. */
export const publishRemovedDirectory = (folder: string): Promise<void> =>
  throughWindow(path.dirname(folder), FOLDER_MODE, () => rmdir(folder));

/** Gives a staged new file (`.pimsync-TOKEN` in the same folder) its name. Rejects with FileError EEXIST when the name is taken. */
export async function publishNewFile(folder: string, stagedName: string, name: string): Promise<void> {
  const target = path.join(folder, name);
  // libfuse moves an open file out of the way before the file server hears of a rename, so this has to be known beforehand.
  if (await exists(target)) throw new FileError('EEXIST', `${name} was created meanwhile`);
  await whereAllowed(folder, FOLDER_MODE, () => rename(path.join(folder, stagedName), target));
}

/** Makes the kernel take over the times of a folder that changed without it, and wakes whoever watches it. */
export const refreshDirectory = (folder: string): Promise<void> => setMode(folder, FOLDER_MODE);

/** The kernel takes the mount's root for the superuser's until somebody asks whose it is, and in the flat layout we may be the first. */
async function setMode(at: string, mode: number): Promise<void> {
  try {
    await chmod(at, mode);
  } catch (error) {
    if (!hasCode(error, 'EPERM')) throw error;
    await stat(at);
    await chmod(at, mode);
  }
}

/** As it is where the mode allows it, else through a window. */
async function whereAllowed(at: string, mode: number, publish: () => Promise<void>): Promise<void> {
  try {
    await publish();
  } catch (error) {
    if (!hasCode(error, 'EACCES')) throw error;
    await throughWindow(at, mode, publish);
  }
}

/** What is published closes the window behind it. */
async function throughWindow(at: string, mode: number, publish: () => Promise<void>): Promise<void> {
  await setMode(at, mode | OPENING);
  try {
    await publish();
  } catch (error) {
    await setMode(at, mode | CLOSING);
    throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
