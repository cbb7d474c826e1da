import { type StatsFs, statfsSync } from 'node:fs';
import { FileError } from '../cache/file-tree.ts';
import { MAX_NAME_BYTES } from '../core/item-name.ts';
import { type Clock, systemClock } from '../lib/clock.ts';

/** What statfs(2) answers, in numbers of at most 32 bits. */
export interface SpaceFigures {
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

/** What the disk answers; only its numbers matter here, and those of a real disk are below 2^53. */
export type DiskFigures = Pick<StatsFs, 'bsize' | 'blocks' | 'bfree' | 'bavail' | 'files' | 'ffree'>;

/** Left for the database itself (its log, deletions, the sync's own writes); below that, writers are told the disk is full. */
export const RESERVED_BYTES = 16 * 1024 * 1024;
const FRESH_FOR_MS = 1000;
const MAX_UINT32 = 2 ** 32 - 1;

/**
 * The room on the disk that holds the database, asked at most once a second. `folder` must never lie inside the mount: the question
 * would then wait for its own answer.
 */
export class DiskSpace {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #ask: (folder: string) => DiskFigures;
  #known: DiskFigures | undefined;
  #askedAtMs = 0;

  constructor(
    folder: string,
    clock: Clock = systemClock,
    ask: (folder: string) => DiskFigures = (folder) => statfsSync(folder),
  ) {
    this.#folder = folder;
    this.#clock = clock;
    this.#ask = ask;
  }

  figures(): SpaceFigures {
    const { bsize, blocks, bfree, bavail, files, ffree } = this.#now();
    // Larger blocks until the numbers fit, so that `df` is right on a disk of more than 16 TiB.
    let scale = 1;
    while (blocks / scale > MAX_UINT32) scale *= 2;
    const scaled = (count: number): number => Math.floor(count / scale);
    const clipped = (count: number): number => Math.min(count, MAX_UINT32);
    return {
      bsize: bsize * scale,
      frsize: bsize * scale,
      blocks: scaled(blocks),
      bfree: scaled(bfree),
      bavail: scaled(bavail),
      files: clipped(files),
      ffree: clipped(ffree),
      favail: clipped(ffree),
      namemax: MAX_NAME_BYTES,
    };
  }

  /** @throws FileError ENOSPC at the write, where programs look for it, rather than at the close, where most do not */
  assertRoom(): void {
    const { bsize, bavail } = this.#now();
    if (bsize * bavail < RESERVED_BYTES)
      throw new FileError('ENOSPC', `less than ${RESERVED_BYTES} bytes free for the database`);
  }

  #now(): DiskFigures {
    const nowMs = this.#clock.nowMs();
    // The wall clock may step back; then the figures are asked anew.
    const fresh = nowMs >= this.#askedAtMs && nowMs - this.#askedAtMs < FRESH_FOR_MS;
    if (this.#known && fresh) return this.#known;
    this.#known = this.#ask(this.#folder);
    this.#askedAtMs = nowMs;
    return this.#known;
  }
}
