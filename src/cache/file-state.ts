import type { ItemKind } from '../core/item.ts';
import type { Unfinished } from '../core/status.ts';
import { type ContentClass, whyNotSent } from './content.ts';
import type { Database } from './database.ts';
import { isMetadataName } from './metadata-rows.ts';
import { readProperty } from './pending-properties.ts';
import { asStateError } from './sqlite-error.ts';

/** How one file of the mount stands. */
export interface FileState {
  /**
   * `synced`: both sides have it. `pending`: an edit or a deletion on its way. `refused`: the other side will not take it.
   * `conflict`: waits for the user. `held`: one of so many deletions, here or on the other side, that a person has to say whether they
   * are meant. `incomplete`: empty, half-written or not UTF-8, not sent. `property`: holds a property of the
   * collection, as the other side has it. `scratch`: stays here.
   */
  readonly state:
    'synced' | 'pending' | 'refused' | 'conflict' | 'held' | 'incomplete' | 'property' | 'scratch';
  readonly reason: string | undefined;
  /** What the other side calls it, and its version there; undefined: it does not have it. */
  readonly href: string | undefined;
  readonly etag: string | undefined;
  /** UID, or `#` and a hash where there is none. */
  readonly ident: string | undefined;
}

interface FileRow {
  readonly collection: number;
  readonly kind: ItemKind;
  readonly base: string;
  readonly type: string | null;
  readonly seq: number | null;
  readonly content: ContentClass | null;
  readonly edited: number | null;
  readonly ident: string | null;
  readonly writers: number | null;
}

interface LeftoverRow {
  readonly type: Unfinished['type'];
  readonly reason: string;
  readonly etag: string | null;
}

/**
 * The state of the file that a path inside the mount names: storage, collection's directory, file. `undefined`: there is no such file,
 * nor one whose deletion is on its way.
 */
export function fileState(db: Database, path: readonly string[]): FileState | undefined {
  const [storage = '', directory = '', name = '', ...deeper] = path;
  return asStateError('reading the state of a file', () => {
    const row = readFile(db, { storage, directory, name });
    if (!row) return undefined;
    if (deeper.length > 0) return bare('scratch');
    const at = `${row.base}/${name}`;
    if (isMetadataName(name)) return propertyState(db, row.collection, name);
    if (row.type === null) return readDeleted(db, { ...row, at, name });
    if (row.seq === null || row.content === null) return bare('scratch');
    const remote = readRemote(db, row.collection, at);
    return { ...judge(db, row, at), href: remote?.href, etag: remote?.etag, ident: row.ident ?? undefined };
  });
}

const bare = (state: FileState['state'], reason?: string): FileState => ({
  state,
  reason,
  href: undefined,
  etag: undefined,
  ident: undefined,
});

function readFile(
  db: Database,
  path: { readonly storage: string; readonly directory: string; readonly name: string },
): FileRow | undefined {
  return db
    .prepare<[typeof path], FileRow>(
      `SELECT collection.ino AS collection, collection.kind, collection.base, inode.type, item.seq, item.content,
         item.edited_at IS NOT NULL AS edited, item.ident, inode.writers
       FROM storage JOIN collection ON collection.storage = storage.ino
       JOIN entry AS place ON place.ino = collection.ino
       LEFT JOIN entry ON entry.parent = collection.ino AND entry.name = $name
       LEFT JOIN inode ON inode.ino = entry.ino
       LEFT JOIN item ON item.collection = collection.ino AND item.name = $name
       WHERE storage.name = $storage AND place.name = $directory`,
    )
    .get(path);
}

function propertyState(db: Database, collection: number, name: string): FileState | undefined {
  const found = readProperty(db, collection, name);
  if (!found) return undefined;
  const { state, reason } = found;
  return bare(state === 'settled' ? 'property' : state, reason);
}

/** @param at the file's href */
function judge(db: Database, row: FileRow, at: string): Pick<FileState, 'state' | 'reason'> {
  const unfit = row.edited === 1 && row.content !== null ? whyNotSent(row.content, row.kind) : undefined;
  if (unfit !== undefined) return { state: 'incomplete', reason: unfit };
  const left = readLeftover(db, row);
  if (left && isStuck(left, row)) return { state: left.type, reason: left.reason };
  if (isSent(db, row, at)) return { state: 'synced', reason: left?.reason };
  return {
    state: 'pending',
    reason: left?.reason ?? (row.writers === 1 ? 'open for writing' : 'not sent yet'),
  };
}

/** A text that came after the refused one has yet to be tried. */
const isStuck = (
  left: LeftoverRow,
  { seq }: FileRow,
): left is LeftoverRow & { type: 'conflict' | 'held' | 'refused' } =>
  left.type === 'conflict' || left.type === 'held' || (left.type === 'refused' && left.etag === String(seq));

function readLeftover(
  db: Database,
  { collection, ident }: Pick<FileRow, 'collection' | 'ident'>,
): LeftoverRow | undefined {
  return db
    .prepare<[number, string | null], LeftoverRow>(
      'SELECT type, reason, etag FROM leftover WHERE collection = ? AND ident = ?',
    )
    .get(collection, ident);
}

function isSent(db: Database, { collection, seq }: FileRow, at: string): boolean {
  return (
    db
      .prepare<[number, string, string], number>(
        'SELECT 1 FROM sent WHERE collection = ? AND href = ? AND etag = ?',
      )
      .pluck()
      .get(collection, at, String(seq)) === 1
  );
}

function readDeleted(
  db: Database,
  { collection, name, at }: FileRow & { name: string; at: string },
): FileState | undefined {
  const ident = db
    .prepare<[number, string, number, string], string | null>(
      `SELECT ident FROM tombstone WHERE collection = ? AND name = ?
         AND EXISTS (SELECT 1 FROM sent WHERE sent.collection = ? AND href = ?)`,
    )
    .pluck()
    .get(collection, name, collection, at);
  if (ident === undefined) return undefined;
  const remote = readRemote(db, collection, at);
  const left = readLeftover(db, { collection, ident });
  return {
    ...(left?.type === 'held'
      ? bare('held', left.reason)
      : bare('pending', 'deleted here, and not yet on the other side')),
    href: remote?.href,
    etag: remote?.etag,
    ident: ident ?? undefined,
  };
}

/** In the mount's pair the cache is side a. @param at the file's href in the cache */
function readRemote(
  db: Database,
  collection: number,
  at: string,
): { readonly href: string; readonly etag: string } | undefined {
  return db
    .prepare<[string, string], { readonly href: string; readonly etag: string }>(
      `SELECT synced.b_href AS href, synced.b_etag AS etag FROM mapping
       JOIN synced ON synced.mapping = mapping.id WHERE mapping.a_href = ? AND synced.a_href = ?`,
    )
    .get(`cache:${collection}`, at);
}
