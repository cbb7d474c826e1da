import { RefusedError } from '../core/errors.ts';
import { cutToBytes, EXTENSION, MAX_NAME_BYTES, METADATA_NAMES, safeItemName } from '../core/item-name.ts';
import type { ItemKind } from '../core/item.ts';

const METADATA: ReadonlySet<string> = new Set(METADATA_NAMES);

/** Whether a file of that name is an item: the exact extension, and none of the names that programs use for passing files. */
export const isVdirItem = (extension: string, name: string): boolean =>
  name.endsWith(extension) &&
  name.length > extension.length &&
  !/^[.#]/.test(name) &&
  !/~$|\.tmp$/.test(name) &&
  !METADATA.has(name);

/** Whether a file of that name holds a property of its collection. */
export const isMetadataName = (name: string): boolean => METADATA.has(name);

/** Whether a folder of that name is a collection. */
export const isCollectionName = (name: string): boolean => isSegment(name) && !name.startsWith('.');

/** One name inside a folder, never a way out of it. */
const isSegment = (name: string): boolean =>
  name !== '' &&
  name !== '.' &&
  name !== '..' &&
  !/[/\0]/.test(name) &&
  Buffer.byteLength(name) <= MAX_NAME_BYTES;

/** @throws RefusedError when `name` cannot be that of an item here, least of all a path */
export function assertItemName(extension: string, name: string): void {
  if (isSegment(name) && isVdirItem(extension, name)) return;
  throw new RefusedError(`${JSON.stringify(name)} is not the name of a *${extension} file in this folder`);
}

/** @throws RefusedError when no collection can have that name */
export function assertCollectionName(name: string): void {
  if (isCollectionName(name)) return;
  throw new RefusedError(
    `${JSON.stringify(name)} cannot be the name of a folder: no slash, no leading dot, at most ${MAX_NAME_BYTES} bytes`,
  );
}

/** The `number`th choice of a file name for an item that should be called `wish`. */
export function itemFileName(kind: ItemKind, extension: string, wish: string, number: number): string {
  const bare = wish.endsWith(extension) ? wish.slice(0, wish.length - extension.length) : wish;
  const safe = safeItemName(kind, bare, () => false).slice(0, -EXTENSION[kind].length);
  const suffix = number === 1 ? extension : `-${number}${extension}`;
  const name = cutToBytes(safe, MAX_NAME_BYTES - Buffer.byteLength(suffix)) + suffix;
  return isVdirItem(extension, name) ? name : `_${name}`;
}
