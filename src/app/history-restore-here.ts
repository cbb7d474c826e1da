import { randomUUID } from 'node:crypto';
import type { Database } from '../cache/database.ts';
import { HistoryRows, type ItemPlace } from '../cache/history-rows.ts';
import { SqliteFileTree } from '../cache/sqlite-file-tree.ts';
import { NotFoundError, PreconditionFailedError } from '../core/errors.ts';

/** A version, and the file that is to show it again. */
export interface Restoration {
  readonly place: ItemPlace;
  readonly version: number;
}

/**
 * Has a file show a version again, as a user's edit of the tree. Only where nothing is mounted: the kernel would not hear of it.
 * @throws PreconditionFailedError, NotFoundError when it was purged, or the folder removed, meanwhile
 */
export function restoreHere(db: Database, { place, version }: Restoration, nowMs: number): void {
  const rows = new HistoryRows(db);
  const body = rows.text(version);
  if (!body) throw new PreconditionFailedError(`version @${version} was purged meanwhile`);
  const parent = rows.folder(place.storage, place.directory);
  if (parent === undefined) throw new NotFoundError(`the folder ${place.directory} was removed meanwhile`);
  const tree = new SqliteFileTree(db);
  const former = tree.lookup(parent, place.name);
  // Under another name until it is whole, as programs do.
  const name = scratchName();
  const { ino } = tree.createFile(parent, name, 0o644, nowMs);
  tree.commit({ ino, body, mtimeMs: nowMs, writers: false }, { durable: false, nowMs });
  tree.rename({ parent, name }, { parent, name: place.name }, nowMs);
  if (former) tree.forget(former.ino);
}

/** Never an item's, and hidden from listings by its dot. */
export const scratchName = (): string => `.restore-${randomUUID()}`;
