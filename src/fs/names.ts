import { FileError, type FileTree, type Inode, STAGED_PREFIX } from '../cache/file-tree.ts';
import { EXTENSION, isItemName, METADATA_NAMES } from '../core/item-name.ts';
import type { Clock } from '../lib/clock.ts';
import type { View } from './view.ts';

/** Where a name is, or would be. */
export interface Place {
  readonly parent: Inode;
  readonly name: string;
}

export interface Node {
  readonly inode: Inode;
  /** Absent for the root. */
  readonly place: Place | undefined;
}

/** Anything but the root. */
export interface Named extends Node {
  readonly place: Place;
}

/**
 * What a name is good for. `item`: sent to the server. `metadata`: a property of the collection. `staged`: the engine's, for what
 * it is about to publish. `scratch`: whatever else programs put beside the items; it stays here.
 */
export type Role = 'item' | 'metadata' | 'staged' | 'scratch';

/** libfuse renames a file that is unlinked or replaced while open to such a name, and unlinks that when it is closed. */
const HIDDEN_PREFIX = '.fuse_hidden';

/** How long a storage's or collection's row is taken for known on the way to a file; see `#folder`. */
const FOLDER_FRESH_MS = 1000;

interface KnownFolder {
  readonly inode: Inode;
  readonly sinceMs: number;
}

/** From paths, as the kernel gives them, to what they stand for. */
export class Names {
  readonly #tree: FileTree;
  readonly #view: View;
  readonly #clock: Clock;
  readonly #folders = new Map<string, KnownFolder>();
  /** Removed by the engine and still open: libfuse's name → inode. The tree knows nothing of these names. */
  readonly #hidden = new Map<string, number>();

  constructor(tree: FileTree, view: View, clock: Clock) {
    this.#tree = tree;
    this.#view = view;
    this.#clock = clock;
  }

  find(path: string): Node | undefined {
    if (path === '/') return { inode: this.#root(), place: undefined };
    const cut = path.lastIndexOf('/');
    const parent = this.#folder(path.slice(0, cut));
    if (!parent) return undefined;
    const place = { parent, name: path.slice(cut + 1) };
    const inode = this.at(place);
    return inode && { inode, place };
  }

  /** @throws FileError ENOENT */
  get(path: string): Node {
    const node = this.find(path);
    if (!node) throw new FileError('ENOENT', 'no such name');
    return node;
  }

  /** The directory and name that `path` ends in, whether that name exists or not. @throws FileError ENOENT, ENOTDIR */
  place(path: string): Place {
    const cut = path.lastIndexOf('/');
    const parent = this.#folder(path.slice(0, cut));
    if (!parent) throw new FileError('ENOENT', 'no such name');
    if (!isDirectory(parent)) throw new FileError('ENOTDIR', 'not a directory');
    return { parent, name: path.slice(cut + 1) };
  }

  at({ parent, name }: Place): Inode | undefined {
    if (!isDirectory(parent)) return undefined;
    if (parent.type === 'collection' && isStagedName(name)) return this.#tree.stagedInode(parent.ino, name);
    const hidden = isHiddenName(name) ? this.#hidden.get(hiddenKey(parent.ino, name)) : undefined;
    return hidden === undefined ? this.#view.child(parent, name) : this.#tree.inode(hidden);
  }

  /** Notes that libfuse goes on calling a removed inode by this name. */
  hide({ parent, name }: Place, ino: number): void {
    this.#hidden.set(hiddenKey(parent.ino, name), ino);
  }

  /** The inode that libfuse calls so, when its name is being given up; `undefined` when it is no such name. */
  unhide({ parent, name }: Place): number | undefined {
    const key = hiddenKey(parent.ino, name);
    const ino = this.#hidden.get(key);
    this.#hidden.delete(key);
    return ino;
  }

  /** A collection's directory was made, renamed or removed: paths to it mean something else now. */
  forgetFolders(): void {
    this.#folders.clear();
  }

  /**
   * A directory on the way to something; its times may be out of date. The upper levels change once in a blue moon, so they are
   * looked up once a second instead of for every file; what users change there is told with `forgetFolders`.
   */
  #folder(path: string): Inode | undefined {
    const nowMs = this.#clock.nowMs();
    const known = this.#folders.get(path);
    if (known && Math.abs(nowMs - known.sinceMs) < FOLDER_FRESH_MS) return known.inode;
    const inode = path === '' ? this.#root() : this.find(path)?.inode;
    if (inode && isUpperLevel(inode)) this.#folders.set(path, { inode, sinceMs: nowMs });
    else this.#folders.delete(path);
    return inode;
  }

  #root(): Inode {
    const root = this.#tree.inode(this.#tree.rootIno);
    if (!root) throw new FileError('EIO', 'the tree has no root');
    return root;
  }
}

export function roleOf({ parent, name }: Place): Role {
  if (parent.type !== 'collection') return 'scratch';
  if (isStagedName(name)) return 'staged';
  if (METADATA_NAMES.some((metadata) => metadata === name)) return 'metadata';
  return parent.kind && isItemName(parent.kind, name) ? 'item' : 'scratch';
}

/**
 * Whether a directory's listing shows the name. khal and todoman take every name with an item's extension for an item, so scratch
 * that has one (`.x.ics`, `.#x.ics`) is there, but not listed (docs/facts.md, F17).
 */
export const isListed = (place: Place): boolean =>
  !isHiddenName(place.name) &&
  (place.parent.kind === undefined ||
    !place.name.endsWith(EXTENSION[place.parent.kind]) ||
    roleOf(place) === 'item');

export const isDirectory = ({ type }: Inode): boolean => type !== 'file' && type !== 'symlink';

export const isHiddenName = (name: string): boolean => name.startsWith(HIDDEN_PREFIX);

const isStagedName = (name: string): boolean => name.startsWith(STAGED_PREFIX);

const hiddenKey = (parent: number, name: string): string => `${parent}/${name}`;

/** The root, storages and collections: all that is not in a collection. */
export const isUpperLevel = ({ type }: Inode): boolean =>
  type === 'root' || type === 'storage' || type === 'collection';
