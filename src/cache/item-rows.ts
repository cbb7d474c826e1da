import type { Ident } from '../core/item.ts';
import type { ContentClass } from './content.ts';
import type { Database } from './database.ts';

export interface StoredItem {
  readonly seq: number;
  readonly content: ContentClass;
  /** 1: a user wrote it. */
  readonly edited: number;
  readonly bytes: Buffer;
}

/** What the engine reads of items. */
export class ItemRows {
  readonly #read;
  readonly #isTaken;
  readonly #formerName;

  constructor(db: Database) {
    this.#read = db.prepare<[number, string], StoredItem>(
      `SELECT seq, content, edited_at IS NOT NULL AS edited, bytes FROM item JOIN body USING (ino)
       WHERE collection = ? AND name = ?`,
    );
    // A name whose deletion is on record stays that item's, so that no other is taken for its successor.
    this.#isTaken = db
      .prepare<[{ collection: number; name: string; ident: string }], number>(
        `SELECT EXISTS (SELECT 1 FROM entry WHERE parent = $collection AND name = $name)
           OR EXISTS (SELECT 1 FROM staged WHERE parent = $collection AND name = $name AND op = 'add' AND state = 'live')
           OR EXISTS (SELECT 1 FROM tombstone WHERE collection = $collection AND name = $name AND ident IS NOT $ident)`,
      )
      .pluck();
    this.#formerName = db
      .prepare<[number, string], string>(
        'SELECT name FROM tombstone WHERE collection = ? AND ident = ? ORDER BY seq DESC LIMIT 1',
      )
      .pluck();
  }

  read(collection: number, name: string): StoredItem | undefined {
    return this.#read.get(collection, name);
  }

  /** The name that the item had when it was last here (F15), else one of `choose`. */
  freeName(collection: number, ident: Ident, choose: (isTaken: (name: string) => boolean) => string): string {
    const isTaken = (name: string): boolean => this.#isTaken.get({ collection, name, ident }) === 1;
    const former = this.#formerName.get(collection, ident);
    return former !== undefined && !isTaken(former) ? former : choose(isTaken);
  }
}
