import { randomBytes } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Etag } from '../core/storage.ts';
import { type Disk, type DiskFile, patientDisk } from './disk.ts';
import { errnoCode } from './disk-error.ts';
import { etagOf } from './fingerprint.ts';

/** Where a text is to go. */
export interface Target {
  readonly folder: string;
  readonly name: string;
  readonly text: string;
}

interface Replacement {
  /** What is replaced; its mode is kept, and the new time is later than its time. */
  readonly old: BigIntStats;
  /** Called when all is written and only the rename is left; a throw leaves everything as it was. */
  readonly lastCheck: () => Promise<void>;
}

/** What file systems without hard links answer (FAT, many FUSE file systems). */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP', 'EMLINK']);

/** libuv rounds times down to microseconds; two of them are more than the old time for certain. */
const STEP_NS = 2000n;

/**
 * Writes a file that is not there yet. It appears under its name complete or not at all; `syncFolder` makes the name last.
 * @returns the etag that a listing will show, or undefined when the name is taken
 */
export async function writeNew(target: Target, disk: Disk = patientDisk): Promise<Etag | undefined> {
  const path = join(target.folder, target.name);
  return withTemporary(
    target,
    disk,
    {},
    async (temporary) => (await giveName(temporary, path, disk)) !== 'taken',
  );
}

/**
 * Gives a file a name that must be free; it appears there at once. `linked`: the file has its former name too; `moved`: it has not,
 * because the file system knows no second names.
 */
export async function giveName(from: string, to: string, disk: Disk): Promise<'taken' | 'linked' | 'moved'> {
  try {
    await disk.link(from, to);
    return 'linked';
  } catch (error) {
    if (errnoCode(error) === 'EEXIST') return 'taken';
    if (!NO_LINKS.has(errnoCode(error) ?? '')) throw error;
    return (await moveOntoReservation(from, to, disk)) ? 'moved' : 'taken';
  }
}

/** Replaces a file; readers see the old text or the new one, never a part. `syncFolder` makes the change last. */
export async function writeOver(
  target: Target,
  { old, lastCheck }: Replacement,
  disk: Disk = patientDisk,
): Promise<Etag> {
  const etag = await withTemporary(target, disk, { old }, async (temporary) => {
    await lastCheck();
    await disk.rename(temporary, join(target.folder, target.name));
    return true;
  });
  if (etag === undefined) throw new Error('a replacement always takes place');
  return etag;
}

/** Makes new names and removals in a folder survive a power failure, where the file system can. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } catch (error) {
    // Some FUSE file systems have no fsync for folders; nothing more can be done there.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoCode(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/** Without hard links the name is reserved by an empty file, which no other program can have made, and then moved onto. */
async function moveOntoReservation(temporary: string, path: string, disk: Disk): Promise<boolean> {
  try {
    const handle = await disk.open(path, 'wx');
    await handle.close();
  } catch (error) {
    if (errnoCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await disk.rename(temporary, path);
  } catch (error) {
    await removeQuietly(path, disk);
    throw error;
  }
  return true;
}

/** The dot hides it from khal and khard, `.tmp` from every reader that knows the vdir format. */
const temporaryName = (): string => `.pimsync-${randomBytes(8).toString('hex')}.tmp`;

/** Whether a file of that name is what a killed write left over. */
export const isTemporaryName = (name: string): boolean => /^\.pimsync-[\da-f]{16}\.tmp$/.test(name);

/** Writes the text beside its target and hands that file on; whatever happens, the temporary name is gone afterwards. */
async function withTemporary(
  { folder, text }: Target,
  disk: Disk,
  { old }: { readonly old?: BigIntStats },
  place: (temporary: string) => Promise<boolean>,
): Promise<Etag | undefined> {
  const temporary = join(folder, temporaryName());
  try {
    const etag = await writeTemporary(temporary, text, disk, old);
    return (await place(temporary)) ? etag : undefined;
  } finally {
    await removeQuietly(temporary, disk);
  }
}

/** Creates, fills and syncs the file; the mode follows the umask, as with any file that a user saves. */
async function writeTemporary(path: string, text: string, disk: Disk, old?: BigIntStats): Promise<Etag> {
  const handle = await disk.open(path, 'wx', 0o666);
  try {
    await handle.writeFile(text);
    if (old) await keepModeMoveTime(handle, old);
    await handle.sync();
    return etagOf(await handle.stat({ bigint: true }));
  } finally {
    await handle.close();
  }
}

async function keepModeMoveTime(handle: DiskFile, old: BigIntStats): Promise<void> {
  await handle.chmod(Number(old.mode & 0o777n));
  const { atimeNs, mtimeNs } = await handle.stat({ bigint: true });
  if (mtimeNs > old.mtimeNs) return;
  // The clock stood still or went back. khal, todoman and our own etags see a change only where the time moved on.
  await handle.utimes(Number(atimeNs) / 1e9, Number((old.mtimeNs + STEP_NS) / 1000n) / 1e6);
}

async function removeQuietly(path: string, disk: Disk): Promise<void> {
  try {
    await disk.unlink(path);
  } catch {
    // Moved into place already, or a disk so broken that the first error tells more; readers ignore what is left over.
  }
}
