import { constants } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { METADATA_NAMES, type MetadataName } from '../core/item-name.ts';
import type { CollectionProperties } from '../core/storage.ts';
import { writeNew } from './atomic-write.ts';
import { errnoCode, onDisk } from './disk-error.ts';

/** Longer is no name and no description, but a stranger's file. */
const MAX_BYTES = 65_536;

/** Reads the metadata files of a collection; what is missing, empty or senseless is no property. */
export async function readProperties(folder: string): Promise<CollectionProperties> {
  const properties: Partial<Record<MetadataName, string>> = {};
  for (const name of METADATA_NAMES) {
    const path = join(folder, name);
    const value = normalise(name, await onDisk(path, () => readValue(path)));
    if (value !== undefined) properties[name] = value;
  }
  return properties;
}

/** Writes the metadata files of a new collection. */
export async function writeProperties(folder: string, properties: CollectionProperties): Promise<void> {
  for (const name of METADATA_NAMES) {
    const text = normalise(name, properties[name]);
    if (text !== undefined) await onDisk(join(folder, name), () => writeNew({ folder, name, text }));
  }
}

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
    const stat = await handle.stat();
    return stat.isFile() && stat.size <= MAX_BYTES ? await readFile(handle, 'utf8') : undefined;
  } finally {
    await handle.close();
  }
}

/** Editors end every file with a line break, which is no part of a name. */
function normalise(name: MetadataName, raw: string | undefined): string | undefined {
  const text = raw?.trim();
  if (text === undefined || text === '') return undefined;
  if (name === 'color') return normaliseColor(text);
  if (name === 'order') return /^-?\d+(\.\d+)?$/.test(text) ? text : undefined;
  return text.includes('\uFFFD') ? undefined : text;
}

/** `#RRGGBB`, also from what servers and people write beside it: `#rgb`, `rrggbb`, and Apple's `#RRGGBBAA`. */
function normaliseColor(text: string): string | undefined {
  const hex = /^#?([\dA-F]{3}|[\dA-F]{6}|[\dA-F]{8})$/i.exec(text)?.[1]?.toUpperCase();
  if (hex === undefined) return undefined;
  return `#${hex.length === 3 ? hex.replaceAll(/./g, '$&$&') : hex.slice(0, 6)}`;
}
