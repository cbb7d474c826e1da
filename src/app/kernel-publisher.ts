import { chmod, rename, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Publication, Publisher } from '../cache/publisher.ts';
import { AlreadyExistsError, PreconditionFailedError, ServerError } from '../core/errors.ts';

/** Longer than the file server can be busy; a mount that does not answer by then is dying. */
const TIMEOUT_MS = 20_000;

/**
 * Makes staged changes take effect as ordinary operations on the mount, so that the kernel's caches and inotify watchers learn of
 * them (ARCHITECTURE.md, "Coherence"). Only the engine process may use it: in the file server it would wait for itself.
 */
export class KernelPublisher implements Publisher {
  readonly #directoryOf: (storage: string, collectionId: string) => string;

  constructor(directoryOf: (storage: string, collectionId: string) => string) {
    this.#directoryOf = directoryOf;
  }

  /**
   * @throws PreconditionFailedError when the user changed the file meanwhile, or has it open for writing
   * @throws AlreadyExistsError when the name of a new item was taken meanwhile
   * @throws ServerError when the mount does not answer
   */
  async publish(publication: Publication): Promise<void> {
    const directory = this.#directoryOf(publication.storage, publication.collectionId);
    try {
      await withTimeout(perform(publication, directory));
    } catch (error) {
      throw toOurError(error, join(directory, 'name' in publication ? publication.name : ''));
    }
  }
}

async function perform(publication: Publication, directory: string): Promise<void> {
  switch (publication.type) {
    case 'change':
      return truncate(join(directory, publication.name), publication.size);
    case 'add':
      return rename(join(directory, publication.token), join(directory, publication.name));
    case 'remove':
      return unlink(join(directory, publication.name));
    case 'touch':
      // Any setattr would do: its reply carries the directory's times of now.
      return chmod(directory, 0o755);
  }
}

async function withTimeout(operation: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new ServerError('the mount does not answer')), TIMEOUT_MS);
  });
  try {
    await Promise.race([operation, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function toOurError(error: unknown, path: string): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return new AlreadyExistsError(`${path} was made in the mount meanwhile`, { cause: error });
  if (code === 'ESTALE' || code === 'EBUSY' || code === 'ENOENT') {
    return new PreconditionFailedError(`${path} was changed in the mount meanwhile`, { cause: error });
  }
  return new ServerError(`${path}: the mount did not take a change from the server: ${message}`, { cause: error });
}
