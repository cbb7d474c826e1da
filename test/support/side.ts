import { join } from 'node:path';
import type { ItemKind } from '../../src/core/item.ts';
import type { RawDav } from '../servers/raw-dav.ts';
import type { Desk } from './desk.ts';

/** One side of a pair, as the person or program on that side sees it. Names are without extension. */
export interface Side {
  makeCollection(id: string): Promise<void>;
  put(collection: string, name: string, text: string): Promise<void>;
  /** `undefined`: there is none. */
  read(collection: string, name: string): Promise<string | undefined>;
  remove(collection: string, name: string): Promise<void>;
  /** In order. */
  names(collection: string): Promise<string[]>;
  /** Text of each item, by name. */
  contents(collection: string): Promise<ReadonlyMap<string, string>>;
}

const EXTENSION = { calendar: '.ics', contact: '.vcf' } as const;

/** A folder of vdirs. */
export class FolderSide implements Side {
  readonly #desk: Desk;
  readonly #folder: string;
  readonly #extension: string;

  constructor(desk: Desk, folder: string, kind: ItemKind) {
    this.#desk = desk;
    this.#folder = folder;
    this.#extension = EXTENSION[kind];
  }

  async makeCollection(id: string): Promise<void> {
    await this.#desk.put(join(this.#folder, id, 'displayname'), id);
  }

  put(collection: string, name: string, text: string): Promise<void> {
    return this.#desk.put(this.#path(collection, name), text);
  }

  async read(collection: string, name: string): Promise<string | undefined> {
    const names = await this.names(collection);
    return names.includes(name) ? this.#desk.read(this.#path(collection, name)) : undefined;
  }

  remove(collection: string, name: string): Promise<void> {
    return this.#desk.remove(this.#path(collection, name));
  }

  async names(collection: string): Promise<string[]> {
    const files = await this.#desk.files(join(this.#folder, collection));
    return files
      .filter((name) => name.endsWith(this.#extension))
      .map((name) => name.slice(0, -this.#extension.length));
  }

  async contents(collection: string): Promise<ReadonlyMap<string, string>> {
    const files = await this.#desk.contents(join(this.#folder, collection));
    return withoutExtension(files, this.#extension);
  }

  #path(collection: string, name: string): string {
    return join(this.#folder, collection, name + this.#extension);
  }
}

/** An account, as another client sees it. */
export class ServerSide implements Side {
  readonly #dav: RawDav;
  readonly #kind: ItemKind;

  constructor(dav: RawDav, kind: ItemKind) {
    this.#dav = dav;
    this.#kind = kind;
  }

  async makeCollection(id: string): Promise<void> {
    await this.#dav.makeCollection(this.#kind, id);
  }

  async put(collection: string, name: string, text: string): Promise<void> {
    await this.#dav.put(this.#url(collection, name), text);
  }

  read(collection: string, name: string): Promise<string | undefined> {
    return this.#dav.get(this.#url(collection, name));
  }

  remove(collection: string, name: string): Promise<void> {
    return this.#dav.remove(this.#url(collection, name));
  }

  async names(collection: string): Promise<string[]> {
    const names = await this.#dav.list(new URL(`${collection}/`, this.#dav.home(this.#kind)));
    return names.map((name) => name.slice(0, -EXTENSION[this.#kind].length));
  }

  async contents(collection: string): Promise<ReadonlyMap<string, string>> {
    const home = this.#dav.home(this.#kind);
    const items = await this.#dav.contents(this.#kind, new URL(`${collection}/`, home));
    return withoutExtension(items, EXTENSION[this.#kind]);
  }

  #url(collection: string, name: string): URL {
    const file = encodeURIComponent(name + EXTENSION[this.#kind]);
    return new URL(`${collection}/${file}`, this.#dav.home(this.#kind));
  }
}

const withoutExtension = (
  texts: ReadonlyMap<string, string>,
  extension: string,
): ReadonlyMap<string, string> =>
  new Map(
    [...texts]
      .filter(([name]) => name.endsWith(extension))
      .map(([name, text]) => [name.slice(0, -extension.length), text]),
  );
