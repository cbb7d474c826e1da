import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { setHistoryLimits } from '../../src/cache/history-limits.ts';
import type { ItemRef } from '../../src/core/storage.ts';
import { eventText, itemOf } from '../support/items.ts';
import { MountedCache, TreePublisher } from '../support/mounted-cache.ts';
import { assertCounted, versionsIn } from '../support/versions-in.ts';

let cache: MountedCache;
beforeEach(async () => {
  cache = await MountedCache.open();
});

const now = (): number => cache.clock.nowMs();
const event = (summary: string, uid = 'a'): string => eventText({ uid, summary });
const versions = (name = 'a.ics', directory = 'work'): string[] => versionsIn(cache, name, directory);
const countOf = (table: string): unknown => cache.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
const open = (name: string): void => void cache.save(name, '', { writers: true });
const remote = (summary: string, uid = 'a') => itemOf('calendar', uid, summary);

async function refOf(name: string): Promise<ItemRef> {
  cache.settle();
  const { changed } = await cache.collection.changes(undefined);
  const ref = changed.find(({ href }) => href === `work/${name}`);
  assert.ok(ref);
  return ref;
}

describe('an item under another name', () => {
  it('takes its history along, and leaves no deletion behind', () => {
    cache.save('a.ics', event('one'));
    cache.save('a.ics', event('two'));
    cache.rename('a.ics', 'b.ics');
    assert.deepEqual(versions('b.ics'), ['one: edited-here']);
    cache.save('b.ics', event('three'));
    assert.deepEqual(versions('b.ics'), ['two: edited-here', 'one: edited-here']);
  });

  it('in another collection, likewise', () => {
    const home = cache.tree.createDirectory(cache.at('personal').ino, 'home', 0o755, now()).ino;
    cache.save('a.ics', event('one'));
    cache.save('a.ics', event('two'));
    cache.rename('a.ics', 'a.ics', home);
    assert.deepEqual(versions('a.ics', 'home'), ['one: edited-here']);
  });

  it('by a link, whose first name then goes, likewise', () => {
    const { ino } = cache.save('a.ics', event('one'));
    cache.tree.link(ino, cache.folder, 'b.ics', now());
    cache.remove('a.ics');
    assert.deepEqual([versions('a.ics'), versions('b.ics')], [[], []]);
    cache.remove('b.ics');
    assert.deepEqual(versions('b.ics'), ['one: deleted-here']);
  });

  it('over another item: that one has gone', () => {
    cache.save('a.ics', event('one'));
    cache.save('b.ics', event('other', 'b'));
    cache.rename('a.ics', 'b.ics');
    assert.deepEqual(versions('b.ics'), ['other: edited-here']);
  });
});

describe('a folder', () => {
  const storage = (): number => cache.at('personal').ino;

  it('that a user renames takes the history of its items along', () => {
    cache.save('a.ics', event('one'));
    cache.save('a.ics', event('two'));
    cache.tree.renameCollection(cache.folder, 'job', now());
    assert.deepEqual(versions('a.ics', 'job'), ['one: edited-here']);
    assert.deepEqual(versions('a.ics', 'work'), []);
  });

  it('that a user removes and makes anew goes on with it', () => {
    cache.save('a.ics', event('one'));
    cache.remove('a.ics');
    cache.tree.removeCollection(cache.folder, now());
    assert.deepEqual(versions(), ['one: deleted-here']);
    cache.clock.move(60_000);
    const folder = cache.tree.createDirectory(storage(), 'work', 0o755, now()).ino;
    assert.deepEqual(versions(), ['one: deleted-here']);
    cache.save('a.ics', event('two'), { folder });
    cache.tree.unlink(folder, 'a.ics', now());
    assert.deepEqual(versions(), ['two: deleted-here', 'one: deleted-here']);
    cache.tree.removeCollection(folder, now());
    assert.deepEqual(versions(), ['two: deleted-here', 'one: deleted-here']);
  });
});

for (const way of ['straight', 'published'] as const) {
  describe(`what the engine leaves in the history, ${way}`, () => {
    beforeEach(async () => {
      await cache.collection.create(remote('old'), { name: 'a.ics' });
      if (way === 'published') cache.publisher = new TreePublisher(cache);
    });

    it('of an update', async () => {
      await cache.collection.update(await refOf('a.ics'), remote('new'));
      assert.deepEqual(versions(), ['old: changed-there']);
    });

    it('of a merge', async () => {
      await cache.collection.update(await refOf('a.ics'), remote('new'), undefined, 'merged');
      assert.deepEqual(versions(), ['old: merged']);
    });

    it('of a conflict that was decided', async () => {
      await cache.collection.update(await refOf('a.ics'), remote('new'), undefined, 'overruled');
      assert.deepEqual(versions(), ['old: overruled']);
    });

    it('of a removal', async () => {
      await cache.collection.remove(await refOf('a.ics'));
      assert.deepEqual(versions(), ['old: deleted-there']);
    });

    it('of a text that is damaged: the other side had it so', async () => {
      const ref = await refOf('a.ics');
      const damaged = { ...remote('damaged'), text: event('damaged').slice(0, -20), whole: false };
      const { href, etag } = await cache.collection.update(ref, damaged);
      assert.ok(etag);
      await cache.collection.update({ href, etag }, remote('new'));
      assert.deepEqual(versions(), ['damaged: changed-there', 'old: changed-there']);
    });

    it('of its folder, in which nothing is left', async () => {
      await cache.collection.remove(await refOf('a.ics'));
      await cache.storage.deleteCollection(cache.info);
      assert.deepEqual(versions(), ['old: deleted-there']);
      assert.deepEqual(cache.db.prepare('SELECT storage, directory, kind FROM former_collection').all(), [
        { storage: 'personal', directory: 'work', kind: 'calendar' },
      ]);
    });

    it('of a folder that is made anew: the history goes on', async () => {
      await cache.collection.remove(await refOf('a.ics'));
      await cache.storage.deleteCollection(cache.info);
      const info = await cache.storage.createCollection({ ...cache.info, properties: {} });
      const { href, etag } = await cache.storage.open(info).create(remote('newer'), { name: 'a.ics' });
      assert.ok(etag);
      await cache.storage.open(info).remove({ href, etag });
      assert.deepEqual(versions(), ['newer: deleted-there', 'old: deleted-there']);
    });
  });
}

describe('the history', () => {
  it('has nothing of a first fill, nor of items that come later', async () => {
    const items = Array.from({ length: 30 }, (_, n) => ({ item: remote('tea', `uid-${n}`) }));
    await cache.collection.createMany?.(items);
    cache.publisher = new TreePublisher(cache);
    await cache.collection.create(remote('late', 'late'));
    assert.deepEqual([countOf('version'), countOf('version_text')], [0, 0]);
  });

  it('keeps each text once, however often an item had it', () => {
    for (const title of ['one', 'two', 'one', 'two', 'one']) {
      cache.save('a.ics', event(title));
      cache.clock.move(60_000);
    }
    assert.deepEqual(versions().length, 4);
    assert.equal(countOf('version_text'), 2);
    assertCounted(cache);
  });

  it('keeps the texts of two items apart, also where one text is in both collections', () => {
    const home = cache.tree.createDirectory(cache.at('personal').ino, 'home', 0o755, now()).ino;
    for (const folder of [cache.folder, home]) {
      cache.save('a.ics', event('one'), { folder });
      cache.save('a.ics', event('two'), { folder });
    }
    cache.save('b.ics', event('one', 'b'));
    cache.remove('b.ics');
    assert.equal(countOf('version'), 3);
    assert.equal(countOf('version_text'), 2);
    assert.deepEqual(versions('b.ics'), ['one: deleted-here']);
  });

  it('gives no number twice, not even that of a version that was taken back', () => {
    const numbers = (): unknown[] => cache.db.prepare('SELECT number FROM version').pluck().all();
    cache.save('a.ics', event('one'));
    open('a.ics');
    const first = numbers();
    cache.save('a.ics', event('one'));
    assert.deepEqual(numbers(), []);
    cache.save('a.ics', event('two'));
    assert.notDeepEqual(numbers(), first);
  });

  it('that is switched off keeps nothing', () => {
    setHistoryLimits(cache.db, { keepMs: 0, maxBytes: 1_000_000 });
    cache.save('a.ics', event('one'));
    cache.save('a.ics', event('two'));
    cache.remove('a.ics');
    assert.equal(countOf('version'), 0);
  });

  it('does not let one text that is too large drive out the others', () => {
    setHistoryLimits(cache.db, { keepMs: 1, maxBytes: 2000 });
    cache.save('a.ics', event('small'));
    cache.save('a.ics', event('x'.repeat(2000)));
    cache.save('a.ics', event('small again'));
    assert.deepEqual(versions(), ['small: edited-here']);
  });

  it('is written with the change or not at all', async () => {
    cache.save('a.ics', event('one'));
    cache.db.exec(
      `CREATE TRIGGER refuse BEFORE INSERT ON version BEGIN SELECT RAISE(ABORT, 'no history'); END`,
    );
    assert.throws(() => cache.save('a.ics', event('two')), /no history/);
    assert.throws(() => cache.remove('a.ics'), /no history/);
    await assert.rejects(cache.collection.remove(await refOf('a.ics')), /no history/);
    assert.equal(cache.text('a.ics'), event('one'));
    assertCounted(cache);
  });
});
