import { AlreadyExistsError, PreconditionFailedError } from '../core/errors.ts';
import { METADATA_NAMES, type MetadataName } from '../core/item-name.ts';
import { propertyValue } from '../core/property-value.ts';
import type { CollectionInfo, CollectionProperties, PropertyChanges, PropertyName } from '../core/storage.ts';
import type { CollectionRow } from './collections.ts';
import type { Database } from './database.ts';
import type { Delivery, NewFile } from './delivery.ts';
import { MetadataRows } from './metadata-rows.ts';
import { MetadataTexts } from './metadata-texts.ts';
import type { Rows } from './rows.ts';
import { type Delays, isWaiting } from './settle.ts';
import { asStateError } from './sqlite-error.ts';

/** What a file is to say for the engine. */
interface Wanted {
  /** null: the property has no value. */
  readonly value: string | null;
  /** undefined: there is to be no file. */
  readonly text: string | undefined;
}

/** The files that hold a collection's properties, as the engine reads and writes them: there when the property has a value (F19). */
export class MetadataFiles {
  readonly #rows: Rows;
  readonly #delivery: Delivery;
  readonly #metadata: MetadataRows;
  readonly #texts: MetadataTexts;

  constructor(db: Database, rows: Rows, delivery: Delivery) {
    this.#rows = rows;
    this.#delivery = delivery;
    this.#metadata = new MetadataRows(db);
    this.#texts = new MetadataTexts(db);
  }

  /** What users have made of them, and which they are just at. */
  read(
    collection: number,
    { writeDelayMs }: Delays,
    nowMs: number,
  ): Pick<CollectionInfo, 'properties' | 'unsettled'> {
    const rows = this.#metadata.ofCollection(collection);
    const unsettled = rows.filter(
      ({ editedAt, writers }) =>
        writers === 1 || (editedAt !== null && isWaiting(editedAt, writeDelayMs, nowMs)),
    );
    return {
      properties: Object.fromEntries(
        rows.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])),
      ),
      ...(unsettled.length > 0 && { unsettled: unsettled.map(({ name }) => name) }),
    };
  }

  /** For a collection that is being made, inside the transaction that makes it. */
  writeNow(collection: CollectionRow, properties: CollectionProperties, nowMs: number): void {
    for (const name of METADATA_NAMES) {
      const wanted = this.#wanted(collection, name, properties[name]);
      const key = { collection: collection.ino, name };
      if (wanted.text === undefined) continue;
      this.#metadata.expect(key, wanted.value, wanted.text);
      this.#delivery.addNow(newFile(collection, name, wanted.text), nowMs);
    }
  }

  /**
   * Has the files say what the other side does.
   * @param known what they meant when they were last looked at
   * @returns those that a user was at since, which stay as they are
   */
  async change(
    collection: CollectionRow,
    changes: PropertyChanges,
    known: CollectionProperties,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<PropertyName, string>> {
    const left = new Map<PropertyName, string>();
    for (const [name, value] of changes) {
      try {
        const now = this.#query(() => this.#metadata.get({ collection: collection.ino, name })?.value);
        if ((now ?? undefined) !== known[name]) throw new PreconditionFailedError(`${name} was just changed`);
        const wanted = this.#query(() => this.#wanted(collection, name, value));
        // Nothing visible may change when it says so already, in a user's own words perhaps (F14).
        if (wanted.value !== (now ?? null)) await this.#write(collection, name, wanted, signal);
      } catch (error) {
        // Somebody has the file open for writing, or was first: the next run comes round to it.
        if (!(error instanceof PreconditionFailedError || error instanceof AlreadyExistsError)) throw error;
        left.set(name, error.message);
      }
    }
    return left;
  }

  /** Shows anew what does not only depend on the property itself: display names are made unique. Leaves alone what users wrote. */
  async refresh(collection: CollectionRow, signal?: AbortSignal): Promise<void> {
    const stale = this.#query(() => this.#stale(collection));
    for (const [name, wanted] of stale) {
      try {
        await this.#write(collection, name, wanted, signal);
      } catch (error) {
        if (!(error instanceof PreconditionFailedError || error instanceof AlreadyExistsError)) throw error;
      }
    }
  }

  #stale(collection: CollectionRow): (readonly [name: MetadataName, wanted: Wanted])[] {
    return this.#metadata.ofCollection(collection.ino).flatMap((row) => {
      const { name, value, shown, editedAt, writers } = row;
      const isOurs = editedAt === null && writers === 0;
      if (!isOurs || (name !== 'displayname' && value !== null)) return [];
      const text = value === null ? undefined : this.#texts.textOf(collection, name, value);
      return text === (shown ?? undefined) ? [] : [[name, { value, text }] as const];
    });
  }

  #wanted(collection: CollectionRow, name: MetadataName, raw: string | undefined): Wanted {
    const value = propertyValue(name, raw ?? '');
    return { value: value ?? null, text: value && this.#texts.textOf(collection, name, value) };
  }

  async #write(
    collection: CollectionRow,
    name: MetadataName,
    { value, text }: Wanted,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const key = { collection: collection.ino, name };
    const base = this.#delivery.transact(() => {
      this.#metadata.expect(key, value, text ?? null);
      const base = this.#rows.writes.base(collection.ino, name);
      const isThere = base ? text === this.#rows.inodes.body(base.ino).toString() : text === undefined;
      if (isThere) this.#metadata.accept(key);
      return isThere ? 'as it should be' : base;
    });
    if (base === 'as it should be') return;
    if (text === undefined) return base && this.#delivery.remove(base, signal);
    if (base) await this.#delivery.change(base, Buffer.from(text), signal);
    else await this.#delivery.add(() => newFile(collection, name, text), signal);
  }

  #query<T>(work: () => T): T {
    return asStateError('the properties of a collection', work);
  }
}

function newFile({ ino }: CollectionRow, name: MetadataName, text: string): NewFile {
  return { parent: ino, name, bytes: Buffer.from(text) };
}
