import assert from 'node:assert/strict';
import {
  type Collection,
  type CollectionInfo,
  type CollectionProperties,
  type NewCollection,
  type PropertyChanges,
  type Storage,
} from '../../src/core/storage.ts';

/** Makes the wish for a collection of the storage's kind. */
export type Wanted = (id: string, properties?: CollectionProperties) => NewCollection;

/** One sentence of a storage's contract and its proof. */
export interface StorageRule {
  readonly title: string;
  readonly run: (storage: Storage, wanted: Wanted) => Promise<void>;
}

/** The one collection of that id; fails when there is none. */
export async function find(storage: Storage, id: string): Promise<CollectionInfo> {
  const found = (await storage.discover()).filter((info) => info.id === id);
  const [only] = found;
  assert.ok(only && found.length === 1, `exactly one collection is called ${id}`);
  return only;
}

export const has = async (storage: Storage, id: string): Promise<boolean> =>
  (await storage.discover()).some((info) => info.id === id);

/** Makes a collection and opens it. */
export const make = async (storage: Storage, wanted: NewCollection): Promise<Collection> =>
  storage.open(await storage.createCollection(wanted));

export const changesOf = (properties: {
  readonly [name in keyof CollectionProperties]?: string | undefined;
}): PropertyChanges =>
  new Map(Object.entries(properties) as [keyof CollectionProperties, string | undefined][]);
