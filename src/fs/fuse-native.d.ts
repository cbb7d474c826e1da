/** The part of fuse-native 2.2.6 that the adapter uses, as its source has it; its README errs in several places. */
declare module 'fuse-native' {
  class Fuse {
    constructor(
      mountpoint: string,
      handlers: Partial<Fuse.Handlers>,
      options: { readonly timeout: number | false },
    );
    open(done: (error?: Error | null) => void): void;
    close(done: (error?: Error | null) => void): void;
    _fuseOptions: () => string;
    _handlers: (Fuse.NativeHandler | undefined)[];
    _op_utimens: (signal: (code: number) => void, path: string, ...times: number[]) => void;
    static unmount(mountpoint: string, done: (error?: Error | null) => void): void;
  }

  namespace Fuse {
    type Callback<Result extends unknown[]> = (code: number, ...result: Result | []) => void;
    type Done = Callback<[]>;

    interface Stat {
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly size: number;
      readonly nlink: number;
      readonly ino: number;
      readonly blksize: number;
      readonly blocks: number;
      readonly atime: number;
      readonly mtime: number;
      readonly ctime: number;
    }

    /** All of them are 32 bits wide. */
    interface StatFs {
      readonly bsize: number;
      readonly frsize: number;
      readonly blocks: number;
      readonly bfree: number;
      readonly bavail: number;
      readonly files: number;
      readonly ffree: number;
      readonly favail: number;
      readonly namemax: number;
    }

    interface Handlers {
      getattr(path: string, done: Callback<[Stat]>): void;
      readdir(path: string, done: Callback<[names: string[], stats: Stat[]]>): void;
      readlink(path: string, done: Callback<[string]>): void;
      statfs(path: string, done: Callback<[StatFs]>): void;
      open(path: string, flags: number, done: Callback<[fd: number]>): void;
      create(path: string, mode: number, done: Callback<[fd: number]>): void;
      /** The answer is the number of bytes, or a negative errno. `buffer` is the kernel's memory, dead after the answer. */
      read(
        path: string,
        fd: number,
        buffer: Buffer,
        length: number,
        position: number,
        done: (count: number) => void,
      ): void;
      write(
        path: string,
        fd: number,
        buffer: Buffer,
        length: number,
        position: number,
        done: (count: number) => void,
      ): void;
      truncate(path: string, size: number, done: Done): void;
      ftruncate(path: string, fd: number, size: number, done: Done): void;
      flush(path: string, fd: number, done: Done): void;
      fsync(path: string, datasync: number, fd: number, done: Done): void;
      fsyncdir(path: string, datasync: number, fd: number, done: Done): void;
      release(path: string, fd: number, done: Done): void;
      unlink(path: string, done: Done): void;
      rename(from: string, to: string, done: Done): void;
      link(from: string, to: string, done: Done): void;
      symlink(target: string, path: string, done: Done): void;
      mkdir(path: string, mode: number, done: Done): void;
      rmdir(path: string, done: Done): void;
      chmod(path: string, mode: number, done: Done): void;
      chown(path: string, uid: number, gid: number, done: Done): void;
      utimens(path: string, atimeMs: number, mtimeMs: number, done: Done): void;
    }

    /** Called from the addon with the C record of the calling thread, then the number of the operation. */
    type NativeHandler = (record: Buffer, opcode: number, ...args: unknown[]) => unknown;
  }

  export = Fuse;
}
