import type { ItemKind } from '../core/item.ts';
import type { ContentClass } from './content.ts';
import type { Database } from './database.ts';
import type { Why } from './history.ts';
import { asStateError } from './sqlite-error.ts';

/** Where an item's file is or was, by names. */
export interface ItemPlace {
  readonly storage: string;
  readonly directory: string;
  readonly name: string;
}

/** A text that an item showed. */
export interface Version extends ItemPlace {
  /** Given once; later ones have higher numbers. */
  readonly number: number;
  readonly kind: ItemKind;
  /** UID, or `#` and a hash where there is none. */
  readonly ident: string;
  /** Bytes. */
  readonly size: number;
  readonly replacedAtMs: number;
  readonly why: Why;
}

/** An item's file as it is now. */
export interface PresentItem extends ItemPlace {
  readonly ident: string | null;
  readonly content: ContentClass;
}

/** Collections, those that are gone included: a folder made anew goes on with the history of the former one. */
const PLACE = `
  place AS (
    SELECT collection.ino, storage.name AS storage, entry.name AS directory, collection.kind
    FROM collection JOIN storage ON storage.ino = collection.storage JOIN entry ON entry.ino = collection.ino
    UNION ALL SELECT ino, storage, directory, kind FROM former_collection)`;
/** A look through all of them; there is no index that every save would have to pay for. */
const VERSIONS = `
  WITH ${PLACE}
  SELECT number, storage, directory, name, kind, ident, size, replaced_at AS replacedAtMs, why
  FROM version CROSS JOIN place ON place.ino = version.collection`;

/** What the database knows of texts that are no longer shown. Numbers, and with them answers, go down: the newest first. */
export class HistoryRows {
  readonly #named;
  readonly #ofIdent;
  readonly #below;
  readonly #text;
  readonly #present;
  readonly #withIdent;
  readonly #folder;

  constructor(db: Database) {
    this.#named = db.prepare<[ItemPlace], Version>(
      `${VERSIONS} WHERE name = $name AND storage = $storage AND directory = $directory ORDER BY number DESC`,
    );
    this.#ofIdent = db.prepare<[string, string], Version>(
      `${VERSIONS} WHERE ident = ? AND storage = ? ORDER BY number DESC`,
    );
    this.#below = db.prepare<[{ storage: string; directory: string | null }], Version>(
      `${VERSIONS} WHERE storage = $storage AND directory = ifnull($directory, directory) ORDER BY number DESC`,
    );
    this.#text = db
      .prepare<[number], Buffer>(
        'SELECT bytes FROM version JOIN version_text ON version_text.id = text WHERE number = ?',
      )
      .pluck();
    const present = `SELECT storage, directory, item.name, ident, content
      FROM place CROSS JOIN item ON item.collection = place.ino WHERE storage = $storage`;
    this.#present = db.prepare<[ItemPlace], PresentItem>(
      `WITH ${PLACE} ${present} AND directory = $directory AND item.name = $name`,
    );
    this.#withIdent = db.prepare<[{ storage: string; ident: string }], PresentItem>(
      `WITH ${PLACE} ${present} AND ident = $ident ORDER BY directory, item.name`,
    );
    this.#folder = db
      .prepare<[string, string], number>(
        `SELECT collection.ino FROM collection JOIN storage ON storage.ino = collection.storage
         JOIN entry ON entry.ino = collection.ino WHERE storage.name = ? AND entry.name = ?`,
      )
      .pluck();
  }

  /** All that a file of that name showed, and all that its item did under other names of the storage. */
  ofFile(place: ItemPlace): readonly Version[] {
    return asState(() => {
      const named = this.#named.all(place);
      const ident = this.#present.get(place)?.ident ?? named[0]?.ident;
      const known = new Set(named.map(({ number }) => number));
      const others = ident === undefined ? [] : this.#ofIdent.all(ident, place.storage);
      const all = [...named, ...others.filter(({ number }) => !known.has(number))];
      return all.toSorted((one, other) => other.number - one.number);
    });
  }

  /** All of a storage, or of one of its folders. */
  below(storage: string, directory?: string): readonly Version[] {
    return asState(() => this.#below.all({ storage, directory: directory ?? null }));
  }

  text(number: number): Buffer | undefined {
    return asState(() => this.#text.get(number));
  }

  present(place: ItemPlace): PresentItem | undefined {
    return asState(() => this.#present.get(place));
  }

  /** Where the item is now; more than one place is two items of one identity. */
  withIdent(storage: string, ident: string): readonly PresentItem[] {
    return asState(() => this.#withIdent.all({ storage, ident }));
  }

  /** The number of a collection's folder; undefined: it is not there. */
  folder(storage: string, directory: string): number | undefined {
    return asState(() => this.#folder.get(storage, directory));
  }
}

const asState = <T>(work: () => T): T => asStateError('reading the history', work);
