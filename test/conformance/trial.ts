import assert from 'node:assert/strict';
import type { ContentHash, Ident, Item, ItemKind } from '../../src/core/item.ts';
import type { Collection, Etag, Fetched, Href, ItemRef, WriteResult } from '../../src/core/storage.ts';

/** What a rule gets to work with: a collection that nobody else uses, empty at the start. */
export interface Trial {
  readonly collection: Collection;
  readonly kind: ItemKind;
  /** An ordinary item of the collection's kind. */
  readonly item: (uid: string, title?: string) => Item;
}

/** One sentence of the contract and its proof. */
export interface Rule {
  readonly title: string;
  /** For rules that make sense for one kind only. */
  readonly kind?: ItemKind;
  readonly run: (trial: Trial) => Promise<void>;
}

type FetchedItem = Extract<Fetched, { type: 'item' }>;

/** Creates an item and says where it is now, reading back an etag that the storage withheld. */
export async function put(collection: Collection, item: Item, name?: string): Promise<ItemRef> {
  return known(collection, await collection.create(item, { name }));
}

/** A write's result with the etag that the storage has now. */
export async function known(collection: Collection, { href, etag }: WriteResult): Promise<ItemRef> {
  return { href, etag: etag ?? (await read(collection, href)).etag };
}

/** The one item at `href`; fails when there is none. */
export async function read(collection: Collection, href: Href): Promise<FetchedItem> {
  const [found, ...more] = await fetchAll(collection, [href]);
  assert.deepEqual(more, [], `${href} was yielded more than once`);
  assert.equal(found?.type, 'item', `${href} was not yielded as an item`);
  return found;
}

export async function fetchAll(collection: Collection, hrefs: readonly Href[]): Promise<Fetched[]> {
  const all: Fetched[] = [];
  for await (const fetched of collection.fetch(hrefs)) all.push(fetched);
  return all;
}

/** Href → etag of all there is, from a complete listing. */
export async function listing(collection: Collection): Promise<Map<Href, Etag>> {
  const { complete, changed, removed, unclear } = await collection.changes(undefined);
  assert.equal(complete, true, 'a listing without a token is complete');
  assert.deepEqual(removed, [], 'a complete listing has nothing to remove');
  assert.deepEqual(unclear, [], 'nothing is unclear');
  const found = new Map(changed.map(({ href, etag }) => [href, etag]));
  assert.equal(found.size, changed.length, 'each href is listed once');
  return found;
}

/** Ident → hash of all there is. */
export async function contents(collection: Collection): Promise<Map<Ident, ContentHash>> {
  const hrefs = [...(await listing(collection)).keys()];
  const found = new Map<Ident, ContentHash>();
  for (const fetched of await fetchAll(collection, hrefs)) {
    assert.equal(fetched.type, 'item');
    found.set(fetched.item.ident, fetched.item.hash);
  }
  assert.equal(found.size, hrefs.length, 'every listed item is served, under its own identity');
  return found;
}

/** What `contents` answers for exactly these items. */
export const contentsOf = (...items: readonly Item[]): Map<Ident, ContentHash> =>
  new Map(items.map(({ ident, hash }) => [ident, hash]));
