import type { Database } from './database.ts';
import { asStateError } from './sqlite-error.ts';

/** Where a collection is in the tree: the storage's name and the collection's directory in it. `undefined`: no such collection. */
export function directoryOf(
  db: Database,
  collection: number,
): { readonly storage: string; readonly directory: string } | undefined {
  return asStateError('looking for a collection', () =>
    db
      .prepare<[number], { storage: string; directory: string }>(
        `SELECT storage.name AS storage, entry.name AS directory FROM collection
         JOIN storage ON storage.ino = collection.storage JOIN entry ON entry.ino = collection.ino
         WHERE collection.ino = ?`,
      )
      .get(collection),
  );
}
