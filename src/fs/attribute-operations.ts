import { FileError } from '../cache/file-tree.ts';
import { type Attributes, toAttributes, toListedAttributes } from './attributes.ts';
import type { SpaceFigures } from './disk-space.ts';
import { assertChangeable, commit, type FileSystem, isReadOnly } from './file-system.ts';
import { isDirectory, isListed, isUpperLevel, roleOf } from './names.ts';
import { isClosingMode, isOpeningMode } from './publish.ts';

/** What is shown of a tree, and what of that can be set. */
export interface AttributeOperations {
  getattr(path: string): Attributes;
  readdir(path: string): Listing;
  readlink(path: string): string;
  chmod(path: string, mode: number): void;
  chown(path: string): void;
  utimens(path: string, atimeMs: number, mtimeMs: number): void;
  statfs(): SpaceFigures;
}

/** Two lists of one length, as the binding takes them. */
export interface Listing {
  readonly names: string[];
  readonly attributes: Attributes[];
}

export function attributeOperations(fs: FileSystem): AttributeOperations {
  return {
    getattr: (path) => getattr(fs, path),
    readdir: (path) => readdir(fs, path),
    readlink(path) {
      const { inode } = fs.names.get(path);
      if (inode.type !== 'symlink') throw new FileError('EINVAL', 'not a symbolic link');
      return fs.tree.readlink(inode.ino);
    },
    chmod: (path, mode) => chmod(fs, path, mode),
    // Everything belongs to whoever mounted; cp -p, rsync -a and vim set owners and must not fail.
    chown(path) {
      fs.names.get(path);
    },
    utimens: (path, atimeMs, mtimeMs) => utimens(fs, path, { atimeMs, mtimeMs }),
    statfs: () => fs.space.figures(),
  };
}

function getattr(fs: FileSystem, path: string): Attributes {
  const { inode, place } = fs.names.get(path);
  const writable = !isReadOnly(fs, inode) || fs.windows.has(inode.ino);
  return toAttributes({ inode: fs.files.current(inode), place }, fs.owner, writable);
}

function readdir(fs: FileSystem, path: string): Listing {
  const { inode, place } = fs.names.get(path);
  if (!isDirectory(inode)) throw new FileError('ENOTDIR', 'not a directory');
  const entries = fs.view.children(inode).filter(({ name }) => isListed({ parent: inode, name }));
  return {
    names: ['.', '..', ...entries.map(({ name }) => name)],
    attributes: [inode, place?.parent ?? inode, ...entries].map((entry) => toListedAttributes(entry)),
  };
}

/**
 * On items and directories of the server's a chmod is accepted and means nothing, except to the engine: its reply carries fresh
 * attributes into the kernel's cache, and two of its bits open and close windows for publishing.
 */
function chmod(fs: FileSystem, path: string, mode: number): void {
  const { inode, place } = fs.names.get(path);
  const scratch = inode.type === 'directory' || (place !== undefined && roleOf(place) === 'scratch');
  if (scratch && !isUpperLevel(inode) && !isReadOnly(fs, inode)) {
    if (inode.type !== 'symlink') fs.tree.setMode(inode.ino, mode & 0o777, fs.clock.nowMs());
    return;
  }
  if (isOpeningMode(mode)) fs.windows.open(inode.ino);
  if (isClosingMode(mode)) fs.windows.close(inode.ino);
}

function utimens(
  fs: FileSystem,
  path: string,
  { atimeMs, mtimeMs }: { readonly atimeMs: number; readonly mtimeMs: number },
): void {
  const { inode } = fs.names.get(path);
  // A directory's time tells khal to look again, so nobody but a change sets it (docs/facts.md, F6).
  if (inode.type !== 'file') return;
  assertChangeable(fs, inode);
  // Committed first, or the time of the last write would come over the one that is set here (cp -p sets it before it closes).
  commit(fs, inode.ino);
  fs.tree.setTimes(inode.ino, atimeMs, mtimeMs, fs.clock.nowMs());
}
