import { constants } from 'node:os';
import path from 'node:path';
import { FileError } from '../cache/file-tree.ts';
import type { Publication, Publisher } from '../cache/publisher.ts';
import { AlreadyExistsError, MountError, PreconditionFailedError } from '../core/errors.ts';
import { KeyedLock } from '../lib/keyed-lock.ts';
import { toErrno } from './errno.ts';
import {
  publishChangedFile,
  publishNewFile,
  publishRemovedDirectory,
  publishRemovedFile,
  refreshDirectory,
} from './publish.ts';
import type { View } from './view.ts';

const { errno } = constants;

/** The file server answers in well under a millisecond; one that takes this long is gone or hung. */
const ANSWER_WITHIN_MS = 10_000;

export interface MountPublisherOptions {
  readonly mountpoint: string;
  /** The same view as the file server's, over the same tree. */
  readonly view: View;
  readonly answerWithinMs?: number;
}

/** The engine's hand on the mount. Must not be used in the file server's process. */
export class MountPublisher implements Publisher {
  readonly #mountpoint: string;
  readonly #view: View;
  readonly #answerWithinMs: number;
  /** One at a time at a place: each that is done closes the window of a read-only one, also if another has just opened it. */
  readonly #places = new KeyedLock();
  /** Folders that are to be refreshed, where that has not begun. */
  readonly #refreshes = new Map<string, Promise<void>>();

  constructor({ mountpoint, view, answerWithinMs = ANSWER_WITHIN_MS }: MountPublisherOptions) {
    this.#mountpoint = mountpoint;
    this.#view = view;
    this.#answerWithinMs = answerWithinMs;
  }

  async publish(publication: Publication, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { storage, directory } = publication;
    const shown = this.#view.pathOf(storage, directory);
    if (shown === undefined) throw new MountError(`${storage}/${directory} is not in the mount`);
    const folder = path.join(this.#mountpoint, shown);
    try {
      await this.#perform(folder, publication);
    } catch (error) {
      throw translate(error, publication);
    }
  }

  async #perform(folder: string, publication: Publication): Promise<void> {
    if (publication.type === 'touch') return this.#refresh(folder);
    if (publication.type === 'remove-directory')
      return this.#places.run(path.dirname(folder), () => this.#inTime(publishRemovedDirectory(folder)));
    const file = path.join(folder, publication.name);
    if (publication.type === 'change') {
      await this.#places.run(file, () => this.#inTime(publishChangedFile(file, publication.size)));
      return this.#refresh(folder);
    }
    await this.#places.run(folder, () =>
      this.#inTime(
        publication.type === 'add'
          ? publishNewFile(folder, publication.token, publication.name)
          : publishRemovedFile(file),
      ),
    );
  }

  /** One refresh serves all who asked before it began. */
  #refresh(folder: string): Promise<void> {
    const waiting = this.#refreshes.get(folder);
    if (waiting) return waiting;
    const refresh = this.#places.run(folder, () => {
      this.#refreshes.delete(folder);
      return this.#inTime(refreshDirectory(folder));
    });
    this.#refreshes.set(folder, refresh);
    return refresh;
  }

  /** An operation on a mount cannot be called off: past the limit it goes on by itself, and may still take effect. */
  async #inTime(operation: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new MountError(`the mount at ${this.#mountpoint} does not answer`)),
        this.#answerWithinMs,
      );
    });
    try {
      await Promise.race([operation, limit]);
    } finally {
      clearTimeout(timer);
      operation.catch(() => {});
    }
  }
}

/** What the kernel says when a user was faster: edited, open for writing, or gone. */
const MEANWHILE: ReadonlySet<unknown> = new Set([errno.ESTALE, errno.EBUSY, errno.ENOENT]);

function translate(error: unknown, publication: Publication): Error {
  if (error instanceof MountError || !(error instanceof Error)) return asMountError(error);
  const name = 'name' in publication ? publication.name : publication.directory;
  const code = errnoOf(error);
  if (code === errno.EEXIST)
    return new AlreadyExistsError(`${name} was made in the mount meanwhile`, { cause: error });
  if (MEANWHILE.has(code))
    return new PreconditionFailedError(`${name} was changed in the mount meanwhile`, { cause: error });
  return asMountError(error);
}

/** Node has no name for ESTALE: such errors have a number alone. */
function errnoOf(error: Error): number | undefined {
  if (error instanceof FileError) return toErrno(error);
  return 'errno' in error && typeof error.errno === 'number' ? -error.errno : undefined;
}

const asMountError = (error: unknown): MountError =>
  error instanceof MountError
    ? error
    : new MountError(
        `the mount took over no change: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
        },
      );
