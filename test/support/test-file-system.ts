import { constants } from 'node:fs';
import { FileError } from '../../src/cache/file-tree.ts';
import { type DiskFigures, DiskSpace } from '../../src/fs/disk-space.ts';
import type { FileSystem, TreeEvent } from '../../src/fs/file-system.ts';
import { Names } from '../../src/fs/names.ts';
import { OpenFiles } from '../../src/fs/open-files.ts';
import { createOperations, type Operations } from '../../src/fs/operations.ts';
import { View } from '../../src/fs/view.ts';
import { Windows } from '../../src/fs/windows.ts';
import { MemoryTree } from './memory-tree.ts';

/** A wall clock that stands still until it is moved. */
export class HandClock {
  #nowMs = 1_800_000_000_000;

  nowMs(): number {
    return this.#nowMs;
  }

  move(ms: number): void {
    this.#nowMs += ms;
  }
}

export interface TestOptions {
  readonly readOnly?: boolean;
  readonly maxFileBytes?: number;
  readonly layout?: 'nested' | 'flat';
  /** Which are mounted; `dav` alone unless set. */
  readonly storages?: readonly string[];
}

/**
 * The operations over a tree with the storages `dav` (collections `cal`, `friends`, and read-only `shared`) and `web`, called
 * without a kernel. `/dav/cal` holds `a.ics`.
 */
export interface TestFileSystem {
  readonly ops: Operations;
  readonly fs: FileSystem;
  readonly tree: MemoryTree;
  readonly clock: HandClock;
  readonly ino: Readonly<Record<'dav' | 'cal' | 'friends' | 'shared' | 'a', number>>;
  readonly events: TreeEvent[];
  /** The same in words: `edited a.ics`, `edited -` (no item), `removed`, `touched`. */
  readonly told: string[];
  /** Free bytes of the disk that the database lies on. */
  readonly disk: { freeBytes: number };
  /** Content by name of a folder, as a new reader sees it. */
  readonly contents: (folder: string) => Record<string, string>;
  readonly text: (path: string) => string;
  /** Creates or overwrites as `cp` does: open or create, truncate, write, close. */
  readonly save: (path: string, text: string) => void;
}

export function testFileSystem({
  readOnly = false,
  maxFileBytes = 1_000_000,
  layout = 'nested',
  storages = ['dav'],
}: TestOptions = {}): TestFileSystem {
  const tree = new MemoryTree();
  const clock = new HandClock();
  const ino = fill(tree);
  const events: TreeEvent[] = [];
  const told: string[] = [];
  const disk = { freeBytes: 2 ** 30 };
  const view = new View(tree, { layout, storages });
  const fs: FileSystem = {
    tree,
    view,
    clock,
    readOnly,
    names: new Names(tree, view, clock),
    files: new OpenFiles({ tree, clock, maxFileBytes }),
    space: new DiskSpace('/nowhere', clock, () => figures(disk.freeBytes)),
    owner: { uid: 1000, gid: 100 },
    windows: new Windows(),
    onEvent(event) {
      events.push(event);
      told.push(event.type === 'edited' ? `edited ${itemName(tree, event)}` : event.type);
    },
  };
  const ops = createOperations(fs);
  return { ops, fs, tree, clock, ino, events, told, disk, ...asPrograms(ops) };
}

function fill(tree: MemoryTree): TestFileSystem['ino'] {
  const dav = tree.addStorage('dav');
  tree.addStorage('web');
  const cal = tree.addCollection(dav, 'cal');
  const friends = tree.addCollection(dav, 'friends', 'contact');
  const shared = tree.addCollection(dav, 'shared', 'calendar', true);
  return { dav, cal, friends, shared, a: tree.addFile(cal, 'a.ics', 'old') };
}

/** The name at that moment of an item in the collection. */
const itemName = (
  tree: MemoryTree,
  { ino, collection }: { ino: number; collection: number | undefined },
): string =>
  tree.children(collection ?? 0).find((entry) => entry.ino === ino && entry.name.endsWith('.ics'))?.name ??
  '-';

const figures = (bavail: number): DiskFigures => ({
  bsize: 1,
  blocks: 2 ** 31,
  bfree: bavail,
  bavail,
  files: 100,
  ffree: 50,
});

type Programs = Pick<TestFileSystem, 'contents' | 'text' | 'save'>;

function asPrograms(ops: Operations): Programs {
  const text = (path: string): string => {
    const fd = ops.open(path, constants.O_RDONLY);
    const buffer = Buffer.alloc(ops.getattr(path).size);
    const count = ops.read(fd, buffer, 0);
    ops.release(fd);
    return buffer.subarray(0, count).toString();
  };
  return {
    text,
    contents(folder) {
      const files = ops
        .readdir(folder)
        .names.slice(2)
        .filter((name) => !isFolder(ops, `${folder}/${name}`));
      return Object.fromEntries(files.map((name) => [name, text(`${folder}/${name}`)]));
    },
    save(path, content) {
      const fd = openToSave(ops, path);
      ops.write(fd, Buffer.from(content), 0);
      ops.flush(path, fd);
      ops.release(fd);
    },
  };
}

const isFolder = (ops: Operations, path: string): boolean => (ops.getattr(path).mode & 0o170000) !== 0o100000;

function openToSave(ops: Operations, path: string): number {
  try {
    return ops.create(path, 0o644);
  } catch (error) {
    if (!(error instanceof FileError) || error.code !== 'EEXIST') throw error;
  }
  const fd = ops.open(path, constants.O_WRONLY);
  ops.ftruncate(fd, 0);
  return fd;
}
