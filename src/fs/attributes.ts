import type { Inode } from '../cache/file-tree.ts';
import { isDirectory, type Node, roleOf } from './names.ts';

/** What stat(2) shows, times in milliseconds. */
export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly nlink: number;
  readonly ino: number;
  readonly blksize: number;
  readonly blocks: number;
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const WRITE_BITS = 0o222;
const PERMISSIONS = 0o777;
/** What stat counts in, whatever the file system. */
const BLOCK_BYTES = 512;
const BLKSIZE = 4096;

/** `writable`: whether its mode shows a right to write, where it has one. */
export function toAttributes({ inode, place }: Node, owner: Owner, writable: boolean): Attributes {
  const mode = permissions(inode, place !== undefined && roleOf(place) !== 'scratch');
  return {
    uid: owner.uid,
    gid: owner.gid,
    mode: fileType(inode) | (writable ? mode : mode & ~WRITE_BITS),
    size: isDirectory(inode) ? 0 : inode.size,
    // Always 1. The kernel holds a hard link's names for two files and would show the other's count for as long as attributes
    // are cached; and for directories 1 means "do not reckon with it" to find(1).
    nlink: 1,
    ino: inode.ino,
    blksize: BLKSIZE,
    blocks: Math.ceil(inode.size / BLOCK_BYTES),
    // The binding cannot tell times before 1970.
    atime: Math.max(0, inode.atimeMs),
    mtime: Math.max(0, inode.mtimeMs),
    ctime: Math.max(0, inode.ctimeMs),
  };
}

/** For a directory's listing, which tells numbers and types alone. */
export const toListedAttributes = (entry: Pick<Inode, 'ino' | 'type'>): Attributes => ({
  mode: fileType(entry),
  uid: 0,
  gid: 0,
  size: 0,
  nlink: 1,
  ino: entry.ino,
  blksize: BLKSIZE,
  blocks: 0,
  atime: 0,
  mtime: 0,
  ctime: 0,
});

/** Items and metadata are always 0644, whatever a chmod wished; scratch keeps the mode it was given. */
function permissions({ type, mode }: Inode, published: boolean): number {
  if (type === 'symlink') return PERMISSIONS;
  if (type === 'file') return published ? 0o644 : mode & PERMISSIONS;
  return type === 'directory' ? mode & PERMISSIONS : 0o755;
}

function fileType({ type }: Pick<Inode, 'type'>): number {
  if (type === 'file') return S_IFREG;
  return type === 'symlink' ? S_IFLNK : S_IFDIR;
}
