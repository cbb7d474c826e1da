import type { Database } from '../cache/database.ts';
import { directoryOf } from '../cache/directory-of.ts';
import { SqliteFileTree } from '../cache/sqlite-file-tree.ts';
import type { MountConfig } from '../config/config.ts';
import { View } from '../fs/view.ts';

export type ShownMount = Pick<MountConfig, 'layout' | 'storages'>;

/** What the mount shows of the tree, for processes that do not serve it. */
export const mountView = (db: Database, { layout, storages }: ShownMount): View =>
  new View(new SqliteFileTree(db), { layout, storages });

/** Where the mount shows a collection's folder, or would if it were there; from the root on. */
export function shownFolder(
  view: View,
  { layout }: Pick<ShownMount, 'layout'>,
  { storage, directory }: { readonly storage: string; readonly directory: string },
): string {
  const fallback = layout === 'nested' ? `/${storage}/${directory}` : `/${directory}`;
  return view.pathOf(storage, directory) ?? fallback;
}

/**
 * The place in the tree of a path inside the mount: storage, directory, file. The first segment of a flat mount stands for two.
 * @returns undefined when the first segment is nothing the mount shows
 */
export function treePath(
  db: Database,
  shown: ShownMount,
  segments: readonly string[],
): readonly string[] | undefined {
  if (shown.layout === 'nested') return segments;
  const [first, ...rest] = segments;
  const tree = new SqliteFileTree(db);
  const root = tree.inode(tree.rootIno);
  const entry = root && new View(tree, shown).children(root).find(({ name }) => name === first);
  const place = entry && directoryOf(db, entry.ino);
  return place && [place.storage, place.directory, ...rest];
}
