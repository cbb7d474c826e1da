import { AlreadyExistsError, PreconditionFailedError, RefusedError } from '../core/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { CollectionRow } from './collections.ts';
import type { Addition, Base } from './engine-writes.ts';
import { STAGED_PREFIX } from './file-tree.ts';
import type { Publication, Publisher } from './publisher.ts';
import type { Rows } from './rows.ts';
import { asStateError } from './sqlite-error.ts';

export interface DeliveryOptions {
  readonly rows: Rows;
  /** The storage's name. */
  readonly storage: string;
  readonly clock: Clock;
  /** The live mount, where there is one. */
  readonly publisher: () => Publisher | undefined;
}

/** A file that the engine makes. */
export interface NewFile extends Addition {
  readonly bytes: Uint8Array;
}

const FILE_MODE = 0o644;
/** So many names tell what is inside. */
const NAMED = 5;

/**
 * How the engine's writes reach the tree: through the kernel where it is mounted, else straight. Either way a write takes effect
 * only if the file is still what the engine last saw.
 */
export class Delivery {
  readonly #rows: Rows;
  readonly #storage: string;
  readonly #clock: Clock;
  readonly #publisher: () => Publisher | undefined;

  constructor({ rows, storage, clock, publisher }: DeliveryOptions) {
    this.#rows = rows;
    this.#storage = storage;
    this.#clock = clock;
    this.#publisher = publisher;
  }

  get isMounted(): boolean {
    return this.#publisher() !== undefined;
  }

  /** Runs in one transaction; SQLite's failures come out as StateError. */
  transact<T>(work: (nowMs: number) => T): T {
    return asStateError('the cache of the mount', () =>
      this.#rows.transactor.run('normal', () => work(this.#clock.nowMs())),
    );
  }

  /** @returns the new etag; null for a metadata file. @throws PreconditionFailedError */
  async change(base: Base, bytes: Uint8Array, signal?: AbortSignal): Promise<number | null> {
    signal?.throwIfAborted();
    const { name } = base;
    const publisher = this.#publisher();
    if (!publisher) {
      return this.transact((nowMs) => {
        this.#assertCurrent(base);
        return this.#rows.writes.change(base, bytes, nowMs);
      });
    }
    const at = this.#placeOf(base.parent);
    const token = this.transact((nowMs) => this.#rows.staging.stageChange(base, bytes, nowMs));
    const publication = { type: 'change' as const, name, size: bytes.length, ...at };
    return this.#publish(publisher, token, publication, signal);
  }

  /** @throws PreconditionFailedError */
  async remove(base: Base, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const publisher = this.#publisher();
    if (!publisher) {
      return this.transact((nowMs) => {
        this.#assertCurrent(base);
        this.#rows.writes.remove(base, nowMs);
        this.#rows.inodes.forget(base.ino);
      });
    }
    const at = this.#placeOf(base.parent);
    const token = this.transact((nowMs) => this.#rows.staging.stageRemoval(base, nowMs));
    const publication = { type: 'remove' as const, name: base.name, ...at };
    await this.#publish(publisher, token, publication, signal);
  }

  /**
   * Removes a collection's directory with its metadata files.
   * @throws RefusedError when there is anything else in it, PreconditionFailedError when that came meanwhile
   */
  async removeDirectory(collection: CollectionRow, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { storage } = collection;
    const { collections, writes, staging } = this.#rows;
    const publisher = this.#publisher();
    const at = this.#placeOf(collection.ino);
    const { directory } = at;
    const token = this.transact((nowMs) => {
      assertEmpty(collection, collections.usersNamesIn(collection.ino));
      if (!publisher) return collections.removeDirectory(storage, directory, nowMs);
      const base = writes.base(storage, directory);
      return base && staging.stageRemoval(base, nowMs);
    });
    if (!publisher || token === undefined) return;
    await this.#publish(publisher, token, { type: 'remove-directory', ...at }, signal);
  }

  /**
   * @param choose names the new file, inside the transaction that takes the name
   * @throws AlreadyExistsError when the name was taken meanwhile; what `choose` throws
   */
  async add<File extends NewFile>(
    choose: () => File,
    signal?: AbortSignal,
  ): Promise<{ readonly file: File; readonly seq: number | null }> {
    signal?.throwIfAborted();
    const publisher = this.#publisher();
    if (!publisher) return this.transact((nowMs) => this.#addAndTouch(choose(), nowMs));
    const { token, file, at } = this.transact((nowMs) => {
      const file = choose();
      const at = this.#placeOf(file.parent);
      const ino = this.#insert(file, nowMs);
      return { file, at, token: this.#rows.staging.stageAddition(file, ino, nowMs) };
    });
    const staged = STAGED_PREFIX + token;
    const publication = { type: 'add' as const, name: file.name, token: staged, ...at };
    return { file, seq: await this.#publish(publisher, token, publication, signal) };
  }

  #addAndTouch<File extends NewFile>(
    file: File,
    nowMs: number,
  ): { readonly file: File; readonly seq: number | null } {
    const added = this.addNow(file, nowMs);
    this.#rows.inodes.touch(file.parent, nowMs);
    return added;
  }

  /**
   * Adds without the kernel: nobody can have a stale idea of a name never seen before. Inside a transaction, which moves the
   * directory's time when it has added all.
   */
  addNow<File extends NewFile>(
    file: File,
    nowMs: number,
  ): { readonly file: File; readonly seq: number | null } {
    return { file, seq: this.#rows.writes.add(file, this.#insert(file, nowMs), nowMs) };
  }

  /**
   * Tells the kernel that a directory changed without it. Where nothing is mounted, nobody has to be told.
   * @param collection undefined: the storage's own directory
   */
  async touch(collection: number | undefined, signal?: AbortSignal): Promise<void> {
    const publisher = this.#publisher();
    if (!publisher) return;
    const at =
      collection === undefined ? { storage: this.#storage, directory: '' } : this.#placeOf(collection);
    await publisher.publish({ type: 'touch', ...at }, signal);
  }

  #insert({ parent, bytes }: NewFile, nowMs: number): number {
    return this.#rows.inodes.insert({
      type: 'file',
      mode: FILE_MODE,
      atMs: nowMs,
      collection: parent,
      bytes,
    });
  }

  #assertCurrent(base: Base): void {
    if (!this.#rows.writes.isCurrent(base)) throw changedMeanwhile(base.name);
  }

  /** Looked up each time: users rename directories. @throws PreconditionFailedError when it is gone */
  #placeOf(collection: number): { readonly storage: string; readonly directory: string } {
    const row = asStateError('the cache of the mount', () => this.#rows.collections.byIno(collection));
    if (!row) throw new PreconditionFailedError('the collection was removed from the mount meanwhile');
    return { storage: this.#storage, directory: row.directory };
  }

  /** @returns the etag that it took effect with */
  async #publish(
    publisher: Publisher,
    token: string,
    publication: Exclude<Publication, { type: 'touch' }>,
    signal: AbortSignal | undefined,
  ): Promise<number | null> {
    try {
      await publisher.publish(publication, signal);
    } catch (error) {
      // The answer may be lost and the change done all the same.
      if (this.#state(token) !== 'done') {
        this.#giveUp(token, isAnswer(error));
        throw error;
      }
    }
    return this.#take(token, 'name' in publication ? publication.name : publication.directory);
  }

  #take(token: string, name: string): number | null {
    const row = this.#rows.staging.byToken(token);
    if (row?.state !== 'done') {
      this.#giveUp(token, false);
      throw changedMeanwhile(name);
    }
    this.transact(() => this.#rows.staging.delete(token));
    return row.result;
  }

  /** @param answered the kernel is through with it; else the operation may still arrive and must find its row, to be refused */
  #giveUp(token: string, answered: boolean): void {
    this.transact((nowMs) => {
      const { staging, inodes } = this.#rows;
      const row = staging.byToken(token);
      if (answered) staging.delete(token);
      else staging.void(token, nowMs);
      if (answered && row) inodes.forget(row.ino);
    });
  }

  #state(token: string): string | undefined {
    return asStateError('the cache of the mount', () => this.#rows.staging.byToken(token)?.state);
  }
}

const changedMeanwhile = (name: string): PreconditionFailedError =>
  new PreconditionFailedError(`${name} was changed in the mount meanwhile`);

function assertEmpty({ directory }: CollectionRow, inside: readonly string[]): void {
  if (inside.length === 0) return;
  const more = inside.length > NAMED ? ` and ${inside.length - NAMED} more` : '';
  throw new RefusedError(
    `${directory} stays in the mount, it still holds ${inside.slice(0, NAMED).join(', ')}${more}`,
  );
}

const isAnswer = (error: unknown): boolean =>
  error instanceof PreconditionFailedError || error instanceof AlreadyExistsError;
