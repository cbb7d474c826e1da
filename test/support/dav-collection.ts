import type { Item, ItemKind } from '../../src/core/item.ts';
import {
  collectionId,
  type Collection,
  type CollectionInfo,
  etag,
  type Fetched,
  href,
  type ItemRef,
} from '../../src/core/storage.ts';
import { createDavStorage, type DavStorageOptions } from '../../src/dav/storage.ts';
import { davOptions } from './dav-options.ts';
import { FakeTiming, type MockDav } from './mock-dav.ts';

/** Where the mock's one collection is. */
export const WORK = '/alice/work/';

export const infoOf = (
  kind: ItemKind = 'calendar',
  fields: Partial<CollectionInfo> = {},
): CollectionInfo => ({
  id: collectionId('work'),
  href: href(WORK),
  kind,
  readOnly: false,
  properties: {},
  ...fields,
});

/** The collection at `WORK` of a mock, without any discovery. */
export function openMock(
  mock: MockDav,
  fields: Partial<DavStorageOptions> = {},
  info: CollectionInfo = infoOf(),
): Collection {
  const options = davOptions(info.kind, new URL('https://dav.test/'), {
    transport: mock.transport,
    timing: new FakeTiming(),
    ...fields,
  });
  return createDavStorage(options).open(info);
}

export const refOf = (path: string, tag = '"1"'): ItemRef => ({ href: href(path), etag: etag(tag) });

export async function fetchAll(collection: Collection, paths: readonly string[]): Promise<Fetched[]> {
  const all: Fetched[] = [];
  for await (const fetched of collection.fetch(paths.map(href))) all.push(fetched);
  return all;
}

/** The items among what was fetched, by href. */
export const itemsIn = (fetched: readonly Fetched[]): Map<string, Item> =>
  new Map(fetched.flatMap((one) => (one.type === 'item' ? [[one.href, one.item] as const] : [])));
