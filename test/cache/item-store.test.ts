import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { directoryOf } from '../../src/cache/directory-of.ts';
import { openDatabase } from '../../src/cache/database.ts';
import { createItemStore } from '../../src/cache/item-store.ts';
import { StateError } from '../../src/core/errors.ts';
import type { ItemKind } from '../../src/core/item.ts';
import { collectionId, type CollectionInfo } from '../../src/core/storage.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { eventText, itemOf } from '../support/items.ts';
import { MountedCache, TestClock, TreePublisher } from '../support/mounted-cache.ts';

let cache: MountedCache;
beforeEach(async () => {
  cache = await MountedCache.open();
});

const item = (uid: string, summary = 'tea'): ReturnType<typeof itemOf> => itemOf('calendar', uid, summary);
const create = async (uid: string, name?: string): Promise<string> =>
  (await cache.collection.create(item(uid), { name })).href.slice('work/'.length);
const infoNow = async (): Promise<CollectionInfo> => {
  const found = (await cache.storage.discover()).find(({ id }) => id === 'work');
  assert.ok(found);
  return found;
};

describe('a mounted storage', () => {
  const open = (db: ReturnType<typeof openDatabase>, kind: ItemKind, readOnly = false): unknown =>
    createItemStore({
      db,
      storage: 'personal',
      kind,
      readOnly,
      clock: new TestClock(),
      delays: () => ({ writeDelayMs: 0, deleteDelayMs: 0 }),
      log: silentLogger,
    });

  it('keeps its directory and collections over restarts', async () => {
    const before = [cache.at('personal').ino, (await infoNow()).href];
    open(cache.db, 'calendar');
    assert.deepEqual([cache.at('personal').ino, (await infoNow()).href], before);
  });

  it('does not become one of another kind while it has collections', () => {
    assert.throws(
      () => open(cache.db, 'contact'),
      (error) => error instanceof StateError && /another name/.test(error.message),
    );
    const empty = openDatabase(':memory:');
    open(empty, 'contact');
    open(empty, 'calendar');
  });

  it('makes all below it read-only for users where it is so, and never for the engine', async () => {
    open(cache.db, 'calendar', true);
    await create('a', 'a');
    assert.deepEqual(
      [cache.at('personal'), cache.at('personal', 'work'), cache.file('a.ics')].map(
        ({ readOnly }) => readOnly,
      ),
      [true, true, true],
    );
    assert.equal((await infoNow()).readOnly, false);
    open(cache.db, 'calendar', false);
    assert.equal(cache.file('a.ics').readOnly, false);
  });

  it('knows where a collection is', () => {
    assert.deepEqual(directoryOf(cache.db, cache.folder), { storage: 'personal', directory: 'work' });
    assert.equal(directoryOf(cache.db, 1), undefined);
  });

  it('tells that a collection is gone', async () => {
    const { collection, info } = cache;
    cache.tree.removeDirectory(cache.at('personal').ino, 'work', 0);
    await assert.rejects(collection.changes(undefined), { code: 'not-found' });
    await assert.rejects(collection.create(item('a')), { code: 'not-found' });
    assert.throws(() => cache.storage.open(info), { code: 'not-found' });
  });

  it('makes a new collection of a removed one: no old memory may be taken for its', async () => {
    cache.tree.removeDirectory(cache.at('personal').ino, 'work', 0);
    const again = await cache.storage.createCollection({
      id: collectionId('work'),
      kind: 'calendar',
      properties: {},
    });
    assert.notEqual(again.href, cache.info.href);
  });

  it('tells the kernel of a new collection', async () => {
    const publisher = new TreePublisher(cache);
    cache.publisher = publisher;
    await cache.storage.createCollection({ id: collectionId('home'), kind: 'calendar', properties: {} });
    assert.deepEqual(publisher.published, [{ type: 'touch', storage: 'personal', directory: '' }]);
  });
});

describe('the directory of a collection', () => {
  const cases: readonly (readonly [id: string, name: string])[] = [
    ['work', 'work'],
    ['a/b', 'a_b'],
    ['..', '_'],
    ['.hidden', '_hidden'],
    ['', 'collection'],
    ['nul\u0000\n', 'nul__'],
    ['ü'.repeat(300), 'ü'.repeat(127)],
  ];
  for (const [id, name] of cases) {
    it(`of ${JSON.stringify(id.slice(0, 20))} is ${name.slice(0, 20)}`, async () => {
      if (id !== cache.info.id)
        await cache.storage.createCollection({ id: collectionId(id), kind: 'calendar', properties: {} });
      assert.ok(cache.names(cache.at('personal').ino).includes(name));
    });
  }

  it('is another for each id, and the id stays what it was', async () => {
    for (const id of ['a/b', 'a_b']) {
      await cache.storage.createCollection({ id: collectionId(id), kind: 'calendar', properties: {} });
    }
    assert.deepEqual(
      (await cache.storage.discover()).map(({ id }) => id),
      ['a/b', 'a_b', 'work'],
    );
    assert.deepEqual(cache.names(cache.at('personal').ino), ['a_b', 'a_b-2', 'work']);
  });
});

describe('the name of a new item', () => {
  it('is the wish, made safe, or made from the UID', async () => {
    assert.equal(await create('1', 'standup.ics'), 'standup.ics');
    assert.equal(await create('2', '../up'), '_/up'.replace('/', '_') + '.ics');
    assert.equal(await create('3@example.com'), '3@example.com.ics');
  });

  it('is free: no file, scratch included, and no other item has it or had it lately', async () => {
    await create('1', 'x');
    assert.equal(await create('2', 'x'), 'x-2.ics');
    cache.remove('x.ics');
    assert.equal(await create('3', 'x'), 'x-3.ics');
  });

  it('is the one the item had before, whatever the wish', async () => {
    cache.save('chosen.ics', eventText({ uid: '1' }));
    cache.remove('chosen.ics');
    assert.equal(await create('1', 'server-name'), 'chosen.ics');
    cache.rename('chosen.ics', 'elsewhere.ics');
    assert.deepEqual(cache.names(), ['elsewhere.ics']);
  });

  it('may be one that differs from another in case alone', async () => {
    assert.deepEqual([await create('1', 'x'), await create('2', 'X')], ['x.ics', 'X.ics']);
  });

  it('stays when the item changes', async () => {
    const name = await create('1', 'x');
    const [ref] = (await cache.collection.changes(undefined)).changed;
    assert.ok(ref);
    assert.equal((await cache.collection.update(ref, item('1', 'edited'))).href, `work/${name}`);
  });
});

describe('items without UID', () => {
  it('may be alike, for there is nothing to tell them apart by', async () => {
    const one = itemOf('calendar', '', 'tea');
    assert.equal(one.uid, undefined);
    await cache.collection.create(one);
    await cache.collection.create(one);
    assert.deepEqual(cache.names(), ['item-2.ics', 'item.ics']);
  });
});

describe('a remote change that was followed by a user’s write (F6)', () => {
  it('moves the time of the directory once more a little later, and once only', async () => {
    const publisher = new TreePublisher(cache);
    cache.publisher = publisher;
    await create('a', 'a');
    cache.clock.move(60_000);
    cache.save('b.ics', eventText({ uid: 'b' }));
    const before = cache.at('personal', 'work').mtimeMs;
    await cache.storage.discover();
    assert.equal(cache.at('personal', 'work').mtimeMs, before);
    cache.clock.move(1500);
    await cache.storage.discover();
    assert.ok(cache.at('personal', 'work').mtimeMs > before);
    assert.deepEqual(publisher.published.at(-1), { type: 'touch', storage: 'personal', directory: 'work' });
    const { length } = publisher.published;
    cache.save('b.ics', eventText({ uid: 'b', summary: 'no remote change since' }));
    cache.clock.move(1500);
    await cache.storage.discover();
    assert.equal(publisher.published.length, length);
  });

  it('needs nothing of the kind without the one or the other', async () => {
    cache.save('b.ics', eventText({ uid: 'b' }));
    cache.clock.move(10_000);
    const before = cache.at('personal', 'work').mtimeMs;
    await cache.storage.discover();
    assert.equal(cache.at('personal', 'work').mtimeMs, before);
  });
});

describe('a full disk', () => {
  it('is told in one line by the engine’s side', async () => {
    const pages = Number(cache.db.pragma('page_count', { simple: true }));
    cache.db.pragma(`max_page_count = ${pages}`);
    await assert.rejects(
      cache.collection.create({ ...item('a'), text: 'x'.repeat(1_000_000) }),
      (error) => error instanceof StateError && /the disk is full/.test(error.message),
    );
    assert.deepEqual(cache.names(), []);
  });
});
