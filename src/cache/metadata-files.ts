import { AlreadyExistsError, PreconditionFailedError } from '../core/errors.ts';
import { METADATA_NAMES, type MetadataName } from '../core/item-name.ts';
import type { CollectionProperties, PropertyChanges, PropertyName } from '../core/storage.ts';
import type { CollectionRow } from './collections.ts';
import type { Database } from './database.ts';
import type { Delivery, NewFile } from './delivery.ts';
import type { Rows } from './rows.ts';
import { asStateError } from './sqlite-error.ts';

interface Titled {
  readonly ino: number;
  readonly title: Buffer;
}

/** The files that show a collection's properties: there when the property has a value, and read-only for users (F19). */
export class MetadataFiles {
  readonly #rows: Rows;
  readonly #delivery: Delivery;
  readonly #read;
  readonly #otherTitles;

  constructor(db: Database, rows: Rows, delivery: Delivery) {
    this.#rows = rows;
    this.#delivery = delivery;
    this.#read = db
      .prepare<[number, string], Buffer>(
        'SELECT bytes FROM entry JOIN body USING (ino) WHERE parent = ? AND name = ?',
      )
      .pluck();
    this.#otherTitles = db.prepare<[number], Titled>(
      `SELECT collection.ino, bytes AS title FROM collection
       CROSS JOIN entry ON entry.parent = collection.ino AND entry.name = 'displayname' JOIN body ON body.ino = entry.ino
       WHERE collection.ino <> ?`,
    );
  }

  read(collection: number): CollectionProperties {
    const values = METADATA_NAMES.flatMap((name) => {
      const bytes = this.#read.get(collection, name);
      return bytes ? [[name, bytes.toString().trim()] as const] : [];
    });
    return Object.fromEntries(values);
  }

  /** For a collection that is being made, inside the transaction that makes it. */
  writeNow(collection: CollectionRow, properties: CollectionProperties, nowMs: number): void {
    for (const name of METADATA_NAMES) {
      const value = this.#valueOf(collection, name, properties[name]);
      if (value !== undefined) this.#delivery.addNow(newFile(collection, name, value), nowMs);
    }
  }

  /** Makes the files say what `properties` do; what says it already is not touched. */
  async write(
    collection: CollectionRow,
    properties: CollectionProperties,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.change(collection, new Map(METADATA_NAMES.map((name) => [name, properties[name]])), signal);
  }

  /** The same for some of them. @returns those that a user was at just then, which stay as they are */
  async change(
    collection: CollectionRow,
    changes: PropertyChanges,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<PropertyName, string>> {
    const left = new Map<PropertyName, string>();
    for (const [name, value] of changes) {
      try {
        await this.#changeOne(collection, name, { value, signal });
      } catch (error) {
        // Somebody has the file open for writing, or was first: the next run comes round to it.
        if (!(error instanceof PreconditionFailedError || error instanceof AlreadyExistsError)) throw error;
        left.set(name, error.message);
      }
    }
    return left;
  }

  async #changeOne(
    collection: CollectionRow,
    name: MetadataName,
    {
      value: wanted,
      signal,
    }: { readonly value: string | undefined; readonly signal: AbortSignal | undefined },
  ): Promise<void> {
    const { ino, directory } = collection;
    const { base, value, shown } = asStateError('the properties of a collection', () => ({
      base: this.#rows.writes.base(ino, name),
      value: this.#valueOf(collection, name, wanted),
      shown: this.#read.get(ino, name)?.toString(),
    }));
    if (value === shown) return;
    if (value === undefined && base) await this.#delivery.remove(base, directory, signal);
    else if (value !== undefined && base)
      await this.#delivery.change(base, Buffer.from(value), directory, signal);
    else if (value !== undefined)
      await this.#delivery.add(() => newFile(collection, name, value), directory, signal);
  }

  #valueOf(collection: CollectionRow, name: MetadataName, wanted: string | undefined): string | undefined {
    const value = wanted?.trim();
    if (value === undefined || value === '') return undefined;
    if (name === 'color') return toRgb(value);
    return name === 'displayname' ? this.#uniqueTitle(collection, value) : value;
  }

  /** todoman refuses to start when two lists have one display name; so the second one gets its id appended (F19). */
  #uniqueTitle({ ino, id }: CollectionRow, title: string): string {
    const taken = new Set(this.#otherTitles.all(ino).map((other) => other.title.toString()));
    for (let number = 0; ; number += 1) {
      const candidate = title + suffix(id, number);
      if (!taken.has(candidate)) return candidate;
    }
  }
}

function suffix(id: string, number: number): string {
  if (number === 0) return '';
  return number === 1 ? ` (${id})` : ` (${id} ${number})`;
}

/** `#RRGGBB`; an alpha channel is dropped, and what is no such colour as well, because khal and todoman know no other. */
const toRgb = (value: string): string | undefined => /^#[0-9a-f]{6}(?=([0-9a-f]{2})?$)/i.exec(value)?.[0];

function newFile({ ino }: CollectionRow, name: MetadataName, value: string): NewFile {
  return { parent: ino, name, bytes: Buffer.from(value), readOnly: true };
}
