import type { MetadataName } from '../core/item-name.ts';
import type { CollectionRow } from './collections.ts';
import type { Database } from './database.ts';

/** What the file of a property shows of a value that is not a user's own text (F19). */
export class MetadataTexts {
  readonly #otherTitles;

  constructor(db: Database) {
    this.#otherTitles = db
      .prepare<[number], Buffer>(
        `SELECT bytes FROM collection
         CROSS JOIN entry ON entry.parent = collection.ino AND entry.name = 'displayname' JOIN body ON body.ino = entry.ino
         WHERE collection.ino <> ?`,
      )
      .pluck();
  }

  textOf(collection: Pick<CollectionRow, 'ino' | 'id'>, name: MetadataName, value: string): string {
    return name === 'displayname' ? this.#uniqueTitle(collection, value) : value;
  }

  /** todoman refuses to start when two lists have one display name; so the second one gets its id appended. */
  #uniqueTitle({ ino, id }: Pick<CollectionRow, 'ino' | 'id'>, title: string): string {
    const taken = new Set(this.#otherTitles.all(ino).map((other) => other.toString().trim()));
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
