import { join } from 'node:path';
import type { Publication, Publisher } from '../cache/publisher.ts';
import { AlreadyExistsError, PreconditionFailedError, ServerError } from '../core/errors.ts';
import { publishChangedFile, publishNewFile, publishRemovedFile, refreshDirectory } from '../fs/publish.ts';

/** Longer than the file server can be busy; a mount that does not answer by then is dying. */
const TIMEOUT_MS = 20_000;

/**
 * Makes staged changes take effect as ordinary operations on the mount (ARCHITECTURE.md, "Coherence"). Only the engine process may use
 * it: in the file server it would wait for itself.
 */
export class KernelPublisher implements Publisher {
  readonly #folderOf: (storage: string, directory: string) => string;

  /** @param folderOf where a directory of the tree is on this machine */
  constructor(folderOf: (storage: string, directory: string) => string) {
    this.#folderOf = folderOf;
  }

  /**
   * @throws PreconditionFailedError when the user changed the file meanwhile, or has it open for writing
   * @throws AlreadyExistsError when the name of a new item was taken meanwhile
   * @throws ServerError when the mount does not answer
   */
  async publish(publication: Publication): Promise<void> {
    const folder = this.#folderOf(publication.storage, publication.directory);
    try {
      await withTimeout(perform(publication, folder));
    } catch (error) {
      throw toOurError(error, 'name' in publication ? join(folder, publication.name) : folder);
    }
  }
}

function perform(publication: Publication, folder: string): Promise<void> {
  switch (publication.type) {
    case 'change':
      return publishChangedFile(join(folder, publication.name), publication.size);
    case 'add':
      return publishNewFile(folder, publication.token, publication.name);
    case 'remove':
      return publishRemovedFile(join(folder, publication.name));
    case 'touch':
      return refreshDirectory(folder);
  }
}

async function withTimeout(operation: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new ServerError('no answer')), TIMEOUT_MS);
  });
  try {
    await Promise.race([operation, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function toOurError(error: unknown, path: string): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST')
    return new AlreadyExistsError(`${path} was made in the mount meanwhile`, { cause: error });
  if (code === 'ESTALE' || code === 'EBUSY' || code === 'ENOENT') {
    return new PreconditionFailedError(`${path} was changed in the mount meanwhile`, { cause: error });
  }
  return new ServerError(`${path}: the mount did not take a change from the server: ${message}`, {
    cause: error,
  });
}
