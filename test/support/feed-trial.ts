import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import {
  type Changes,
  type Collection,
  collectionId,
  type CollectionInfo,
  type Href,
  type Storage,
} from '../../src/core/storage.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { createWebcalStorage, type WebcalStorageOptions } from '../../src/webcal/storage.ts';
import { MemoryMemo } from './dav-options.ts';
import { FeedServer } from './feed-server.ts';
import { calendar, event } from './feeds.ts';
import { endsOf } from './program.ts';

export const TWO = calendar([event('1', 'tea'), event('2', 'coffee')]);
export const THREE = calendar([event('1', 'tea'), event('2', 'juice'), event('3', 'cake')]);
export const PATH = '/holidays.ics';
export const ICS = { 'content-type': 'text/calendar' };

export interface Trial {
  readonly feeds: FeedServer;
  readonly memo: MemoryMemo;
  /** A storage of the feed at `PATH`; with the trial's memo, as if the program were started anew. */
  readonly start: (fields?: Partial<WebcalStorageOptions>) => Storage;
}

export async function trial(t: TestContext): Promise<Trial> {
  const ends = endsOf(t);
  const feeds = await FeedServer.start(ends);
  const memo = new MemoryMemo();
  return {
    feeds,
    memo,
    start(fields = {}) {
      const storage = createWebcalStorage({
        name: 'feed',
        url: feeds.url(PATH),
        collection: collectionId('holidays'),
        username: undefined,
        password: () => Promise.resolve(undefined),
        timeoutMs: undefined,
        userAgent: 'pimsync-test',
        tlsRoot: undefined,
        headers: new Map(),
        maxResponseBytes: 100_000,
        maxItemBytes: 10_000,
        memo,
        log: silentLogger,
        timing: { sleep: () => Promise.resolve(), random: () => 0, clock: { nowMs: () => 0 } },
        ...fields,
      });
      ends.add(() => storage.close());
      return storage;
    },
  };
}

export async function only(storage: Storage): Promise<CollectionInfo> {
  const [info, ...others] = await storage.discover();
  assert.ok(info);
  assert.deepEqual(others, []);
  return info;
}

export const openOnly = async (storage: Storage): Promise<Collection> => storage.open(await only(storage));

export const hrefsIn = ({ changed }: Changes): Href[] => changed.map(({ href }) => href).toSorted();

/** Href → text, or what is wrong with it. */
export async function fetched(
  collection: Collection,
  hrefs: readonly string[],
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const one of collection.fetch(hrefs as Href[]))
    found[one.href] = one.type === 'item' ? one.item.text : one.error.message;
  return found;
}
