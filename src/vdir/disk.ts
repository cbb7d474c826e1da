import * as nodeDisk from 'node:fs';
import type { BigIntStats } from 'node:fs';
import * as nodePromises from 'node:fs/promises';
import { promisify } from 'node:util';

/** There now, or later: to await what is there costs next to nothing. */
type Soon<T> = T | Promise<T>;

const EXACT = { bigint: true } as const;

/** An open file, as far as items need one. */
export interface DiskFile {
  stat(exact: typeof EXACT): Soon<BigIntStats>;
  /** Fills the buffer from there on; 0 at the end of the file. */
  read(options: { readonly buffer: Buffer; readonly position: number }): Soon<{ readonly bytesRead: number }>;
  writeFile(text: string): Soon<void>;
  chmod(mode: number): Soon<void>;
  /** In seconds. */
  utimes(atime: number, mtime: number): Soon<void>;
  sync(): Promise<void>;
  close(): Soon<void>;
}

/** The system calls of a vdir, in one of two manners; tests make each of them fail. */
export interface Disk {
  open(path: string, flags: string | number, mode?: number): Soon<DiskFile>;
  link(path: string, name: string): Soon<void>;
  rename(path: string, name: string): Soon<void>;
  unlink(path: string): Soon<void>;
  lstat(path: string, exact: typeof EXACT): Soon<BigIntStats>;
  stat(path: string, exact: typeof EXACT): Soon<BigIntStats>;
  readdir(path: string, raw: { readonly encoding: 'buffer' }): Soon<Buffer[]>;
}

/** `statfs(2)`: ext2 to ext4, XFS, Btrfs, ZFS, F2FS, tmpfs, overlayfs, FAT, exFAT, eCryptfs, bcachefs. */
const LOCAL_TYPES: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010, 0x01021994, 0x794c7630, 0x4d44, 0x2011bab0, 0xf15f,
  0xca451a4e,
]);

/**
 * How to work in a folder. On a local disk most calls take some microseconds, and sending each of them to another thread some tens
 * more (2.4 s of 3.0 s for 10,000 files). On a network's disk, or one of FUSE, a call may take for ever: nobody else is to wait for it.
 */
export async function diskFor(folder: string): Promise<Disk> {
  const { type } = await nodePromises.statfs(folder);
  return LOCAL_TYPES.has(type) ? quickDisk : patientDisk;
}

/** Each call in a thread of its own, whatever it takes. */
export const patientDisk: Disk = nodePromises;

/** Waits for each call, but for those that wait for the disk themselves: many at once share that. */
export const quickDisk: Disk = {
  open: (path, flags, mode) => new QuickFile(nodeDisk.openSync(path, flags, mode)),
  link: nodeDisk.linkSync,
  rename: nodeDisk.renameSync,
  unlink: nodeDisk.unlinkSync,
  lstat: (path, exact) => nodeDisk.lstatSync(path, exact),
  stat: (path, exact) => nodeDisk.statSync(path, exact),
  readdir: (path, raw) => nodeDisk.readdirSync(path, raw),
};

const fsync = promisify(nodeDisk.fsync);

class QuickFile implements DiskFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  stat(): BigIntStats {
    return nodeDisk.fstatSync(this.#fd, EXACT);
  }

  read({ buffer, position }: { readonly buffer: Buffer; readonly position: number }): { bytesRead: number } {
    return { bytesRead: nodeDisk.readSync(this.#fd, buffer, 0, buffer.length, position) };
  }

  writeFile(text: string): void {
    nodeDisk.writeFileSync(this.#fd, text);
  }

  chmod(mode: number): void {
    nodeDisk.fchmodSync(this.#fd, mode);
  }

  utimes(atime: number, mtime: number): void {
    nodeDisk.futimesSync(this.#fd, atime, mtime);
  }

  sync(): Promise<void> {
    return fsync(this.#fd);
  }

  close(): void {
    nodeDisk.closeSync(this.#fd);
  }
}
