import { join } from 'node:path';
import type { Database } from '../cache/database.ts';
import { directoryOf } from '../cache/directory-of.ts';
import { SqliteFileTree } from '../cache/sqlite-file-tree.ts';
import type { MountConfig } from '../config/config.ts';
import { View } from '../fs/view.ts';

/**
 * Tells where a directory of the tree stands in the mount; `directory` is empty for a storage's own. In the flat layout storages have
 * no directory, and names that several of them have are shown changed, so the tree has to be asked each time.
 */
export function mountFolders(
  db: Database,
  { layout, storages }: Pick<MountConfig, 'layout' | 'storages'>,
  mountpoint: string,
): (storage: string, directory: string) => string {
  if (layout === 'nested') return (storage, directory) => join(mountpoint, storage, directory);
  const tree = new SqliteFileTree(db);
  const view = new View(tree, { layout, storages });
  return (storage, directory) => {
    const root = tree.inode(tree.rootIno);
    const parent = tree.lookup(tree.rootIno, storage);
    const ino = parent && tree.lookup(parent.ino, directory)?.ino;
    const shown = root && view.children(root).find((entry) => entry.ino === ino);
    return shown ? join(mountpoint, shown.name) : mountpoint;
  };
}

/**
 * The reverse for a path inside the mount: storage, directory, file. The first segment of a flat mount stands for two.
 * @returns undefined when the first segment is nothing the mount shows
 */
export function treePath(
  db: Database,
  { layout, storages }: Pick<MountConfig, 'layout' | 'storages'>,
  segments: readonly string[],
): readonly string[] | undefined {
  if (layout === 'nested') return segments;
  const [shown, ...rest] = segments;
  const tree = new SqliteFileTree(db);
  const root = tree.inode(tree.rootIno);
  const entry =
    root && new View(tree, { layout, storages }).children(root).find(({ name }) => name === shown);
  const place = entry && directoryOf(db, entry.ino);
  return place && [place.storage, place.directory, ...rest];
}
