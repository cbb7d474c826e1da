import { FileError, type FileTree, type Inode } from '../cache/file-tree.ts';
import type { Clock } from '../lib/clock.ts';
import type { Owner } from './attributes.ts';
import type { DiskSpace } from './disk-space.ts';
import type { Names } from './names.ts';
import { isHiddenName, type Node, type Place, roleOf } from './names.ts';
import type { OpenFiles } from './open-files.ts';
import type { View } from './view.ts';
import type { Windows } from './windows.ts';

/** Hints for the engine; the truth is in the rows, so a lost one costs a delay. Numbers are inodes. */
export type TreeEvent =
  /** Content or a name of an item or a property is complete, or a collection was made; the quiet time before it is sent has begun. */
  | { readonly type: 'edited'; readonly ino: number; readonly collection: number | undefined }
  /** The name of an item or a property is gone, or a collection. */
  | { readonly type: 'removed'; readonly collection: number | undefined }
  /** The collection's times changed without the kernel knowing: make it ask (see `refreshDirectory` in publish.ts). */
  | { readonly type: 'touched'; readonly collection: number };

/** What the operations share. */
export interface FileSystem {
  readonly tree: FileTree;
  readonly view: View;
  readonly names: Names;
  readonly files: OpenFiles;
  readonly space: DiskSpace;
  readonly clock: Clock;
  readonly owner: Owner;
  /** The whole mount takes no writes. */
  readonly readOnly: boolean;
  readonly windows: Windows;
  readonly onEvent: (event: TreeEvent) => void;
}

export const isReadOnly = (fs: FileSystem, inode: Inode): boolean => fs.readOnly || inode.readOnly;

/** @throws FileError EROFS, EACCES */
export function assertChangeable(fs: FileSystem, inode: Inode): void {
  if (fs.readOnly) throw new FileError('EROFS', 'mounted read-only');
  if (inode.readOnly) throw new FileError('EACCES', 'read-only on the server');
}

/** @throws FileError when the file's content is not the user's to change */
export function assertWritable(fs: FileSystem, { inode, place }: Node): void {
  if (inode.type === 'symlink') throw new FileError('EINVAL', 'a symbolic link has no content');
  if (inode.type !== 'file') throw new FileError('EISDIR', 'a directory');
  if (place) assertUsersName(place);
  assertChangeable(fs, inode);
}

/** @throws FileError when a user cannot make or take away a name there */
export function assertCanHold(fs: FileSystem, place: Place): void {
  const { type } = place.parent;
  if (type === 'root' || type === 'storage') {
    // File managers that get EACCES for their trash offer to delete for good; other errors they report.
    if (place.name.startsWith('.Trash')) throw new FileError('EACCES', 'no trash here');
    throw new FileError('EPERM', 'only collections hold files');
  }
  assertChangeable(fs, place.parent);
  assertUsersName(place);
}

/** The same for a name that does not exist yet. */
export function assertCanCreate(fs: FileSystem, place: Place): void {
  assertCanHold(fs, place);
  if (isHiddenName(place.name)) throw new FileError('EPERM', 'such names are for files unlinked while open');
  fs.space.assertRoom();
}

function assertUsersName(place: Place): void {
  if (roleOf(place) === 'staged') throw new FileError('EPERM', 'such names are for changes on their way in');
}

/** Whether the other side is told what becomes of the name. */
export function isNoted(place: Place): boolean {
  const role = roleOf(place);
  return role === 'item' || role === 'metadata';
}

/** Stores what was written so far to an open file, and says so. */
export function commit(fs: FileSystem, ino: number, { durable = false } = {}): void {
  if (fs.files.isDirty(ino)) storing(fs, ino, () => fs.files.commit(ino, { durable }));
}

/** Runs something that may store a file's content, and tells when that moved the times of its collection. */
export function storing(fs: FileSystem, ino: number, store: () => boolean): void {
  const collection = fs.tree.inode(ino)?.collection;
  const before = timeOf(fs, collection);
  if (!store()) return;
  if (collection !== undefined && timeOf(fs, collection) !== before)
    fs.onEvent({ type: 'touched', collection });
}

const timeOf = (fs: FileSystem, ino: number | undefined): number | undefined =>
  ino === undefined ? undefined : fs.tree.inode(ino)?.mtimeMs;
