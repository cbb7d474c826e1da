import { constants } from 'node:fs';
import { chmod, lstat, open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { FileError } from '../cache/file-tree.ts';

/*
 * The engine's side of "Coherence" in ARCHITECTURE.md: what was staged in the database is made to happen by an ordinary file
 * operation on the mount, so that the kernel takes note of it. Never called in the file server's own process, which would wait for
 * itself for good.
 *
 * Read-only files and folders have modes without w, so the kernel itself refuses the operation to anybody but root. A chmod with the
 * sticky bit, which only the owner can do, makes the file server show w until the next publication; what it accepts does not
 * depend on the mode, so in between users are refused as before.
 */

const { O_NOATIME, O_NONBLOCK, O_WRONLY } = constants;

/**
 * How the engine opens a file whose staged change is to take effect with the ftruncate that follows. No program opens files like
 * this, and O_NOATIME is for the owner alone; so a user's truncation never passes for the engine's, nor the other way round.
 */
export const PUBLISHING_OPEN = O_WRONLY | O_NOATIME | O_NONBLOCK;

/** Whether it is the engine that opens a file, by the flags that the kernel passes on. */
export const isPublishingOpen = (flags: number): boolean => (flags & PUBLISHING_OPEN) === PUBLISHING_OPEN;

const WINDOW_BIT = 0o1000;
const OPEN_FILE = 0o644 + WINDOW_BIT;
const OPEN_FOLDER = 0o755 + WINDOW_BIT;
const PLAIN_FILE = 0o644;
const PLAIN_FOLDER = 0o755;

/** Whether a chmod asks for a window. */
export const isWindowMode = (mode: number): boolean => (mode & WINDOW_BIT) !== 0;

/**
 * Makes a staged change of a file visible. `size` is that of the staged content.
 * Rejects with ESTALE or EBUSY when a user was faster; ENOENT when the file is gone.
 */
export async function publishChangedFile(file: string, size: number): Promise<void> {
  await throughWindow({ at: file, open: OPEN_FILE, plain: PLAIN_FILE }, () => applyChange(file, size));
  // A change in a file also moves the time of its folder (requirement F6), of which the kernel has not heard by this.
  await refreshDirectory(path.dirname(file));
}

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
  throughWindow({ at: path.dirname(file), open: OPEN_FOLDER, plain: PLAIN_FOLDER }, () => unlink(file));

/** Gives a staged new file (`.pimsync-TOKEN` in the same folder) its name. Rejects with FileError EEXIST when the name is taken. */
export async function publishNewFile(folder: string, stagedName: string, name: string): Promise<void> {
  const target = path.join(folder, name);
  // libfuse moves an open file out of the way before the file server hears of a rename, so this has to be known beforehand.
  if (await exists(target)) throw new FileError('EEXIST', `${name} was created meanwhile`);
  await throughWindow({ at: folder, open: OPEN_FOLDER, plain: PLAIN_FOLDER }, () =>
    rename(path.join(folder, stagedName), target),
  );
}

/** Makes the kernel take over the times of a folder that changed without it, and wakes whoever watches it. */
export const refreshDirectory = (folder: string): Promise<void> => chmod(folder, PLAIN_FOLDER);

interface Window {
  readonly at: string;
  readonly open: number;
  readonly plain: number;
}

/** The operation as it is where that is allowed; else once more with the window open. */
async function throughWindow({ at, open, plain }: Window, publish: () => Promise<void>): Promise<void> {
  try {
    return await publish();
  } catch (error) {
    if (!hasCode(error, 'EACCES')) throw error;
  }
  await chmod(at, open);
  try {
    await publish();
  } finally {
    // Brings the mode that is shown back to what it was.
    await chmod(at, plain);
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
