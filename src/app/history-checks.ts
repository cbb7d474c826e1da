import { dirname, join } from 'node:path';
import type { Database } from '../cache/database.ts';
import type { Inode } from '../cache/file-tree.ts';
import { HistoryRows, type ItemPlace, type PresentItem } from '../cache/history-rows.ts';
import { SqliteFileTree } from '../cache/sqlite-file-tree.ts';
import { AlreadyExistsError, NotFoundError, ReadOnlyError } from '../core/errors.ts';
import { type Chosen, isOther } from './history-choose.ts';
import { mountView, shownFolder } from './mount-view.ts';

/**
 * Restoring must not make a second item of one UID, nor take another item's place.
 * @returns the text that the file shows now; undefined: it is not there
 * @throws AlreadyExistsError, NotFoundError, ReadOnlyError with what to do instead
 */
export function assertRestorable(db: Database, chosen: Chosen): Buffer | undefined {
  const { place } = chosen;
  const rows = new HistoryRows(db);
  const tree = new SqliteFileTree(db);
  const present = rows.present(place);
  const folder = rows.folder(place.storage, place.directory);
  assertWritable(folder === undefined ? undefined : tree.inode(folder), chosen);
  assertOwnPlace(db, chosen, present);
  const inode = folder !== undefined && present && tree.lookup(folder, place.name);
  return inode ? Buffer.from(tree.read(inode.ino)) : undefined;
}

const writtenToFile = ({ path, version }: Chosen): string =>
  `have it written to a file: "pimsync restore ${path}@${version.number} --to FILE"`;

function assertWritable(folder: Inode | undefined, chosen: Chosen): void {
  const { path } = chosen;
  if (!folder)
    throw new NotFoundError(
      `${path}: its folder is gone; make it anew ("mkdir ${dirname(path)}"), or ${writtenToFile(chosen)}`,
    );
  if (folder.readOnly) throw new ReadOnlyError(`${path}: its folder is read-only; ${writtenToFile(chosen)}`);
}

function assertOwnPlace(db: Database, chosen: Chosen, present: PresentItem | undefined): void {
  const { at, place, path, version } = chosen;
  const { number, ident } = version;
  if (present?.ident === ident) return;
  if (isOther(ident, present?.ident))
    throw new AlreadyExistsError(
      `${path} is another item now (UID ${present?.ident ?? ''}; the version has ${ident}); give that file another name first, or ${writtenToFile(chosen)}`,
    );
  const other = otherPlace(new HistoryRows(db), place, ident);
  if (!other) return;
  const now = join(at.mountpoint, shownFolder(mountView(db, at.shown), at.shown, other), other.name);
  throw new AlreadyExistsError(
    `the item (UID ${ident}) is ${now} now; "pimsync restore ${now}@${number}" restores it there`,
  );
}

/** Where else the item is. What has no UID may well be there several times. */
function otherPlace(rows: HistoryRows, place: ItemPlace, ident: string): ItemPlace | undefined {
  if (ident.startsWith('#')) return undefined;
  return rows
    .withIdent(place.storage, ident)
    .find(({ directory, name }) => directory !== place.directory || name !== place.name);
}
