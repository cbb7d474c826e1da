import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import SQLite from 'better-sqlite3';
import { openDatabase } from '../../src/cache/database.ts';
import { MIGRATIONS } from '../../src/cache/schema.ts';
import { USERS_COLLECTIONS } from '../../src/cache/schema-users-collections.ts';
import { MountedCache } from '../support/mounted-cache.ts';
import { tempDir } from '../support/temp-dir.ts';

const { path: folder, close } = await tempDir();
after(close);

/** A mount of the program before users could write properties: "work" with a display name that was made unique. */
function makeOld(path: string): void {
  openDatabase(path).close();
  const db = new SQLite(path);
  const application = Number(db.pragma('application_id', { simple: true }));
  db.pragma('foreign_keys = OFF');
  for (const { type, name } of db
    .prepare<[], { type: string; name: string }>(
      "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'",
    )
    .all())
    db.exec(`DROP ${type} IF EXISTS "${name}"`);
  const before = MIGRATIONS.slice(0, MIGRATIONS.indexOf(USERS_COLLECTIONS));
  for (const step of before) db.exec(step);
  db.exec(`
    INSERT INTO inode (ino, type, mode, mtime, ctime, atime) VALUES (2, 'storage', 493, 1, 1, 1);
    INSERT INTO inode (ino, type, mode, mtime, ctime, atime, collection) VALUES (3, 'collection', 493, 1, 1, 1, 3);
    INSERT INTO inode (ino, type, mode, size, mtime, ctime, atime, read_only, collection)
      VALUES (4, 'file', 420, 13, 1, 1, 1, 1, 3);
    INSERT INTO body VALUES (4, CAST('Work (person)' AS BLOB));
    INSERT INTO entry VALUES (1, 'personal', 2), (2, 'work', 3), (3, 'displayname', 4);
    INSERT INTO storage VALUES (2, 'personal', 'calendar', 0, 2000, 5000);
    INSERT INTO collection (ino, storage, id, kind) VALUES (3, 2, 'work', 'calendar');
  `);
  db.pragma(`user_version = ${before.length}`);
  db.pragma(`application_id = ${application}`);
  db.close();
}

describe('a state of the program before users could set properties', () => {
  it('is taken over: its files become theirs, and what was only shown is no edit', async () => {
    const path = join(folder, 'old.db');
    makeOld(path);
    const cache = await MountedCache.open({ path, id: 'other' });
    try {
      const [other, work] = await cache.storage.discover();
      assert.ok(work);
      assert.deepEqual(
        [other?.id, work.id, work.properties, work.unsettled],
        ['other', 'work', {}, undefined],
      );
      const file = cache.at('personal', 'work', 'displayname');
      assert.equal(file.readOnly, false);
      // The first run brings what the server has.
      const left = await cache.storage.setProperties(work, new Map([['displayname', 'Work']]));
      assert.equal(left.size, 0);
      const now = (await cache.storage.discover()).find(({ id }) => id === 'work');
      assert.deepEqual(now?.properties, { displayname: 'Work' });
      assert.equal(Buffer.from(cache.tree.read(file.ino)).toString(), 'Work');
      assert.deepEqual((await cache.storage.open(work).changes(undefined)).changed, []);
    } finally {
      cache.close();
    }
  });
});
