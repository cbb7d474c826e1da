import type Fuse from 'fuse-native';

/** Where the C record has its two times on 64-bit Linux. */
const ATIME_OFFSET = 104;

/** fuse-native without a kernel: what the adapter touches of it, behaving as its source does. */
export class FakeFuse {
  static last: FakeFuse;
  static unmount: (mountpoint: string, done: (error?: Error | null) => void) => void = (_, done) =>
    done(new Error('a shell was started'));

  readonly mountpoint: string;
  readonly handlers: Fuse.Handlers;
  readonly options: { readonly timeout: number };
  readonly calls: string[] = [];
  failure: Error | undefined;
  /** Moves the times in the record, as another version of the addon might. */
  offset = ATIME_OFFSET;
  _handlers: (Fuse.NativeHandler | undefined)[];
  _fuseOptions = (): string => '-owrong';

  constructor(mountpoint: string, handlers: Fuse.Handlers, options: { readonly timeout: number }) {
    FakeFuse.last = this;
    this.mountpoint = mountpoint;
    this.handlers = handlers;
    this.options = options;
    this._handlers = [
      undefined,
      (_record, _opcode, ...args) => {
        const [path, low, high, answer] = args as [string, number, number, (code: number) => void];
        return this._op_utimens(answer, path, low, high, low, high);
      },
    ];
  }

  /** The bug: the second time is the first one again. */
  _op_utimens(signal: (code: number) => void, path: string, ...[low = 0, high = 0]: number[]): void {
    const time = low + high * 2 ** 32;
    this.handlers.utimens(path, time, time, signal);
  }

  open(done: (error?: Error | null) => void): void {
    done(this.failure);
  }

  close(done: (error?: Error | null) => void): void {
    this.calls.push(`unmount ${this.mountpoint}`);
    FakeFuse.unmount(this.mountpoint, (error) => done(this.failure ?? error));
  }

  /** As the addon calls it: with the record, and each number in two words of 32 bits. The code of the answer. */
  utimens(path: string, atimeMs: number, mtimeMs: number): number {
    const record = Buffer.alloc(200);
    record.writeBigInt64LE(BigInt(atimeMs), this.offset);
    record.writeBigInt64LE(BigInt(mtimeMs), this.offset + 8);
    const words = Buffer.alloc(8);
    words.writeBigInt64LE(BigInt(atimeMs));
    const codes: number[] = [];
    const answer = (code: number): unknown => codes.push(code);
    this._handlers[1]?.(record, 12, path, words.readUInt32LE(0), words.readUInt32LE(4), answer);
    return codes[0] ?? Number.NaN;
  }
}
