import { type BigIntStats, constants } from 'node:fs';
import { lstat, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { METADATA_NAMES, type MetadataName } from '../core/item-name.ts';
import { MAX_PROPERTY_BYTES, propertyValue } from '../core/property-value.ts';
import type { CollectionProperties, PropertyChanges } from '../core/storage.ts';
import { syncFolder, writeNew, writeOver } from './atomic-write.ts';
import { errnoCode, onDisk } from './disk-error.ts';
import { OwnHand } from './own-hand.ts';

/** Reads the metadata files of a collection; what is missing, empty or senseless is no property. */
export async function readProperties(folder: string): Promise<CollectionProperties> {
  const properties: Partial<Record<MetadataName, string>> = {};
  for (const name of METADATA_NAMES) {
    const path = join(folder, name);
    const raw = await onDisk(path, () => readValue(path));
    const value = raw === undefined ? undefined : propertyValue(name, raw);
    if (value !== undefined) properties[name] = value;
  }
  return properties;
}

/** Writes the metadata files of a new collection. */
export async function writeProperties(
  folder: string,
  properties: CollectionProperties,
  own: OwnHand = new OwnHand(),
): Promise<void> {
  for (const name of METADATA_NAMES) {
    const text = propertyValue(name, properties[name] ?? '');
    if (text === undefined) continue;
    const path = join(folder, name);
    const etag = await onDisk(path, () => writeNew({ folder, name, text }));
    if (etag !== undefined) own.wrote(path, etag);
  }
}

/**
 * Makes metadata files say what is wanted, each at once or not at all. A file that says it already is not touched, so that no
 * program looks again for nothing.
 * @returns what has something else in its place, which stays there
 */
export async function changeProperties(
  folder: string,
  wanted: PropertyChanges,
  own: OwnHand = new OwnHand(),
): Promise<Map<MetadataName, string>> {
  const refused = new Map<MetadataName, string>();
  const now = await readProperties(folder);
  for (const [name, value] of wanted) {
    const path = join(folder, name);
    const isSet = now[name] === value || (await onDisk(path, () => changeFile({ folder, name, value }, own)));
    if (!isSet) refused.set(name, `${path} is not a plain file, or some program keeps replacing it`);
  }
  await onDisk(folder, () => syncFolder(folder));
  return refused;
}

interface WantedFile {
  readonly folder: string;
  readonly name: MetadataName;
  /** `undefined`: there is to be no such file. */
  readonly value: string | undefined;
}

/** `false`: something else is in the way. */
async function changeFile({ folder, name, value }: WantedFile, own: OwnHand): Promise<boolean> {
  const path = join(folder, name);
  const old = await lookAt(path);
  if (old && !isMetadataFile(old)) return value === undefined;
  if (value === undefined) {
    await rm(path, { force: true });
    own.removed(path);
    return true;
  }
  const target = { folder, name, text: value };
  const etag = old
    ? await writeOver(target, { old, lastCheck: () => Promise.resolve() })
    : await writeNew(target);
  if (etag === undefined) return false;
  own.wrote(path, etag);
  return true;
}

async function lookAt(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether it is one of those that we read, and not a stranger's file of that name. */
export const isMetadataFile = (stat: BigIntStats): boolean =>
  stat.isFile() && stat.size <= MAX_PROPERTY_BYTES;

/** Takes back what `writeProperties` wrote, and nothing else. */
export async function removeProperties(folder: string): Promise<void> {
  for (const name of METADATA_NAMES) await rm(join(folder, name), { force: true });
}

async function readValue(path: string): Promise<string | undefined> {
  let handle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    // A link may lead out of the folder, and its target is nobody's display name.
    if (['ENOENT', 'ELOOP'].includes(errnoCode(error) ?? '')) return undefined;
    throw error;
  }
  try {
    const stat = await handle.stat({ bigint: true });
    return isMetadataFile(stat) ? await readFile(handle, 'utf8') : undefined;
  } finally {
    await handle.close();
  }
}
