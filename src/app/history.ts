import { join } from 'node:path';
import type { Database } from '../cache/database.ts';
import { HistoryRows, type ItemPlace, type Version } from '../cache/history-rows.ts';
import type { Why } from '../cache/history.ts';
import { describeText } from '../core/describe.ts';
import { UsageError } from '../core/errors.ts';
import type { View } from '../fs/view.ts';
import type { CommandBase } from './command-base.ts';
import { findInMount, type InMount, withDatabase } from './find-in-mount.ts';
import { placesAt } from './history-places.ts';
import { mountView, shownFolder } from './mount-view.ts';

/** What is kept of one item. */
export interface ItemHistory {
  /** Absolute. */
  readonly path: string;
  /** Of the newest version; undefined: it has none. */
  readonly uid: string | undefined;
  readonly state: 'there' | 'deleted';
  /** The newest first. */
  readonly versions: readonly ShownVersion[];
}

export interface ShownVersion {
  /** `@number` on the command line. */
  readonly number: number;
  /** Where it was shown; absolute. */
  readonly path: string;
  readonly size: number;
  readonly title: string | undefined;
  /** When an event begins. */
  readonly start: string | undefined;
  readonly replacedAtMs: number;
  readonly why: Why;
}

export interface ReadHistory {
  /** The path names one item; else all below it are told. */
  readonly isItem: boolean;
  readonly items: readonly ItemHistory[];
}

/**
 * `pimsync history`: from the state folder alone, whether anything runs or not.
 * @param path an item's file, there or deleted, or a folder of the mount or its root, for the changed and deleted items in it
 * @throws UsageError when it leads elsewhere, or to nothing that ever was an item
 */
export async function readHistory(base: CommandBase, path: string): Promise<ReadHistory> {
  const at = await findInMount(base, path);
  const read = withDatabase(at.statePath, (db) => readAt(db, at, path));
  if (!read)
    throw new UsageError(`${path}: there is no history yet, for nothing was ever mounted or synchronised`);
  return read;
}

function readAt(db: Database, at: InMount, path: string): ReadHistory {
  const places = placesAt(db, at, path);
  const reader = new Reader(db, at);
  const [file] = places.flatMap(({ storage, directory, name }) =>
    directory !== undefined && name !== undefined ? [{ storage, directory, name }] : [],
  );
  if (file) return { isItem: true, items: [reader.ofFile(file)] };
  const items = places.flatMap(({ storage, directory }) => reader.below(storage, directory));
  return { isItem: false, items: items.toSorted((one, other) => newestOf(other) - newestOf(one)) };
}

const newestOf = ({ versions: [newest] }: ItemHistory): number => newest?.number ?? 0;

class Reader {
  readonly #at: InMount;
  readonly #rows: HistoryRows;
  readonly #view: View;
  /** By storage and directory. */
  readonly #folders = new Map<string, string>();
  /** Where items are now, by storage and identity. */
  readonly #homes = new Map<string, readonly ItemPlace[]>();

  constructor(db: Database, at: InMount) {
    this.#at = at;
    this.#rows = new HistoryRows(db);
    this.#view = mountView(db, at.shown);
  }

  ofFile(place: ItemPlace): ItemHistory {
    return this.#shown(place, this.#rows.ofFile(place));
  }

  /** What was changed or deleted in a folder. An item that is elsewhere now is told of there. */
  below(storage: string, directory: string | undefined): readonly ItemHistory[] {
    const items = new Map<string, { readonly place: ItemPlace; readonly versions: Version[] }>();
    for (const version of this.#rows.below(storage)) {
      const place = this.#placeNow(version);
      if (directory !== undefined && place.directory !== directory) continue;
      const key = `${place.directory}/${place.name}`;
      const item = items.get(key) ?? { place, versions: [] };
      item.versions.push(version);
      items.set(key, item);
    }
    return [...items.values()].map(({ place, versions }) => this.#shown(place, versions));
  }

  #placeNow({ storage, directory, name, ident }: Version): ItemPlace {
    const key = `${storage}/${ident}`;
    const places = this.#homes.get(key) ?? this.#rows.withIdent(storage, ident);
    this.#homes.set(key, places);
    const same = places.find((one) => one.directory === directory && one.name === name);
    return same ?? places[0] ?? { storage, directory, name };
  }

  #shown(place: ItemPlace, versions: readonly Version[]): ItemHistory {
    const [newest] = versions;
    return {
      path: this.#pathOf(place),
      uid: newest === undefined || newest.ident.startsWith('#') ? undefined : newest.ident,
      state: this.#rows.present(place) ? 'there' : 'deleted',
      versions: versions.map((version) => this.#shownVersion(version)),
    };
  }

  #shownVersion(version: Version): ShownVersion {
    const { number, kind, size, replacedAtMs, why } = version;
    const text = this.#rows.text(number)?.toString() ?? '';
    return { number, path: this.#pathOf(version), size, ...describeText(kind, text), replacedAtMs, why };
  }

  #pathOf(place: ItemPlace): string {
    const { mountpoint, shown } = this.#at;
    const key = `${place.storage}/${place.directory}`;
    const folder = this.#folders.get(key) ?? shownFolder(this.#view, shown, place);
    this.#folders.set(key, folder);
    return join(mountpoint, folder, place.name);
  }
}
