import type { BigIntStats } from 'node:fs';
import { dirname, join } from 'node:path';
import { AlreadyExistsError, PreconditionFailedError } from '../core/errors.ts';
import type { Etag } from '../core/storage.ts';
import { giveName, syncFolder } from './atomic-write.ts';
import type { Disk } from './disk.ts';
import { errnoCode, onDisk, toDiskError } from './disk-error.ts';
import { etagOf } from './fingerprint.ts';

interface Move {
  /** Folders. */
  readonly from: string;
  readonly to: string;
  readonly name: string;
  /** What the file was when it was last looked at. */
  readonly seen: BigIntStats;
}

/**
 * Moves a file into another folder of the same file system, under its name. At every moment it stands in one of the two, for a
 * moment in both; nothing is ever replaced.
 * @throws AlreadyExistsError, PreconditionFailedError; RefusedError when the other folder is on another disk
 */
export async function moveFile({ from, to, name, seen }: Move, disk: Disk): Promise<void> {
  const source = join(from, name);
  const target = join(to, name);
  const placed = await place(source, target, disk);
  if (placed === 'linked') await removeSource(source, target, { seen, disk });
  else await onDisk(to, () => syncFolder(to));
  await onDisk(from, () => syncFolder(from));
}

async function place(source: string, target: string, disk: Disk): Promise<'linked' | 'moved'> {
  try {
    const placed = await giveName(source, target, disk);
    if (placed === 'taken') throw new AlreadyExistsError(`${target} is there already`);
    return placed;
  } catch (error) {
    throw errnoCode(error) === 'ENOENT' ? changed(source) : toDiskError(error, target);
  }
}

/** Somebody may have saved another text under the name while it had two: that one stays, and nothing was moved. */
async function removeSource(
  source: string,
  target: string,
  { seen, disk }: { readonly seen: BigIntStats; readonly disk: Disk },
): Promise<void> {
  try {
    // Before the other name goes, or a power failure could take both.
    await syncFolder(dirname(target));
    const now = await disk.lstat(source, { bigint: true });
    if (etagOf(now) !== etagOf(seen)) throw changed(source);
    await disk.unlink(source);
  } catch (error) {
    await takeBack(target, { seen, disk });
    throw errnoCode(error) === 'ENOENT' ? changed(source) : toDiskError(error, source);
  }
}

/** The second name goes only while it is what was linked: what somebody saved over it is not ours to remove. */
async function takeBack(
  target: string,
  { seen, disk }: { readonly seen: BigIntStats; readonly disk: Disk },
): Promise<void> {
  const etag = await onDisk(target, () => etagAt(target, disk));
  if (etag === etagOf(seen)) await onDisk(target, () => disk.unlink(target));
}

async function etagAt(path: string, disk: Disk): Promise<Etag | undefined> {
  try {
    return etagOf(await disk.lstat(path, { bigint: true }));
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const changed = (path: string): PreconditionFailedError =>
  new PreconditionFailedError(`${path} was changed since it was read`);
