/** The step after which users make, rename and remove collections and set their properties. */
export const USERS_COLLECTIONS = `
  -- base: how the hrefs of its items begin, for ever, whatever its directory is called. made_at: when a user made it; NULL: it came from
  -- the other side. removed_at, removed_from: when a user removed it, and its directory's name; the row stays, for its history, and for
  -- one that is made under that name again.
  ALTER TABLE collection ADD COLUMN base TEXT NOT NULL DEFAULT '';
  ALTER TABLE collection ADD COLUMN made_at REAL;
  ALTER TABLE collection ADD COLUMN removed_at REAL;
  ALTER TABLE collection ADD COLUMN removed_from TEXT;
  UPDATE collection SET base = (SELECT name FROM entry WHERE entry.ino = collection.ino);

  -- What the engine is told of a property, which need not be the text of its file. theirs: what the engine put there last, and shown:
  -- its text in the file. edited_at: when a user last wrote it; NULL: it is as the engine put it.
  CREATE TABLE metadata (
    collection INTEGER NOT NULL REFERENCES collection ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT,
    theirs TEXT,
    shown TEXT,
    edited_at REAL,
    PRIMARY KEY (collection, name)
  ) STRICT, WITHOUT ROWID;
  -- Which server's value a file shows was not written down before: the next run puts it in.
  INSERT INTO metadata (collection, name, shown)
    SELECT parent, name, CAST(bytes AS TEXT) FROM collection JOIN entry ON entry.parent = collection.ino
    JOIN body ON body.ino = entry.ino WHERE name IN ('displayname', 'color', 'description', 'order');
  UPDATE inode SET read_only = 0 WHERE type = 'file';

  CREATE TABLE property_problem (
    mapping INTEGER NOT NULL REFERENCES mapping ON DELETE CASCADE,
    name TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('refused', 'conflict')),
    a TEXT,
    b TEXT,
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (mapping, name)
  ) STRICT, WITHOUT ROWID;

  -- By the name of the pairing, for one that the other side will not make has no mapping.
  CREATE TABLE trouble (
    pair TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('refused', 'held')),
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (pair, name)
  ) STRICT, WITHOUT ROWID;

  -- Collections that the engine has tied to one of the other side, and what it last noted of their properties.
  CREATE VIEW tied AS
    SELECT collection.ino AS collection, mapping.id AS mapping, 'a' AS side
    FROM collection JOIN mapping ON mapping.a_href = 'cache:' || collection.ino
    UNION ALL
    SELECT collection.ino, mapping.id, 'b' FROM collection JOIN mapping ON mapping.b_href = 'cache:' || collection.ino;

  CREATE VIEW agreed AS
    SELECT collection, property.name, CASE side WHEN 'a' THEN property.a ELSE property.b END AS value
    FROM tied JOIN property USING (mapping);
  `;
