import { USERS_COLLECTIONS } from './schema-users-collections.ts';

/**
 * The numbered steps that made the database what it is; `user_version` counts those already taken. Only ever append: a step that
 * has been released runs on somebody's only copy of unsent edits.
 *
 * Times are wall-clock milliseconds since 1970. `seq` is a number of the one change counter: an item's seq is its etag.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE counter (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL) STRICT;
  INSERT INTO counter VALUES (1, 0);

  -- AUTOINCREMENT: a number is never given to another file (F7); fuse-native carries 31 bits of it.
  CREATE TABLE inode (
    ino INTEGER PRIMARY KEY AUTOINCREMENT CHECK (ino BETWEEN 1 AND 2147483647),
    type TEXT NOT NULL CHECK (type IN ('root', 'storage', 'collection', 'directory', 'file', 'symlink')),
    mode INTEGER NOT NULL,
    size INTEGER NOT NULL DEFAULT 0,
    mtime REAL NOT NULL,
    ctime REAL NOT NULL,
    atime REAL NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    read_only INTEGER NOT NULL DEFAULT 0,
    writers INTEGER NOT NULL DEFAULT 0,
    collection INTEGER
  ) STRICT;
  CREATE INDEX inode_writers ON inode (ino) WHERE writers = 1;
  INSERT INTO inode (ino, type, mode, mtime, ctime, atime)
    VALUES (1, 'root', 493, unixepoch() * 1000, unixepoch() * 1000, unixepoch() * 1000);

  -- Apart from inode, so that a stat does not read past the bytes.
  CREATE TABLE body (
    ino INTEGER PRIMARY KEY REFERENCES inode ON DELETE CASCADE,
    bytes BLOB NOT NULL
  ) STRICT;

  CREATE TABLE entry (
    parent INTEGER NOT NULL REFERENCES inode,
    name TEXT NOT NULL,
    ino INTEGER NOT NULL REFERENCES inode,
    PRIMARY KEY (parent, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entry_ino ON entry (ino);

  CREATE TABLE storage (
    ino INTEGER PRIMARY KEY REFERENCES inode ON DELETE CASCADE,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('calendar', 'contact')),
    read_only INTEGER NOT NULL DEFAULT 0,
    write_delay REAL NOT NULL,
    delete_delay REAL NOT NULL
  ) STRICT;

  -- purged: removals up to this seq are no longer on record. remote_at: the engine's last write. touch_at: when the directory's time
  -- has to move once more.
  CREATE TABLE collection (
    ino INTEGER PRIMARY KEY REFERENCES inode ON DELETE CASCADE,
    storage INTEGER NOT NULL REFERENCES storage,
    id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('calendar', 'contact')),
    read_only INTEGER NOT NULL DEFAULT 0,
    purged INTEGER NOT NULL DEFAULT 0,
    remote_at REAL,
    touch_at REAL,
    UNIQUE (storage, id)
  ) STRICT;

  -- One row for each entry that is an item. edited_at: the last edit by a user; NULL = written by the engine.
  CREATE TABLE item (
    collection INTEGER NOT NULL REFERENCES collection ON DELETE CASCADE,
    name TEXT NOT NULL,
    ino INTEGER NOT NULL REFERENCES inode,
    seq INTEGER NOT NULL,
    edited_at REAL,
    content TEXT NOT NULL CHECK (content IN ('whole', 'empty', 'incomplete', 'not-utf8')),
    ident TEXT,
    hash TEXT,
    PRIMARY KEY (collection, name),
    FOREIGN KEY (collection, name) REFERENCES entry (parent, name) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX item_ino ON item (ino);
  CREATE INDEX item_seq ON item (collection, seq);
  CREATE INDEX item_ident ON item (collection, ident);
  CREATE INDEX item_edited ON item (collection, edited_at) WHERE edited_at IS NOT NULL;
  CREATE INDEX item_unfit ON item (collection) WHERE content <> 'whole' AND edited_at IS NOT NULL;

  -- settled = 1: nothing to wait for, whatever deleted_at says.
  CREATE TABLE tombstone (
    collection INTEGER NOT NULL REFERENCES collection ON DELETE CASCADE,
    name TEXT NOT NULL,
    seq INTEGER NOT NULL,
    deleted_at REAL NOT NULL,
    settled INTEGER NOT NULL,
    ident TEXT,
    hash TEXT,
    bytes BLOB NOT NULL,
    PRIMARY KEY (collection, name)
  ) STRICT;
  CREATE INDEX tombstone_seq ON tombstone (collection, seq);
  CREATE INDEX tombstone_ident ON tombstone (collection, ident);
  CREATE INDEX tombstone_waiting ON tombstone (collection, deleted_at) WHERE settled = 0;

  -- What the engine is about to publish through the kernel. void: refused or given up, kept so that a late or repeated operation
  -- is not taken for a user's.
  CREATE TABLE staged (
    token TEXT PRIMARY KEY,
    op TEXT NOT NULL CHECK (op IN ('change', 'add', 'remove')),
    state TEXT NOT NULL CHECK (state IN ('live', 'void', 'done')),
    parent INTEGER NOT NULL,
    name TEXT NOT NULL,
    ino INTEGER NOT NULL,
    version INTEGER,
    seq INTEGER,
    bytes BLOB,
    at REAL NOT NULL,
    result INTEGER
  ) STRICT;
  CREATE INDEX staged_name ON staged (parent, name);

  CREATE TABLE mapping (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    pair TEXT NOT NULL,
    name TEXT NOT NULL,
    a_id TEXT NOT NULL,
    a_href TEXT NOT NULL,
    b_id TEXT NOT NULL,
    b_href TEXT NOT NULL,
    finished_at REAL,
    UNIQUE (pair, a_href, b_href)
  ) STRICT;
  CREATE INDEX mapping_a ON mapping (a_href);
  CREATE INDEX mapping_b ON mapping (b_href);

  CREATE TABLE progress (
    mapping INTEGER NOT NULL REFERENCES mapping ON DELETE CASCADE,
    side TEXT NOT NULL CHECK (side IN ('a', 'b')),
    token TEXT,
    state TEXT,
    complete_at REAL,
    PRIMARY KEY (mapping, side)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE synced (
    mapping INTEGER NOT NULL REFERENCES mapping ON DELETE CASCADE,
    ident TEXT NOT NULL,
    a_href TEXT NOT NULL,
    a_etag TEXT NOT NULL,
    a_hash TEXT NOT NULL,
    b_href TEXT NOT NULL,
    b_etag TEXT NOT NULL,
    b_hash TEXT NOT NULL,
    PRIMARY KEY (mapping, ident)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX synced_a ON synced (mapping, a_href);
  CREATE UNIQUE INDEX synced_b ON synced (mapping, b_href);

  CREATE TABLE synced_text (
    mapping INTEGER NOT NULL,
    ident TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (mapping, ident),
    FOREIGN KEY (mapping, ident) REFERENCES synced ON DELETE CASCADE
  ) STRICT;

  CREATE TABLE unfinished (
    mapping INTEGER NOT NULL REFERENCES mapping ON DELETE CASCADE,
    ident TEXT NOT NULL,
    a_href TEXT,
    a_etag TEXT,
    a_hash TEXT,
    b_href TEXT,
    b_etag TEXT,
    b_hash TEXT,
    type TEXT NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (mapping, ident)
  ) STRICT, WITHOUT ROWID;

  -- What the file of a mounted item was called, and its etag, when it last agreed with the other side. 'cache:' is COLLECTION_HREF of
  -- item-store.ts.
  CREATE VIEW sent AS
    SELECT collection.ino AS collection, synced.ident, synced.a_href AS href, synced.a_etag AS etag
    FROM collection JOIN mapping ON mapping.a_href = 'cache:' || collection.ino
    JOIN synced ON synced.mapping = mapping.id
    UNION ALL
    SELECT collection.ino, synced.ident, synced.b_href, synced.b_etag
    FROM collection JOIN mapping ON mapping.b_href = 'cache:' || collection.ino
    JOIN synced ON synced.mapping = mapping.id;

  CREATE VIEW leftover AS
    SELECT collection.ino AS collection, ident, unfinished.a_href AS href, unfinished.a_etag AS etag, type, reason, at
    FROM collection JOIN mapping ON mapping.a_href = 'cache:' || collection.ino
    JOIN unfinished ON unfinished.mapping = mapping.id
    UNION ALL
    SELECT collection.ino, ident, unfinished.b_href, unfinished.b_etag, type, reason, at
    FROM collection JOIN mapping ON mapping.b_href = 'cache:' || collection.ino
    JOIN unfinished ON unfinished.mapping = mapping.id;

  CREATE TABLE memo (
    storage TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (storage, key)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE property (
    mapping INTEGER NOT NULL REFERENCES mapping ON DELETE CASCADE,
    name TEXT NOT NULL,
    a TEXT,
    b TEXT,
    PRIMARY KEY (mapping, name)
  ) STRICT, WITHOUT ROWID;

  -- Deletions of the last hour, to tell many small steps of one mass deletion.
  CREATE TABLE removal (
    mapping INTEGER NOT NULL REFERENCES mapping ON DELETE CASCADE,
    side TEXT NOT NULL CHECK (side IN ('a', 'b')),
    at REAL NOT NULL
  ) STRICT;
  CREATE INDEX removal_at ON removal (mapping, side, at);
  `,
  `
  -- Of the pair, when it was decided what is left unfinished.
  ALTER TABLE mapping ADD COLUMN settings TEXT;
  `,
  `
  -- Texts that items no longer show, each once. uses: how many versions have it; a foreign key would need an index of its own.
  CREATE TABLE version_text (
    id INTEGER PRIMARY KEY,
    uses INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;

  -- When, and by what, each was replaced. Outlives its collection, whose number no other ever gets. Written with every change of an
  -- item, so there is no index but the one that this needs.
  CREATE TABLE version (
    number INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL,
    name TEXT NOT NULL,
    ident TEXT NOT NULL,
    digest INTEGER NOT NULL,
    size INTEGER NOT NULL,
    text INTEGER NOT NULL,
    replaced_at REAL NOT NULL,
    why TEXT NOT NULL CHECK (why IN
      ('edited-here', 'deleted-here', 'changed-there', 'deleted-there', 'merged', 'overruled'))
  ) STRICT;
  CREATE INDEX version_digest ON version (digest);

  -- What collections were called that are gone and had versions.
  CREATE TABLE former_collection (
    ino INTEGER PRIMARY KEY,
    storage TEXT NOT NULL,
    directory TEXT NOT NULL,
    kind TEXT NOT NULL
  ) STRICT;

  -- versions: the last number given. history_bytes: what all of them take. The limits are here so that every process keeps to the same.
  ALTER TABLE counter ADD COLUMN versions INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE counter ADD COLUMN history_bytes INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE counter ADD COLUMN history_max_bytes INTEGER NOT NULL DEFAULT 268435456;
  ALTER TABLE counter ADD COLUMN history_keep_ms REAL NOT NULL DEFAULT 2592000000;

  -- Why the engine changes it, where it says so.
  ALTER TABLE staged ADD COLUMN reason TEXT;

  -- The text is a version now; NULL: none is kept.
  ALTER TABLE tombstone DROP COLUMN bytes;
  ALTER TABLE tombstone ADD COLUMN version INTEGER;
  `,
  USERS_COLLECTIONS,
];
