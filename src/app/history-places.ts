import { basename } from 'node:path';
import type { Database } from '../cache/database.ts';
import { HistoryRows } from '../cache/history-rows.ts';
import { EXTENSION } from '../core/item-name.ts';
import { UsageError } from '../core/errors.ts';
import type { InMount } from './find-in-mount.ts';
import { treePath } from './mount-view.ts';

/** Something of the mount, there or gone, by the names in the tree. */
export interface Place {
  readonly storage: string;
  readonly directory?: string;
  readonly name?: string;
}

/**
 * What a path of the mount stands for: one file, or the storages and collections below a folder.
 * @throws UsageError when there is nothing, and was nothing, of which a history is kept
 */
export function placesAt(db: Database, at: InMount, path: string): readonly Place[] {
  const { shown, segments } = at;
  if (segments.length === 0) return shown.storages.map((storage) => ({ storage }));
  const rows = new HistoryRows(db);
  const places = candidates(db, at).filter((place) => isKnown(rows, place));
  if (places.length > 0) return places;
  const isFile = Object.values(EXTENSION).some((extension) => basename(path).endsWith(extension));
  throw new UsageError(
    isFile
      ? `${path} is no item of the mount, and none that was overwritten or deleted is on record; "pimsync history ${at.mountpoint}" lists all that are`
      : `${path} is no folder of the mount and no item; only items (.ics, .vcf) have a history`,
  );
}

/** The first name of a flat mount stands for two, and for several when such a collection is gone. */
function candidates(db: Database, { shown, segments }: InMount): readonly Place[] {
  if (shown.layout === 'nested') return shown.storages.includes(segments[0] ?? '') ? toPlaces(segments) : [];
  const inTree = treePath(db, shown, segments);
  if (inTree) return toPlaces(inTree);
  return shown.storages.flatMap((storage) => toPlaces([storage, ...segments]));
}

function toPlaces([storage = '', directory, name, ...deeper]: readonly string[]): readonly Place[] {
  if (deeper.length > 0) return [];
  if (directory === undefined) return [{ storage }];
  return name === undefined ? [{ storage, directory }] : [{ storage, directory, name }];
}

function isKnown(rows: HistoryRows, { storage, directory, name }: Place): boolean {
  if (directory === undefined) return true;
  if (name === undefined)
    return rows.folder(storage, directory) !== undefined || rows.below(storage, directory).length > 0;
  const place = { storage, directory, name };
  return rows.present(place) !== undefined || rows.ofFile(place).length > 0;
}
