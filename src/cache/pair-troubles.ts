import type { PairStatus, Trouble } from '../core/status.ts';
import type { Database } from './database.ts';
import { asStateError } from './sqlite-error.ts';
import type { Transactor } from './transactor.ts';

/** What keeps collections of a pair from being in step as a whole, by name. */
export function troublesOf(
  db: Database,
  pair: string,
  transactor: Transactor,
): Pick<PairStatus, 'troubles' | 'setTrouble'> {
  const read = db.prepare<[string], Trouble & { readonly name: string }>(
    'SELECT name, type, reason, at AS atMs FROM trouble WHERE pair = ?',
  );
  const put = db.prepare<[string, string, string, string, number]>(
    'INSERT OR REPLACE INTO trouble VALUES (?, ?, ?, ?, ?)',
  );
  const drop = db.prepare<[string, string]>('DELETE FROM trouble WHERE pair = ? AND name = ?');
  const what = `the status of ${pair}`;
  return {
    troubles: () =>
      new Map(asStateError(what, () => read.all(pair)).map(({ name, ...trouble }) => [name, trouble])),
    setTrouble: (name, trouble) =>
      asStateError(what, () =>
        transactor.run('normal', () => {
          if (trouble) put.run(pair, name, trouble.type, trouble.reason, trouble.atMs);
          else drop.run(pair, name);
        }),
      ),
  };
}
