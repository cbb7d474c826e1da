import { METADATA_NAMES, type MetadataName } from '../core/item-name.ts';
import { MAX_PROPERTY_BYTES, propertyValue } from '../core/property-value.ts';
import type { Database } from './database.ts';

/** A file that holds a property. */
export interface MetadataKey {
  readonly collection: number;
  readonly name: string;
}

/** What is known of a property of a collection. */
export interface MetadataRow {
  readonly name: MetadataName;
  /** What the engine is told; null: nothing. */
  readonly value: string | null;
  /** What the engine put there last, and the text that showed it; null: nothing. */
  readonly theirs: string | null;
  readonly shown: string | null;
  /** When a user last wrote it; null: it is as the engine put it. */
  readonly editedAt: number | null;
}

/** Who made a change. Apart from the journal's, which knows more. */
interface Author {
  readonly by: 'user' | 'engine';
  readonly atMs: number;
}

const NAMES = METADATA_NAMES.map((name) => `'${name}'`).join(', ');

/**
 * What the files `displayname`, `color`, `description` and `order` of collections mean. Their texts are the users' to write, byte for
 * byte; the engine compares and sends what they mean. No transactions here; callers have one open.
 */
export class MetadataRows {
  readonly #one;
  readonly #all;
  readonly #ofInode;
  readonly #isCollection;
  readonly #body;
  readonly #put;
  readonly #expect;
  readonly #quiet;

  constructor(db: Database) {
    const columns = 'name, value, theirs, shown, edited_at AS editedAt';
    this.#one = db.prepare<[number, string], MetadataRow>(
      `SELECT ${columns} FROM metadata WHERE collection = ? AND name = ?`,
    );
    this.#all = db.prepare<[number], MetadataRow & { readonly writers: number }>(
      `SELECT metadata.${columns}, ifnull(writers, 0) AS writers FROM metadata
       LEFT JOIN entry ON entry.parent = metadata.collection AND entry.name = metadata.name
       LEFT JOIN inode ON inode.ino = entry.ino WHERE metadata.collection = ?`,
    );
    this.#ofInode = db.prepare<[number], MetadataKey>(
      `SELECT parent AS collection, name FROM entry JOIN collection ON collection.ino = parent
       WHERE entry.ino = ? AND name IN (${NAMES})`,
    );
    this.#isCollection = db.prepare<[number], number>('SELECT 1 FROM collection WHERE ino = ?').pluck();
    this.#body = db.prepare<[number], Buffer>('SELECT bytes FROM body WHERE ino = ?').pluck();
    this.#put = db.prepare<[number, string, string | null, number | null]>(
      `INSERT INTO metadata (collection, name, value, edited_at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET value = excluded.value, edited_at = excluded.edited_at`,
    );
    this.#expect = db.prepare<[number, string, string | null, string | null]>(
      `INSERT INTO metadata (collection, name, theirs, shown) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET theirs = excluded.theirs, shown = excluded.shown`,
    );
    this.#quiet = db.prepare<[number, number, string]>(
      'UPDATE metadata SET edited_at = ? WHERE edited_at IS NOT NULL AND collection = ? AND name = ?',
    );
  }

  /** Whether a file of that name in that directory holds a property. */
  isMetadata(directory: number, name: string): boolean {
    return isMetadataName(name) && this.#isCollection.get(directory) === 1;
  }

  /** Whether any of an inode's names is that of a property. */
  isContent(ino: number): boolean {
    return this.#ofInode.get(ino) !== undefined;
  }

  get({ collection, name }: MetadataKey): MetadataRow | undefined {
    return this.#one.get(collection, name);
  }

  /** `writers`: 1 while somebody has the file open for writing. */
  ofCollection(collection: number): readonly (MetadataRow & { readonly writers: number })[] {
    return this.#all.all(collection);
  }

  /** The engine is about to have a file say `shown`, which means `theirs`; null: it takes the file away. */
  expect({ collection, name }: MetadataKey, theirs: string | null, shown: string | null): void {
    this.#expect.run(collection, name, theirs, shown);
  }

  /** What was expected is so already. */
  accept({ collection, name }: MetadataKey): void {
    this.#put.run(collection, name, this.get({ collection, name })?.theirs ?? null, null);
  }

  /** A file got the name. */
  named(key: MetadataKey, ino: number, author: Author): void {
    if (this.isMetadata(key.collection, key.name))
      this.#write(key, this.#body.get(ino) ?? Buffer.alloc(0), author);
  }

  /**
   * New bytes are about to be put behind every name of an inode.
   * @param written the name that was written to; the engine's write is a user's under any other
   */
  contentChanging(ino: number, bytes: Uint8Array, author: Author, written?: MetadataKey): void {
    for (const key of this.#ofInode.all(ino)) {
      const meant = !written || (key.collection === written.collection && key.name === written.name);
      this.#write(key, bytes, meant ? author : { ...author, by: 'user' });
    }
  }

  /** A name is about to go. */
  unnaming(key: MetadataKey, author: Author): void {
    if (!this.isMetadata(key.collection, key.name)) return;
    this.#put.run(key.collection, key.name, null, editedAt(author));
  }

  /** Of every name of an inode that a user edited. */
  restartQuietTime(ino: number, nowMs: number): void {
    for (const { collection, name } of this.#ofInode.all(ino)) this.#quiet.run(nowMs, collection, name);
  }

  #write(key: MetadataKey, bytes: Uint8Array, author: Author): void {
    const value = meaningOf(key.name, Buffer.from(bytes).toString(), this.get(key));
    this.#put.run(key.collection, key.name, value, editedAt(author));
  }
}

export const isMetadataName = (name: string): name is MetadataName =>
  METADATA_NAMES.some((metadata) => metadata === name);

/** In the one spelling that values are compared in. What makes no sense is told as it is, for the other side to refuse. */
const valueOf = (name: MetadataName, text: string): string | null =>
  text.trim() === '' ? null : (propertyValue(name, text) ?? text.trim().slice(0, MAX_PROPERTY_BYTES + 1));

/** What the engine wrote means what the engine meant, also when an editor has saved it once more (a display name made unique). */
function meaningOf(name: string, text: string, row: MetadataRow | undefined): string | null {
  if (!isMetadataName(name)) return null;
  const value = valueOf(name, text);
  if (value === null || !row) return value;
  if (row.theirs !== null && text.trim() === row.shown?.trim()) return row.theirs;
  // 1.0 is 1, and need not be sent.
  const isSameNumber = name === 'order' && row.value !== null && Number(row.value) === Number(value);
  return isSameNumber ? row.value : value;
}

const editedAt = ({ by, atMs }: Author): number | null => (by === 'engine' ? null : atMs);
