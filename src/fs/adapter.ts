import type Fuse from 'fuse-native';
import type { Logger } from '../lib/logger.ts';
import type { FuseConstructor } from './binding.ts';
import { fuseHandlers } from './handlers.ts';
import { fuseOptions } from './fuse-options.ts';
import type { Operations } from './operations.ts';

/** Operations are local and answer in microseconds; this only keeps a lost answer from holding its caller for ever. */
const ANSWER_WITHIN_MS = 60_000;
/** In the C record of a call on 64-bit Linux: two numbers of 64 bits, in milliseconds. */
const ATIME_OFFSET = 104;
const MTIME_OFFSET = 112;

export interface AdapterOptions {
  readonly mountpoint: string;
  readonly allowOther: boolean;
  readonly operations: Operations;
  readonly log: Logger;
}

/** The one door to fuse-native 2.2.6, whose faults are fenced in here and in `handlers.ts`; the rest of the program never sees it. */
export class FuseAdapter {
  readonly #fuse: Fuse;
  readonly #log: Logger;
  readonly #handlers: Fuse.Handlers;
  /** The record of the call that is being handed over right now. */
  #record: Buffer = Buffer.alloc(0);
  #warned = false;

  constructor(Binding: FuseConstructor, { mountpoint, allowOther, operations, log }: AdapterOptions) {
    this.#log = log;
    this.#handlers = fuseHandlers(operations, log);
    // Its own unmounting passes the path to a shell. Ours is over by the time `close` is called, which then only tidies up.
    Binding.unmount = (_mountpoint, done) => done(null);
    this.#fuse = new Binding(mountpoint, this.#handlers, { timeout: ANSWER_WITHIN_MS });
    this.#fuse._fuseOptions = () => fuseOptions({ allowOther });
    this.#fuse._handlers = this.#fuse._handlers.map(
      (handler) =>
        handler &&
        ((record, opcode, ...args) => {
          this.#record = record;
          return handler(record, opcode, ...args);
        }),
    );
    this.#fuse._op_utimens = (signal, file, low, high) => this.#utimens(signal, file, [low, high]);
  }

  /** Rejects with the binding's own error; libfuse tells the reason on stderr. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#fuse.open((error) => (error ? reject(error) : resolve()));
    });
  }

  /** Lets go of what is left after the mount is gone, so that the process can end. */
  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#fuse.close((error) => (error ? reject(error) : resolve()));
    });
  }

  /** The binding passes the time of access twice; the time of modification is in the record it came from. */
  #utimens(
    signal: (code: number) => void,
    file: string,
    [low = 0, high = 0]: readonly [number?, number?],
  ): void {
    const record = this.#record;
    const known =
      record.length >= MTIME_OFFSET + 8 &&
      record.readUInt32LE(ATIME_OFFSET) === low &&
      record.readUInt32LE(ATIME_OFFSET + 4) === high;
    // The words are those of a signed number.
    const atimeMs = (high | 0) * 2 ** 32 + low;
    const mtimeMs = known ? Number(record.readBigInt64LE(MTIME_OFFSET)) : atimeMs;
    if (!known && !this.#warned) {
      this.#warned = true;
      this.#log.warn({ op: 'utimens' }, 'unknown layout of fuse-native: times of modification are inexact');
    }
    this.#handlers.utimens(file, atimeMs, mtimeMs, signal);
  }
}
