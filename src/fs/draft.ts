import { FileError } from '../cache/file-tree.ts';

const SMALLEST = 4096;

/**
 * The content of a file that is open for writing: one for all its handles. Bytes that were handed out (`view`) never change
 * afterwards: the next write goes to a copy.
 */
export class Draft {
  readonly #maxBytes: number;
  #bytes: Uint8Array;
  #size: number;
  /** Somebody else looks at `#bytes`. */
  #shared = true;
  #dirty = false;
  #mtimeMs = 0;
  /** Somebody was told `#mtimeMs`; the next change must show another. */
  #told = false;

  constructor(bytes: Uint8Array, maxBytes: number) {
    this.#bytes = bytes;
    this.#size = bytes.length;
    this.#maxBytes = maxBytes;
  }

  /** Something is not committed yet. */
  get dirty(): boolean {
    return this.#dirty;
  }

  get size(): number {
    return this.#size;
  }

  /** The time of the last change; of meaning only while dirty. */
  tellMtimeMs(): number {
    this.#told = true;
    return this.#mtimeMs;
  }

  /** What it holds now; stays as it is. */
  view(): Uint8Array {
    this.#shared = true;
    return this.#bytes.subarray(0, this.#size);
  }

  /** Copies into `target`, starting at `position`; the number of bytes there were. */
  read(target: Uint8Array, position: number): number {
    return copyFrom(this.#bytes.subarray(0, this.#size), target, position);
  }

  /** A gap before `position` reads as zeros. `at` is the change's time. @throws FileError EFBIG */
  write(data: Uint8Array, position: number, at: ChangeTime): void {
    const end = position + data.length;
    this.#makeRoom(Math.max(end, this.#size));
    this.#bytes.set(data, position);
    this.#size = Math.max(end, this.#size);
    this.#touch(at);
  }

  /** Cuts or pads with zeros. The size it has already is no change. @throws FileError EFBIG */
  truncate(size: number, at: ChangeTime): void {
    if (size === this.#size) return;
    this.#makeRoom(size);
    // What lies behind the end must be zeros should the file grow again.
    this.#bytes.fill(0, Math.min(size, this.#size));
    this.#size = size;
    this.#touch(at);
  }

  /** What it holds has been stored, under the time it told. */
  settle(): void {
    this.#dirty = false;
    this.#told = true;
  }

  #touch({ nowMs, previousMs }: ChangeTime): void {
    const before = this.#dirty ? this.#mtimeMs : previousMs();
    // Later by a whole millisecond than anything anybody has seen, also when the clock stands still or steps back.
    this.#mtimeMs = Math.max(nowMs, this.#dirty && !this.#told ? before : before + 1);
    this.#dirty = true;
    this.#told = false;
  }

  /** Our own bytes, with room for `size`; grows by doubling, so that many small writes stay cheap. */
  #makeRoom(size: number): void {
    if (size > this.#maxBytes)
      throw new FileError('EFBIG', `files here hold at most ${this.#maxBytes} bytes`);
    if (!this.#shared && size <= this.#bytes.length) return;
    const room = size <= this.#bytes.length ? size : Math.max(size, this.#bytes.length * 2, SMALLEST);
    const bytes = new Uint8Array(Math.min(room, this.#maxBytes));
    bytes.set(this.#bytes.subarray(0, Math.min(this.#size, bytes.length)));
    this.#bytes = bytes;
    this.#shared = false;
  }
}

/** When something was changed. */
export interface ChangeTime {
  readonly nowMs: number;
  /** The file's time before its first uncommitted change; asked only for that one. */
  readonly previousMs: () => number;
}

/** Like pread(2): copies what there is from `position` on, up to the size of `target`. */
export function copyFrom(source: Uint8Array, target: Uint8Array, position: number): number {
  const part = source.subarray(position, position + target.length);
  target.set(part);
  return part.length;
}
