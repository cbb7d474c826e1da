import type { FileTree } from '../cache/file-tree.ts';
import { MountError } from '../core/errors.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { FuseAdapter } from './adapter.ts';
import { loadFuse } from './binding.ts';
import { DiskSpace } from './disk-space.ts';
import type { FileSystem, TreeEvent } from './file-system.ts';
import { watchMount } from './mount-watch.ts';
import { findOwnMount, readMounts } from './mountinfo.ts';
import { Names } from './names.ts';
import { OpenFiles } from './open-files.ts';
import { createOperations } from './operations.ts';
import { unmount } from './unmount.ts';
import { unmountWhenFree } from './unmount-when-free.ts';
import { View, type ViewOptions } from './view.ts';
import { Windows } from './windows.ts';

export interface MountOptions {
  readonly tree: FileTree;
  readonly view: ViewOptions;
  /** As `assertMountable` returned it. */
  readonly mountpoint: string;
  readonly readOnly: boolean;
  readonly allowOther: boolean;
  /** The folder of the database, whose disk is the one that fills up. */
  readonly stateFolder: string;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly onEvent: (event: TreeEvent) => void;
  /** Somebody else took the mount away. What was written is in the tree. Not called after `unmount`. */
  readonly onExternalUnmount: () => void;
}

export interface MountSession {
  readonly mountpoint: string;
  /** @throws BusyError naming who uses it, unless `lazy`; the mount then stays and goes on working */
  unmount(options?: { readonly lazy?: boolean }): Promise<void>;
}

/**
 * Mounts the tree and serves it from this process until it is unmounted. From here on this process must not touch the mount (also
 * not as working directory), and must start children only through `withoutFuse`.
 * @throws MountError
 */
export async function mountFileSystem(options: MountOptions): Promise<MountSession> {
  const { mountpoint, log } = options;
  const Binding = await loadFuse();
  const adapter = new FuseAdapter(Binding, {
    mountpoint,
    allowOther: options.allowOther,
    operations: createOperations(fileSystem(options)),
    log,
  });
  await open(adapter, mountpoint);
  const id = await ownMountId(mountpoint);
  const watch = (): (() => void) =>
    watchMount({
      id,
      log,
      onGone() {
        log.warn({ mountpoint }, 'unmounted from outside');
        // The binding keeps the process alive until it is told.
        void adapter.close().finally(options.onExternalUnmount);
      },
    });
  let stopWatching = watch();
  return {
    mountpoint,
    async unmount({ lazy = false } = {}) {
      stopWatching();
      try {
        await (lazy ? unmount(mountpoint, { lazy }) : unmountWhenFree(mountpoint));
      } catch (error) {
        stopWatching = watch();
        throw error;
      }
      await adapter.close();
    },
  };
}

function fileSystem(options: MountOptions): FileSystem {
  const { tree, clock = systemClock } = options;
  const view = new View(tree, options.view);
  return {
    tree,
    view,
    names: new Names(tree, view, clock),
    files: new OpenFiles({ tree, clock }),
    space: new DiskSpace(options.stateFolder, clock),
    clock,
    owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    readOnly: options.readOnly,
    windows: new Windows(),
    onEvent: options.onEvent,
  };
}

async function open(adapter: FuseAdapter, mountpoint: string): Promise<void> {
  try {
    await adapter.open();
  } catch (error) {
    // libfuse can fail after it has mounted; with nobody serving, whoever looks at the folder would hang until we end.
    await unmount(mountpoint, { lazy: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new MountError(
      `cannot mount at ${mountpoint}: ${reason} (libfuse and fusermount say more on stderr)`,
      {
        cause: error,
      },
    );
  }
}

async function ownMountId(mountpoint: string): Promise<number> {
  const mount = findOwnMount(await readMounts(), mountpoint);
  if (!mount) throw new MountError(`${mountpoint} was unmounted again at once`);
  return mount.id;
}
