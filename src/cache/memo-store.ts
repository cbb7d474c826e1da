import type { StorageMemo } from '../core/storage.ts';
import type { Database } from './database.ts';
import { asStateError } from './sqlite-error.ts';

/** What one storage remembers between runs; a different storage never sees it. */
export function createMemo(db: Database, storage: string): StorageMemo {
  const read = db
    .prepare<[string, string], string>('SELECT value FROM memo WHERE storage = ? AND key = ?')
    .pluck();
  const write = db.prepare<[string, string, string]>('INSERT OR REPLACE INTO memo VALUES (?, ?, ?)');
  const forget = db.prepare<[string, string]>('DELETE FROM memo WHERE storage = ? AND key = ?');
  const what = `what ${storage} remembers`;
  return {
    get: (key) => asStateError(what, () => read.get(storage, key)),
    set(key, value) {
      asStateError(what, () =>
        value === undefined ? forget.run(storage, key) : write.run(storage, key, value),
      );
    },
  };
}
