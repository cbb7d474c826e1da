import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { safeDirectoryName } from '../../src/cache/collections.ts';
import { directoryOf } from '../../src/cache/directory-of.ts';
import { openDatabase } from '../../src/cache/database.ts';
import { createItemStore } from '../../src/cache/item-store.ts';
import { StateError } from '../../src/core/errors.ts';
import type { ItemKind } from '../../src/core/item.ts';
import { collectionId, type CollectionInfo, type CollectionProperties } from '../../src/core/storage.ts';
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
const follow = async (properties: CollectionProperties, readOnly = false): Promise<void> => {
  await cache.collection.follow?.({ ...cache.info, properties, readOnly });
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
    assert.throws(() => open(cache.db, 'contact'), (error) => error instanceof StateError && /another name/.test(error.message));
    const empty = openDatabase(':memory:');
    open(empty, 'contact');
    open(empty, 'calendar');
  });

  it('makes all below it read-only for users where it is so, and never for the engine', async () => {
    open(cache.db, 'calendar', true);
    await create('a', 'a');
    assert.deepEqual(
      [cache.at('personal'), cache.at('personal', 'work'), cache.file('a.ics')].map(({ readOnly }) => readOnly),
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
    const again = await cache.storage.createCollection({ id: collectionId('work'), kind: 'calendar', properties: {} });
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
    ['taken', 'taken-2'],
  ];
  for (const [id, name] of cases) {
    it(`of ${JSON.stringify(id.slice(0, 20))} is ${name.slice(0, 20)}`, () => {
      assert.equal(safeDirectoryName(id, (candidate) => candidate === 'taken'), name);
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

for (const mounted of [false, true]) {
  describe(`the files that show properties, ${mounted ? 'published' : 'without a mount'}`, () => {
    beforeEach(() => {
      cache.publisher = mounted ? new TreePublisher(cache) : undefined;
    });

    it('are there for what has a value, and read-only', async () => {
      await follow({ displayname: 'Büro', color: '#00AA7F', description: ' two\nlines ', order: '3' });
      assert.deepEqual(
        ['displayname', 'color', 'description', 'order'].map((name) => [cache.text(name), cache.file(name).readOnly]),
        [
          ['Büro', true],
          ['#00AA7F', true],
          ['two\nlines', true],
          ['3', true],
        ],
      );
      assert.deepEqual((await infoNow()).properties, {
        displayname: 'Büro',
        color: '#00AA7F',
        description: 'two\nlines',
        order: '3',
      });
      await follow({ displayname: '', color: '  ' });
      assert.deepEqual(cache.names(), []);
    });

    const colors: readonly (readonly [color: string, shown: string | undefined])[] = [
      ['#1a2B3c', '#1a2B3c'],
      ['#1A2B3C80', '#1A2B3C'],
      ['red', undefined],
      ['#123', undefined],
      ['#1A2B3C8', undefined],
      ['#12345g', undefined],
    ];
    for (const [color, shown] of colors) {
      it(`show the colour ${color} as ${shown ?? 'none'}`, async () => {
        await follow({ color });
        assert.equal((await infoNow()).properties.color, shown);
      });
    }

    it('change in place with a later time, and are left alone when they say the same', async () => {
      await follow({ displayname: 'one' });
      const first = cache.file('displayname');
      const folder = cache.at('personal', 'work');
      cache.clock.move(1000);
      await follow({ displayname: 'one' });
      assert.deepEqual([cache.file('displayname'), cache.at('personal', 'work')], [first, folder]);
      cache.clock.move(-5000);
      await follow({ displayname: 'two' });
      const second = cache.file('displayname');
      assert.equal(second.ino, first.ino);
      assert.ok(second.mtimeMs > first.mtimeMs);
      assert.ok(cache.at('personal', 'work').mtimeMs > folder.mtimeMs);
    });

    it('never show one display name twice, which todoman cannot stand', async () => {
      await follow({ displayname: 'Work' });
      const info = await cache.storage.createCollection({
        id: collectionId('home'),
        kind: 'calendar',
        properties: { displayname: 'Work' },
      });
      assert.equal(info.properties.displayname, 'Work (home)');
      await follow({ displayname: 'Work' });
      assert.equal(cache.text('displayname'), 'Work');
      await cache.storage.open(info).follow?.({ ...info, properties: { displayname: 'Work' } });
      assert.equal(Buffer.from(cache.tree.read(cache.at('personal', 'home', 'displayname').ino)).toString(), 'Work (home)');
    });

    it('are no items and change no state', async () => {
      const { state } = await infoNow();
      await follow({ displayname: 'Work' });
      assert.deepEqual([(await cache.told()).changed, (await infoNow()).state], [[], state]);
    });
  });
}

describe('a collection that is read-only on the server', () => {
  it('is so for users, with all files in it, and tells the kernel', async () => {
    await create('a', 'a');
    const publisher = new TreePublisher(cache);
    cache.publisher = publisher;
    await follow({}, true);
    assert.deepEqual(
      [cache.at('personal', 'work').readOnly, cache.file('a.ics').readOnly, cache.at('personal').readOnly],
      [true, true, false],
    );
    assert.deepEqual(publisher.published.map(({ type }) => type), ['touch']);
    await follow({}, true);
    assert.equal(publisher.published.length, 1);
    await follow({}, false);
    assert.equal(cache.file('a.ics').readOnly, false);
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
