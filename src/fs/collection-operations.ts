import { FileError, type Inode } from '../cache/file-tree.ts';
import { assertChangeable, type FileSystem } from './file-system.ts';
import type { Named, Place } from './names.ts';

/** A directory in a storage's is a collection: the engine makes it on the server too. */
export function makeCollection(fs: FileSystem, place: Place): void {
  // File managers that get EACCES for their trash offer to delete for good; other errors they report.
  if (place.name.startsWith('.Trash')) throw new FileError('EACCES', 'no trash here');
  const storage = fs.view.storageFor(place.parent);
  if (!storage) throw new FileError('EPERM', 'only a storage holds collections');
  assertChangeable(fs, storage);
  assertCollectionName(place.name);
  if (fs.names.at(place)) throw new FileError('EEXIST', `${place.name} exists`);
  fs.space.assertRoom();
  const { ino } = fs.tree.createDirectory(storage.ino, place.name, 0o755, fs.clock.nowMs());
  fs.names.forgetFolders();
  fs.onEvent({ type: 'edited', ino, collection: ino });
}

/** One in which there is nothing more; from the server it is removed after its items. */
export function removeCollection(fs: FileSystem, collection: Inode): void {
  assertChangeable(fs, collection);
  forget(fs, fs.tree.removeCollection(collection.ino, fs.clock.nowMs()));
  fs.onEvent({ type: 'removed', collection: undefined });
}

/** What a collection's directory is called is the user's affair: nothing of it is sent. */
export function renameCollection(fs: FileSystem, { inode }: Named, target: Place): void {
  const storage = fs.tree.inode(fs.tree.storageOf(inode.ino) ?? 0);
  if (!storage) throw new FileError('ENOENT', 'no such collection');
  assertChangeable(fs, storage);
  assertSameStorage(fs, storage, target);
  assertCollectionName(target.name);
  const replaced = fs.names.at(target);
  if (replaced?.ino === inode.ino) return;
  if (replaced) assertChangeable(fs, replaced);
  forget(fs, fs.tree.renameCollection(inode.ino, target.name, fs.clock.nowMs()));
  fs.onEvent({ type: 'edited', ino: inode.ino, collection: inode.ino });
}

/** @throws FileError EXDEV where a copy may still do: another storage; EPERM where none can */
function assertSameStorage(fs: FileSystem, storage: Inode, target: Place): void {
  const { parent } = target;
  if (parent.type === 'collection' || parent.type === 'directory')
    throw new FileError('EPERM', 'a collection holds no other collections');
  const replaced = fs.names.at(target);
  if (replaced?.type === 'storage') throw new FileError('EPERM', 'storages stay');
  // In a flat mount of several storages, a collection stays in its own.
  const ofNobody = fs.view.isFlat ? storage : undefined;
  const into = replaced ? fs.tree.storageOf(replaced.ino) : (fs.view.storageFor(parent) ?? ofNobody)?.ino;
  if (into === undefined) throw new FileError('EPERM', 'only a storage holds collections');
  if (into !== storage.ino) throw new FileError('EXDEV', 'another storage');
}

/** A dot hides a collection from most programs, and from vdirs. */
function assertCollectionName(name: string): void {
  if (name.startsWith('.')) throw new FileError('EPERM', 'collections have no hidden names');
  // oxlint-disable-next-line no-control-regex -- these are the characters to keep out
  if (/[\u0000-\u001F\u007F\\]/.test(name))
    throw new FileError('EINVAL', 'no control characters and no backslash in the name of a collection');
}

function forget(fs: FileSystem, orphans: readonly number[]): void {
  fs.names.forgetFolders();
  for (const ino of orphans) fs.files.forgetUnused(ino);
}
