import { FileError, type FileTree, type Inode } from '../cache/file-tree.ts';
import type { Clock } from '../lib/clock.ts';
import { copyFrom, Draft } from './draft.ts';

/** Larger than any calendar; what is larger is a mistake, and would have to be held in memory. */
const MAX_FILE_BYTES = 100 * 1024 * 1024;
const MAX_FD = 2 ** 31 - 1;

export interface OpenFilesOptions {
  readonly tree: FileTree;
  readonly clock: Clock;
  readonly maxFileBytes?: number;
}

/** Everything that is open on one inode. */
interface OpenInode {
  readonly ino: number;
  handles: number;
  writers: number;
  /** There while somebody has it open for writing. */
  draft: Draft | undefined;
  /** Something was committed under the present writers. */
  committed: boolean;
  /** It may have lost its last name since it was opened. */
  unlinked: boolean;
  /** What a change that is being published replaced; see `publish`. */
  replaced: Uint8Array | undefined;
}

interface Handle {
  readonly file: OpenInode;
  readonly writes: boolean;
  /** The engine's, to let a staged change take effect; it neither reads nor writes. */
  readonly publishes: boolean;
  readonly appends: boolean;
  /** Readers keep what was there when they opened: nothing is ever torn. See `publish` for the one exception. */
  snapshot: Uint8Array | undefined;
  /** It has read from its snapshot. */
  begun: boolean;
}

/** What letting go of a handle led to. */
export interface Released {
  readonly ino: number;
  /** It was the last writer, and something had been written since the first one. */
  readonly finished: boolean;
}

/**
 * Handles by number, never by path: a release may come after the rename that followed it, and an unlinked file has no path.
 * Content reaches the tree with `commit`; until then it is in the draft, which attributes and new readers already show.
 */
export class OpenFiles {
  readonly #tree: FileTree;
  readonly #clock: Clock;
  readonly #maxFileBytes: number;
  readonly #handles = new Map<number, Handle>();
  readonly #inodes = new Map<number, OpenInode>();
  #lastFd = 0;

  constructor({ tree, clock, maxFileBytes = MAX_FILE_BYTES }: OpenFilesOptions) {
    this.#tree = tree;
    this.#clock = clock;
    this.#maxFileBytes = maxFileBytes;
  }

  openToRead(ino: number): number {
    const snapshot = this.#snapshot(ino);
    return this.#add({
      file: this.#inode(ino),
      writes: false,
      publishes: false,
      appends: false,
      snapshot,
      begun: false,
    });
  }

  openToWrite(ino: number, { appends }: { readonly appends: boolean }): number {
    const content = this.#inodes.get(ino)?.draft ?? new Draft(this.#tree.read(ino), this.#maxFileBytes);
    const file = this.#inode(ino);
    file.draft = content;
    file.writers += 1;
    return this.#add({ file, writes: true, publishes: false, appends, snapshot: undefined, begun: false });
  }

  openToPublish(ino: number): number {
    const file = this.#inode(ino);
    return this.#add({
      file,
      writes: false,
      publishes: true,
      appends: false,
      snapshot: undefined,
      begun: false,
    });
  }

  read(fd: number, target: Uint8Array, position: number): number {
    const handle = this.#get(fd);
    handle.begun = true;
    if (handle.snapshot) return copyFrom(handle.snapshot, target, position);
    return draftOf(handle.file).read(target, position);
  }

  /** @throws FileError EBADF, EFBIG */
  write(fd: number, data: Uint8Array, position: number): void {
    const { file, writes, appends } = this.#get(fd);
    if (!writes) throw new FileError('EBADF', 'the file is open for reading only');
    const draft = draftOf(file);
    // The kernel reckons an append's place from a size that another handle may have changed since.
    draft.write(data, appends ? draft.size : position, this.#changeTime(file.ino));
  }

  /** Cuts or pads the draft. `false`: nobody has the file open for writing. */
  truncate(ino: number, size: number): boolean {
    const draft = this.#inodes.get(ino)?.draft;
    draft?.truncate(size, this.#changeTime(ino));
    return draft !== undefined;
  }

  /** Cuts or pads a file that nobody has open for writing; whether its size changed. @throws FileError EFBIG */
  truncateClosed(ino: number, size: number): boolean {
    const draft = new Draft(this.#tree.read(ino), this.#maxFileBytes);
    draft.truncate(size, this.#changeTime(ino));
    if (!draft.dirty) return false;
    this.#store(ino, draft, { writers: false, durable: false });
    return true;
  }

  /** Stores what is not stored yet; whether there was anything. */
  commit(ino: number, { durable = false } = {}): boolean {
    const file = this.#inodes.get(ino);
    if (!file?.draft?.dirty) return false;
    this.#store(ino, file.draft, { writers: file.writers > 0, durable });
    file.committed = true;
    return true;
  }

  /** @throws FileError when what could not be committed before cannot be committed now either; the handle is gone all the same */
  release(fd: number): Released {
    const handle = this.#get(fd);
    let released: Released;
    try {
      if (handle.writes) this.commit(handle.file.ino);
    } finally {
      released = this.#drop(fd, handle);
    }
    return released;
  }

  /** An inode lost a name: drops it when it has neither names nor handles, now or when the last handle goes. */
  forgetUnused(ino: number): void {
    const file = this.#inodes.get(ino);
    if (file) file.unlinked = true;
    else if (this.#tree.inode(ino)?.links === 0) this.#tree.forget(ino);
  }

  inoOf(fd: number): number {
    return this.#get(fd).file.ino;
  }

  isWriter(fd: number): boolean {
    return this.#get(fd).writes;
  }

  isPublisher(fd: number): boolean {
    return this.#get(fd).publishes;
  }

  /**
   * Lets the staged change of that size take effect. Many a program asks for the size of an open file and then reads just so many
   * bytes. Was it told the old size or the new one? Nobody knows: its question may come before this, after it, or until the engine
   * closes the handle (which it does once the kernel has answered it) be answered by the kernel from what it still remembers. So
   * readers who have read nothing yet get the shorter of the two texts: whatever they were told, they see the whole of it.
   * @throws FileError ESTALE when a user was faster, or nothing is staged
   */
  publish(fd: number, size: number): void {
    const { file } = this.#get(fd);
    const replaced = this.#tree.read(file.ino);
    if (!this.#tree.publishChange(file.ino, size, file.writers > 0))
      throw new FileError('ESTALE', 'no change of that size is staged');
    file.replaced = replaced;
    const content = this.#tree.read(file.ino);
    for (const handle of this.#handles.values())
      if (handle.file === file && !handle.begun && handle.snapshot)
        handle.snapshot = shorter(handle.snapshot, content);
  }

  /** The kernel has taken over what was published. */
  published(fd: number): void {
    this.#get(fd).file.replaced = undefined;
  }

  /** Somebody may still write to it; no remote change may be put in now. */
  isBusy(ino: number): boolean {
    return (this.#inodes.get(ino)?.writers ?? 0) > 0;
  }

  /** Something was written and not committed yet. */
  isDirty(ino: number): boolean {
    return this.#inodes.get(ino)?.draft?.dirty === true;
  }

  /** The inode as it looks with what was written and not yet committed. */
  current(inode: Inode): Inode {
    const draft = this.#inodes.get(inode.ino)?.draft;
    if (!draft?.dirty) return inode;
    const mtimeMs = draft.tellMtimeMs();
    return { ...inode, size: draft.size, mtimeMs, ctimeMs: Math.max(mtimeMs, inode.ctimeMs) };
  }

  #drop(fd: number, { file, writes }: Handle): Released {
    this.#handles.delete(fd);
    file.handles -= 1;
    if (writes) file.writers -= 1;
    if (file.handles === 0) this.#inodes.delete(file.ino);
    const finished = file.writers === 0 && this.#finish(file);
    if (file.unlinked && file.handles === 0) this.forgetUnused(file.ino);
    return { ino: file.ino, finished };
  }

  /** Nobody writes to it any more; whether somebody had. */
  #finish(file: OpenInode): boolean {
    file.draft = undefined;
    const { committed } = file;
    file.committed = false;
    if (committed) this.#tree.release(file.ino, this.#clock.nowMs());
    return committed;
  }

  #store(ino: number, draft: Draft, how: { readonly writers: boolean; readonly durable: boolean }): void {
    const commit = { ino, body: draft.view(), mtimeMs: draft.tellMtimeMs(), writers: how.writers };
    this.#tree.commit(commit, { durable: how.durable, nowMs: this.#clock.nowMs() });
    draft.settle();
  }

  #snapshot(ino: number): Uint8Array {
    const file = this.#inodes.get(ino);
    if (file?.draft) return file.draft.view();
    const content = this.#tree.read(ino);
    return file?.replaced ? shorter(file.replaced, content) : content;
  }

  #changeTime(ino: number): { nowMs: number; previousMs: () => number } {
    return { nowMs: this.#clock.nowMs(), previousMs: () => this.#tree.inode(ino)?.mtimeMs ?? 0 };
  }

  #inode(ino: number): OpenInode {
    const known = this.#inodes.get(ino);
    if (known) return known;
    const file: OpenInode = {
      ino,
      handles: 0,
      writers: 0,
      draft: undefined,
      committed: false,
      unlinked: false,
      replaced: undefined,
    };
    this.#inodes.set(ino, file);
    return file;
  }

  #add(handle: Handle): number {
    // 0 means "none" to the binding, and numbers above 31 bits do not fit.
    do this.#lastFd = this.#lastFd === MAX_FD ? 1 : this.#lastFd + 1;
    while (this.#handles.has(this.#lastFd));
    this.#handles.set(this.#lastFd, handle);
    handle.file.handles += 1;
    return this.#lastFd;
  }

  #get(fd: number): Handle {
    const handle = this.#handles.get(fd);
    if (!handle) throw new FileError('EBADF', `no open file has number ${fd}`);
    return handle;
  }
}

const shorter = (a: Uint8Array, b: Uint8Array): Uint8Array => (a.length < b.length ? a : b);

function draftOf({ draft }: OpenInode): Draft {
  if (!draft) throw new FileError('EBADF', 'the file is not open for writing');
  return draft;
}
