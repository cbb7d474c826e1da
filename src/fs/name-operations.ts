import { FileError } from '../cache/file-tree.ts';
import { makeCollection, removeCollection, renameCollection } from './collection-operations.ts';
import { assertCanCreate, assertCanHold, commit, type FileSystem, isNoted } from './file-system.ts';
import { isHiddenName, type Named, type Node, type Place, roleOf } from './names.ts';

/** What happens to names. */
export interface NameOperations {
  unlink(path: string): void;
  rename(from: string, to: string): void;
  link(from: string, to: string): void;
  symlink(target: string, path: string): void;
  mkdir(path: string, mode: number): void;
  rmdir(path: string): void;
}

export function nameOperations(fs: FileSystem): NameOperations {
  return {
    unlink: (path) => unlink(fs, path),
    rename: (from, to) => rename(fs, from, to),
    link: (from, to) => link(fs, from, to),
    symlink: (target, path) => symlink(fs, target, path),
    mkdir: (path, mode) => mkdir(fs, path, mode),
    rmdir: (path) => rmdir(fs, path),
  };
}

function unlink(fs: FileSystem, path: string): void {
  const place = fs.names.place(path);
  const hidden = fs.names.unhide(place);
  if (hidden !== undefined) return fs.files.forgetUnused(hidden);
  const inode = fs.names.at(place);
  if (!inode) throw new FileError('ENOENT', 'no such name');
  if (!publishRemoval(fs, { inode, place })) {
    assertCanHold(fs, place);
    if (inode.type === 'directory') throw new FileError('EISDIR', 'a directory');
    fs.tree.unlink(place.parent.ino, place.name, fs.clock.nowMs());
    if (isNoted(place)) fs.onEvent({ type: 'removed', collection: place.parent.collection });
  }
  fs.files.forgetUnused(inode.ino);
}

/**
 * Lets a removal that the engine staged take effect; `false`: it is the user who takes the name away. Without a window nobody
 * asks what is staged, so the engine's affairs are never in a user's way.
 */
function publishRemoval(fs: FileSystem, { inode, place: { parent, name } }: Named): boolean {
  if (!fs.windows.has(parent.ino)) return false;
  const published = fs.tree.publishRemoval(parent.ino, name, fs.files.isBusy(inode.ino));
  if (published) fs.windows.close(parent.ino);
  return published;
}

/**
 * Also how libfuse unlinks or replaces a file that is open: it renames that to a hidden name, which it unlinks when the last handle
 * is closed.
 */
function rename(fs: FileSystem, from: string, to: string): void {
  const source = named(fs, from);
  const target = fs.names.place(to);
  if (isHiddenName(target.name) && publishRemoval(fs, source)) return fs.names.hide(target, source.inode.ino);
  if (roleOf(source.place) === 'staged') return publishNew(fs, source.place, target);
  if (source.inode.type === 'collection') return renameCollection(fs, source, target);
  assertCanHold(fs, source.place);
  assertCanTake(fs, source, target);
  const replaced = fs.names.at(target);
  // Two names of one file: POSIX wants both kept.
  if (replaced?.ino === source.inode.ino) return;
  commit(fs, source.inode.ino);
  fs.tree.rename(entry(source.place), entry(target), fs.clock.nowMs());
  if (replaced) fs.files.forgetUnused(replaced.ino);
  tellMoved(fs, source, target);
}

function publishNew(fs: FileSystem, staged: Place, target: Place): void {
  if (staged.parent.ino !== target.parent.ino)
    throw new FileError('EPERM', 'a staged file goes into its own collection');
  fs.tree.publishNew(staged.parent.ino, staged.name, target.name);
  fs.windows.close(staged.parent.ino);
}

function assertCanTake(fs: FileSystem, { inode }: Node, target: Place): void {
  const existing = fs.names.at(target);
  if (existing) assertCanHold(fs, target);
  else if (!isHiddenName(target.name)) assertCanCreate(fs, target);
  if (existing && existing.type !== 'file' && existing.type !== 'symlink')
    throw new FileError('EISDIR', 'a directory is in the way');
  if (inode.type === 'file') return;
  if (isNoted(target)) throw new FileError('EPERM', 'only a file can be an item or a property');
  if (inode.type === 'directory') assertDirectoryName(target);
}

function tellMoved(fs: FileSystem, { inode, place }: Named, target: Place): void {
  if (isNoted(place)) fs.onEvent({ type: 'removed', collection: place.parent.collection });
  if (isNoted(target)) fs.onEvent({ type: 'edited', ino: inode.ino, collection: target.parent.collection });
}

function link(fs: FileSystem, from: string, to: string): void {
  const source = named(fs, from);
  const target = fs.names.place(to);
  if (source.inode.type !== 'file') throw new FileError('EPERM', 'only files can have two names');
  assertCanHold(fs, source.place);
  assertCanCreate(fs, target);
  // The new name may mean "complete" to the engine, so it has to have what was written.
  commit(fs, source.inode.ino);
  fs.tree.link(source.inode.ino, target.parent.ino, target.name, fs.clock.nowMs());
  if (isNoted(target))
    fs.onEvent({ type: 'edited', ino: source.inode.ino, collection: target.parent.collection });
}

function symlink(fs: FileSystem, target: string, path: string): void {
  const place = fs.names.place(path);
  assertCanCreate(fs, place);
  if (isNoted(place)) throw new FileError('EPERM', 'an item or a property is a file');
  fs.tree.createSymlink(place.parent.ino, place.name, target, fs.clock.nowMs());
}

function mkdir(fs: FileSystem, path: string, mode: number): void {
  const place = fs.names.place(path);
  if (place.parent.type === 'root' || place.parent.type === 'storage') return makeCollection(fs, place);
  assertCanCreate(fs, place);
  assertDirectoryName(place);
  fs.tree.createDirectory(place.parent.ino, place.name, mode & 0o777, fs.clock.nowMs());
}

/** khal and todoman take what they find in a collection for items, except where a dot hides it (docs/facts.md, F18). */
function assertDirectoryName({ parent, name }: Place): void {
  if (name.startsWith('.Trash')) throw new FileError('EACCES', 'no trash here');
  if (parent.type === 'collection' && !name.startsWith('.'))
    throw new FileError('EPERM', 'a collection holds no folders but hidden ones');
}

function rmdir(fs: FileSystem, path: string): void {
  const { inode, place } = named(fs, path);
  if (inode.type === 'file' || inode.type === 'symlink') throw new FileError('ENOTDIR', 'not a directory');
  if (publishDirectoryRemoval(fs, { inode, place })) return fs.names.forgetFolders();
  if (inode.type === 'collection') return removeCollection(fs, inode);
  if (inode.type !== 'directory')
    throw new FileError('EPERM', 'a storage goes when it leaves the configuration');
  assertCanHold(fs, place);
  fs.tree.removeDirectory(place.parent.ino, place.name, fs.clock.nowMs());
}

/** As with files: without a window, nobody asks what is staged. */
function publishDirectoryRemoval(fs: FileSystem, { inode, place: { parent } }: Named): boolean {
  if (inode.type !== 'collection' || !fs.windows.has(parent.ino)) return false;
  const published = fs.tree.publishDirectoryRemoval(inode.ino);
  if (published) fs.windows.close(parent.ino);
  return published;
}

function named(fs: FileSystem, path: string): Named {
  const { inode, place } = fs.names.get(path);
  if (!place) throw new FileError('EPERM', 'the root stays');
  return { inode, place };
}

const entry = ({ parent, name }: Place): { parent: number; name: string } => ({ parent: parent.ino, name });
