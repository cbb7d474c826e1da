import type { ItemKind } from '../core/item.ts';

/**
 * The tree that the file server shows, as it stands in the database: names (entries) that point to inodes, like on any
 * file system, so that link, rename and open-unlinked files behave as programs expect. Everything here is synchronous and
 * every method is one transaction. Times are wall-clock milliseconds since 1970.
 *
 * Root (ino 1) → one directory a storage → one directory a collection → files; below a collection only scratch directories
 * (rsync's `.~tmp~`) hold anything more.
 */
export type InodeType = 'root' | 'storage' | 'collection' | 'directory' | 'file' | 'symlink';

export interface Inode {
  readonly ino: number;
  readonly type: InodeType;
  /** Permission bits only. */
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly atimeMs: number;
  /** Names that point to it; 0 = unlinked, kept for its open handles. */
  readonly links: number;
  /** Changes with every change of the content; a key for caches of bytes. */
  readonly version: number;
  /** For collections and storages: no writes. For files: inside such a collection, or a metadata file that cannot be written. */
  readonly readOnly: boolean;
  /** For collections only. */
  readonly kind: ItemKind | undefined;
  /** The nearest collection that contains this inode (itself, for a collection); undefined above. */
  readonly collection: number | undefined;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly ino: number;
  readonly type: InodeType;
}

/** What a close, fsync, rename or truncation makes durable. */
export interface ContentCommit {
  readonly ino: number;
  readonly body: Uint8Array;
  /** The time that fstat on the open file has been showing; kept exactly (docs/facts.md, F4). */
  readonly mtimeMs: number;
  /** A handle is still open for writing: not to be sent until `release` says otherwise. */
  readonly writers: boolean;
}

/**
 * Errors are `FileError` with an errno name. Names are single segments that were checked by the caller (no slash, ≤ 255
 * bytes). All times given are taken as they are, except that a content change moves a file's mtime forward by ≥ 1 ms and every
 * change in a directory moves that directory's mtime forward by ≥ 1 ms (docs/facts.md, F5, F6).
 */
export interface FileTree {
  readonly rootIno: number;
  inode(ino: number): Inode | undefined;
  lookup(parent: number, name: string): Inode | undefined;
  /** Without `.` and `..`; staged and hidden names left out. */
  children(parent: number): readonly DirectoryEntry[];
  /** The bytes last committed. */
  read(ino: number): Uint8Array;
  readlink(ino: number): string;

  createFile(parent: number, name: string, mode: number, atMs: number): Inode;
  /** In a storage's directory, a collection. */
  createDirectory(parent: number, name: string, mode: number, atMs: number): Inode;
  createSymlink(parent: number, name: string, target: string, atMs: number): Inode;
  /**
   * Stores content; for a file with an item's name also notes that it has to be sent. With `durable`, and for
   * items always, the commit survives a power loss when this returns, not only a crash of the process.
   */
  commit(commit: ContentCommit, options: { readonly durable: boolean; readonly nowMs: number }): Inode;
  /** The last handle that was open for writing is gone; the quiet time starts now. No-op when nothing was committed under it. */
  release(ino: number, nowMs: number): void;
  link(ino: number, parent: number, name: string, nowMs: number): Inode;
  /** Atomic; replaces a file (never a directory) at the target. Moves the pending edit along. */
  rename(from: { parent: number; name: string }, to: { parent: number; name: string }, nowMs: number): void;
  /** Removes the name; the inode goes when `links` is 0 and `forget` is called. An item's removal is noted as to be sent. */
  unlink(parent: number, name: string, nowMs: number): void;
  /** @throws FileError ENOTEMPTY */
  removeDirectory(parent: number, name: string, nowMs: number): void;
  /** The storage that a collection is in. */
  storageOf(collection: number): number | undefined;
  /**
   * Removes a collection in which there is nothing but the files of its properties and scratch that no listing shows; noted as to be
   * removed on the other side too.
   * @returns inodes that lost their name with it: for `forget`, once they are closed
   * @throws FileError ENOTEMPTY
   */
  removeCollection(collection: number, nowMs: number): readonly number[];
  /** Gives a collection's directory another name in its storage; an empty collection there is removed, as above. @throws FileError ENOTEMPTY */
  renameCollection(collection: number, name: string, nowMs: number): readonly number[];
  /** Drops an inode without names, after its last handle is closed; also done for all such at start. */
  forget(ino: number): void;
  setMode(ino: number, mode: number, nowMs: number): void;
  /** Directories keep their own times (F6): accepted and ignored. Does not count as an edit. */
  setTimes(ino: number, atimeMs: number, mtimeMs: number, nowMs: number): void;
  /** Makes everything committed so far survive a power loss. */
  sync(): void;

  /**
   * A remote change that the engine has staged for this inode and that takes effect with this truncation to `size` (see
   * "Coherence" in ARCHITECTURE.md). `true`: it was there and has been applied; the caller does nothing more. `false`: none; this
   * is an ordinary truncation. @throws FileError ESTALE when the file was edited since the change was staged, or `busy`
   */
  publishChange(ino: number, size: number, busy: boolean): boolean;
  /** The same for a removal by unlink. */
  publishRemoval(parent: number, name: string, busy: boolean): boolean;
  /** The same for a collection by rmdir, which takes its metadata files along. ESTALE also when anything else is in it. */
  publishDirectoryRemoval(collection: number): boolean;
  /** The inode a staged new file will have, so that `.pimsync-TOKEN` can be looked up before it is renamed. */
  stagedInode(parent: number, name: string): Inode | undefined;
  /** Gives a staged new file its name. @throws FileError EEXIST when the name was taken meanwhile, ENOENT when nothing is staged */
  publishNew(parent: number, stagedName: string, name: string): void;
}

/** Names that only the engine uses, for staged new files. Hidden from listings; users cannot create them. */
export const STAGED_PREFIX = '.pimsync-';

export type FileErrorCode =
  | 'ENOENT'
  | 'EEXIST'
  | 'ENOTEMPTY'
  | 'ENOTDIR'
  | 'EISDIR'
  | 'EPERM'
  | 'EACCES'
  | 'EROFS'
  | 'EINVAL'
  | 'ENAMETOOLONG'
  | 'EILSEQ'
  | 'ENOSPC'
  | 'ESTALE'
  | 'EBUSY'
  | 'EBADF'
  | 'EFBIG'
  | 'EXDEV'
  | 'EIO';

/** A refusal in the kernel's words. */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly code: FileErrorCode;

  constructor(code: FileErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
