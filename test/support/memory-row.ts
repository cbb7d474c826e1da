import type { FileTree, Inode, InodeType } from '../../src/cache/file-tree.ts';
import { METADATA_NAMES } from '../../src/core/item-name.ts';

/** An inode of a MemoryTree with all that belongs to it. */
export interface Row {
  inode: Inode;
  body: Uint8Array;
  readonly children: Map<string, number>;
}

const BLANK = { size: 0, links: 0, version: 1, readOnly: false, kind: undefined, collection: undefined };

export const newRow = (inode: { ino: number; type: InodeType; mode: number }, atMs: number): Row => ({
  inode: { ...BLANK, ...inode, mtimeMs: atMs, ctimeMs: atMs, atimeMs: atMs },
  body: new Uint8Array(),
  children: new Map(),
});

/** Where an inode has a name. */
export const namesOf = (
  rows: ReadonlyMap<number, Row>,
  ino: number,
): { readonly parent: number; readonly name: string }[] =>
  [...rows].flatMap(([parent, { children }]) =>
    [...children].flatMap(([name, child]) => (child === ino ? [{ parent, name }] : [])),
  );

/** A collection goes with the files of its properties. @returns those */
export function removeCollectionFrom(
  tree: FileTree,
  place: { readonly parent: number; readonly name: string },
  nowMs: number,
): number[] {
  const children = tree.children(tree.lookup(place.parent, place.name)?.ino ?? 0);
  const isEmpty = children.every(({ name }) => METADATA_NAMES.some((metadata) => metadata === name));
  const parent = tree.lookup(place.parent, place.name)?.ino ?? 0;
  if (isEmpty) for (const { name } of children) tree.unlink(parent, name, nowMs);
  tree.removeDirectory(place.parent, place.name, nowMs);
  return children.map(({ ino }) => ino);
}
