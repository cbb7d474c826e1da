import type { Database } from './database.ts';
import { FUSE_HIDDEN_PREFIX } from './listed-name.ts';
import { asFileError, asStateError } from './sqlite-error.ts';
import { Transactor } from './transactor.ts';

/** As long as history promises. */
const TOMBSTONE_LIFE_MS = 30 * 24 * 3_600_000;

/**
 * For the file server, before it mounts: no handle is open now, so what lived only for one goes; and what the engine had staged on
 * a former mount must not take effect on this one.
 */
export function recover(db: Database, nowMs: number): void {
  asFileError(() =>
    new Transactor(db).run('normal', () => {
      db.prepare(`DELETE FROM entry WHERE substr(name, 1, ?) = ?`).run(
        FUSE_HIDDEN_PREFIX.length,
        FUSE_HIDDEN_PREFIX,
      );
      dropStaged(db, nowMs);
      db.prepare(
        `DELETE FROM inode WHERE ino <> 1 AND ino NOT IN (SELECT ino FROM entry)
         AND ino NOT IN (SELECT ino FROM collection)`,
      ).run();
      db.prepare(
        `UPDATE item SET edited_at = ? WHERE edited_at IS NOT NULL AND ino IN (SELECT ino FROM inode WHERE writers = 1)`,
      ).run(nowMs);
      db.prepare(
        `UPDATE metadata SET edited_at = ? WHERE edited_at IS NOT NULL AND EXISTS (
           SELECT 1 FROM entry JOIN inode USING (ino)
           WHERE entry.parent = metadata.collection AND entry.name = metadata.name AND writers = 1)`,
      ).run(nowMs);
      db.prepare('UPDATE inode SET writers = 0 WHERE writers = 1').run();
    }),
  );
}

/** For the engine, before its first run: what a former engine had staged is given up. */
export function recoverEngine(db: Database, nowMs: number): void {
  asStateError('recovering the state', () =>
    new Transactor(db).run('normal', () => {
      dropStaged(db, nowMs);
      purgeTombstones(db, nowMs - TOMBSTONE_LIFE_MS);
      // Removed here, and the other side has followed.
      db.prepare(
        `DELETE FROM inode WHERE ino IN (SELECT ino FROM collection
           WHERE removed_at IS NOT NULL AND ino NOT IN (SELECT collection FROM tied))`,
      ).run();
    }),
  );
}

/** An addition without its row fails by itself; a change or removal without one would be a user's, so those stay as void for a while. */
function dropStaged(db: Database, nowMs: number): void {
  db.prepare(
    `DELETE FROM inode WHERE ino IN (SELECT ino FROM staged WHERE op = 'add')
     AND ino NOT IN (SELECT ino FROM entry)`,
  ).run();
  db.prepare(`DELETE FROM staged WHERE op = 'add' OR state = 'done' OR state = 'void' AND at < ?`).run(
    nowMs - 3_600_000,
  );
  db.prepare(`UPDATE staged SET state = 'void', at = ? WHERE state = 'live'`).run(nowMs);
}

/** Whoever has read less far than the last one purged is given everything anew. */
function purgeTombstones(db: Database, before: number): void {
  db.prepare(
    `UPDATE collection SET purged = max(purged, (SELECT max(seq) FROM tombstone
       WHERE tombstone.collection = collection.ino AND deleted_at < $before))
     WHERE ino IN (SELECT collection FROM tombstone WHERE deleted_at < $before)`,
  ).run({ before });
  db.prepare('DELETE FROM tombstone WHERE deleted_at < ?').run(before);
}
