import type { BigIntStats } from 'node:fs';
import * as nodeDisk from 'node:fs/promises';
import { lstat, readdir, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { RefusedError } from '../core/errors.ts';
import { METADATA_NAMES } from '../core/item-name.ts';
import { isTemporaryName } from './atomic-write.ts';
import { errnoCode, onDisk, toDiskError } from './disk-error.ts';
import { OwnHand } from './own-hand.ts';
import { isMetadataFile, readProperties, writeProperties } from './properties.ts';

/** The system call that may find something that came in meanwhile; tests have it come. */
export type RemovalDisk = Pick<typeof nodeDisk, 'rmdir'>;

const METADATA: ReadonlySet<string> = new Set(METADATA_NAMES);
/** So many names tell what is inside. */
const NAMED = 5;

/**
 * Removes the folder of a collection in which there is nothing but our own files. One that is gone already is removed. Of a link to
 * a folder only the link goes: what lies outside of the storage is not ours to delete, and was linked by hand.
 * @throws RefusedError naming what is inside
 */
export async function removeCollectionFolder(
  path: string,
  own: OwnHand = new OwnHand(),
  disk: RemovalDisk = nodeDisk,
): Promise<void> {
  const found = await lookAt(path);
  if (found?.isSymbolicLink()) return removeLink(path, own);
  // A file of that name is no collection, so the collection is gone.
  if (!found?.isDirectory()) return;
  const ours = await ownFiles(path);
  if (!ours) return;
  const properties = await readProperties(path);
  // Killed in between, it leaves a collection without a name or colour, which is as empty as it was and can be deleted again.
  for (const file of ours.map((name) => join(path, name))) {
    await onDisk(file, () => rm(file, { force: true }));
    own.removed(file);
  }
  try {
    await disk.rmdir(path);
    own.removed(path);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return;
    // Somebody was faster and put something in; it is to be the collection that it was.
    await writeProperties(path, properties, own);
    throw errnoCode(error) === 'ENOTEMPTY' ? stillHolds(path, await names(path)) : toDiskError(error, path);
  }
}

async function removeLink(path: string, own: OwnHand): Promise<void> {
  const target = await onDisk(path, () => stat(path));
  if (!target.isDirectory()) return;
  await ownFiles(path);
  try {
    await unlink(path);
    own.removed(path);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw toDiskError(error, path);
  }
}

/** Metadata files and what killed writes of ours left over; `undefined`: the folder is gone. @throws RefusedError when there is more */
async function ownFiles(folder: string): Promise<readonly string[] | undefined> {
  let all: readonly Buffer[];
  try {
    all = await readdir(folder, { encoding: 'buffer' });
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw toDiskError(error, folder);
  }
  const ours: string[] = [];
  const foreign: string[] = [];
  for (const name of all.map(String)) ((await isOurs(folder, name)) ? ours : foreign).push(name);
  if (foreign.length > 0) throw stillHolds(folder, foreign);
  return ours;
}

async function isOurs(folder: string, name: string): Promise<boolean> {
  if (!METADATA.has(name) && !isTemporaryName(name)) return false;
  const found = await lookAt(join(folder, name));
  return found === undefined || (METADATA.has(name) ? isMetadataFile(found) : found.isFile());
}

async function lookAt(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw toDiskError(error, path);
  }
}

const names = (folder: string): Promise<string[]> => onDisk(folder, () => readdir(folder));

function stillHolds(folder: string, inside: readonly string[]): RefusedError {
  const some = inside.toSorted().slice(0, NAMED).join(', ');
  const more = inside.length > NAMED ? ` and ${inside.length - NAMED} more` : '';
  return new RefusedError(
    `${folder} is not deleted, it still holds ${some}${more}; move them away, or delete them`,
  );
}
