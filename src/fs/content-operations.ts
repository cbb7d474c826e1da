import { constants } from 'node:fs';
import { FileError } from '../cache/file-tree.ts';
import { assertCanCreate, assertWritable, commit, type FileSystem, isNoted, storing } from './file-system.ts';
import { roleOf } from './names.ts';
import { isPublishingOpen } from './publish.ts';

/** What happens to the bytes of files. */
export interface ContentOperations {
  open(path: string, flags: number): number;
  create(path: string, mode: number): number;
  read(fd: number, target: Uint8Array, position: number): number;
  write(fd: number, data: Uint8Array, position: number): number;
  truncate(path: string, size: number): void;
  ftruncate(fd: number, size: number): void;
  flush(path: string, fd: number): void;
  fsync(fd: number): void;
  release(fd: number): void;
}

const ACCESS_MODE = 3;

export function contentOperations(fs: FileSystem): ContentOperations {
  return {
    open: (path, flags) => open(fs, path, flags),
    create: (path, mode) => create(fs, path, mode),
    read: (fd, target, position) => fs.files.read(fd, target, position),
    write(fd, data, position) {
      fs.space.assertRoom();
      fs.files.write(fd, data, position);
      return data.length;
    },
    truncate: (path, size) => truncate(fs, path, size),
    ftruncate: (fd, size) => ftruncate(fs, fd, size),
    flush: (path, fd) => flush(fs, path, fd),
    fsync(fd) {
      commit(fs, fs.files.inoOf(fd), { durable: true });
      fs.tree.sync();
    },
    release: (fd) => release(fs, fd),
  };
}

function open(fs: FileSystem, path: string, flags: number): number {
  const node = fs.names.get(path);
  const { inode, place } = node;
  if (isPublishingOpen(flags) && inode.type === 'file') return fs.files.openToPublish(inode.ino);
  if ((flags & ACCESS_MODE) !== constants.O_RDONLY) {
    assertWritable(fs, node);
    return fs.files.openToWrite(inode.ino, { appends: (flags & constants.O_APPEND) !== 0 });
  }
  if (inode.type !== 'file') throw new FileError('EISDIR', 'not a file');
  if (place && roleOf(place) === 'staged') throw new FileError('EPERM', 'not published yet');
  return fs.files.openToRead(inode.ino);
}

function create(fs: FileSystem, path: string, mode: number): number {
  const place = fs.names.place(path);
  assertCanCreate(fs, place);
  const { ino } = fs.tree.createFile(place.parent.ino, place.name, mode & 0o777, fs.clock.nowMs());
  // The binding does not pass the flags here, so an O_APPEND goes by the place that the kernel reckons.
  return fs.files.openToWrite(ino, { appends: false });
}

function ftruncate(fs: FileSystem, fd: number, size: number): void {
  const ino = fs.files.inoOf(fd);
  if (fs.files.isPublisher(fd)) {
    fs.files.publish(fd, size);
    fs.windows.close(ino);
    return;
  }
  if (size > 0) fs.space.assertRoom();
  if (!fs.files.isWriter(fd)) throw new FileError('EINVAL', 'the file is open for reading only');
  fs.files.truncate(ino, size);
}

function truncate(fs: FileSystem, path: string, size: number): void {
  const node = fs.names.get(path);
  const { ino } = node.inode;
  assertWritable(fs, node);
  if (size > 0) fs.space.assertRoom();
  // With a writer about, most often the very one whose open(O_TRUNC) this is, its next flush stores the lot. So there is no moment
  // at which a crash leaves an empty file.
  if (fs.files.truncate(ino, size)) return;
  let changed = false;
  storing(fs, ino, () => (changed = fs.files.truncateClosed(ino, size)));
  if (changed) fs.onEvent({ type: 'edited', ino, collection: node.inode.collection });
}

/**
 * Each close() of each copy of a descriptor comes here, some before the first write: it says nothing about being finished. But what
 * a close() returned for is never lost, not even to a power cut, as far as items and properties go.
 */
function flush(fs: FileSystem, path: string, fd: number): void {
  const ino = fs.files.inoOf(fd);
  if (fs.files.isPublisher(fd)) fs.files.published(fd);
  if (fs.files.isWriter(fd)) commit(fs, ino, { durable: fs.files.isDirty(ino) && isNotedPath(fs, path) });
}

/** By the name that libfuse has for the handle; an unlinked file's may be any. */
function isNotedPath(fs: FileSystem, path: string): boolean {
  const place = fs.names.find(path)?.place;
  return place !== undefined && isNoted(place);
}

function release(fs: FileSystem, fd: number): void {
  const ino = fs.files.inoOf(fd);
  if (!fs.files.isWriter(fd)) {
    fs.files.release(fd);
    return;
  }
  let finished = false;
  storing(fs, ino, () => ({ finished } = fs.files.release(fd)).finished);
  // Unlinked while it was open: nothing is left to send.
  const inode = finished ? fs.tree.inode(ino) : undefined;
  if (inode) fs.onEvent({ type: 'edited', ino, collection: inode.collection });
}
