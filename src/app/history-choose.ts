import { join } from 'node:path';
import type { Database } from '../cache/database.ts';
import { HistoryRows, type ItemPlace, type Version } from '../cache/history-rows.ts';
import { NotFoundError, type PimsyncError, UsageError } from '../core/errors.ts';
import type { CommandBase } from './command-base.ts';
import { findInMount, type InMount, withDatabase } from './find-in-mount.ts';
import { placesAt } from './history-places.ts';
import { mountView, shownFolder } from './mount-view.ts';

/** A version that was asked for. */
export interface Chosen {
  readonly at: InMount;
  /** The file that is to show it again, or would. */
  readonly place: ItemPlace;
  /** The same; absolute. */
  readonly path: string;
  readonly version: Version;
  readonly text: Buffer;
}

/**
 * One version of an item.
 * @param words `PATH` for the newest of that item, or `PATH@NUMBER`
 * @throws UsageError, NotFoundError
 */
export async function chooseVersion(base: CommandBase, words: string): Promise<Chosen> {
  // An item's name ends in its extension, so this is never a part of it.
  const [, path = words, number] = /^(.*)@(\d+)$/.exec(words) ?? [];
  const at = await findInMount(base, path);
  const found = withDatabase(at.statePath, (db) => {
    const [place] = placesAt(db, at, path);
    const { storage, directory, name } = place ?? {};
    if (storage === undefined || directory === undefined || name === undefined)
      throw new UsageError(
        `${path} is a folder; "pimsync history ${path}" lists what can be restored in it, one by one`,
      );
    return choose(db, { at, path, number, place: { storage, directory, name } });
  });
  if (!found)
    throw new UsageError(`${path}: there is no history yet, for nothing was ever mounted or synchronised`);
  return found;
}

interface Wish {
  readonly at: InMount;
  readonly path: string;
  readonly number: string | undefined;
  readonly place: ItemPlace;
}

function choose(db: Database, { at, path, number, place }: Wish): Chosen {
  const rows = new HistoryRows(db);
  const versions = rows.ofFile(place);
  const present = rows.present(place);
  const version =
    number === undefined
      ? versions.find(({ ident }) => !isOther(ident, present?.ident))
      : versions.find((one) => one.number === Number(number));
  const text = version && rows.text(version.number);
  if (!version || !text) throw noVersion(path, number, versions);
  const folder = shownFolder(mountView(db, at.shown), at.shown, place);
  return {
    at,
    place,
    path: join(at.mountpoint, folder, place.name),
    version,
    text,
  };
}

/** So many numbers tell what there is. */
const NAMED = 10;

function noVersion(path: string, number: string | undefined, versions: readonly Version[]): PimsyncError {
  if (versions.length === 0)
    return new NotFoundError(
      `no version of ${path} is kept: it was neither overwritten nor deleted as long as the history goes back`,
    );
  const numbers = versions.slice(0, NAMED).map((one) => `@${one.number}`);
  const more = versions.length > NAMED ? `, and ${versions.length - NAMED} older ones` : '';
  return number === undefined
    ? new NotFoundError(
        `all versions of ${path} are another item's; choose one: ${numbers.join(', ')}${more}`,
      )
    : new UsageError(`${path} has no version @${number}; it has ${numbers.join(', ')}${more}`);
}

/** Of what has no UID nothing says that it is another item. */
export const isOther = (ident: string, present: string | null | undefined): boolean =>
  present !== null &&
  present !== undefined &&
  present !== ident &&
  !present.startsWith('#') &&
  !ident.startsWith('#');
