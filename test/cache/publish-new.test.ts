import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FileError, STAGED_PREFIX } from '../../src/cache/file-tree.ts';
import { ServerError } from '../../src/core/errors.ts';
import type { ItemRef } from '../../src/core/storage.ts';
import { eventText, itemOf } from '../support/items.ts';
import { MountedCache, TreePublisher } from '../support/mounted-cache.ts';

let cache: MountedCache;
let publisher: TreePublisher;
beforeEach(async () => {
  cache = await MountedCache.open();
  publisher = new TreePublisher(cache);
  cache.publisher = publisher;
});

const event = (uid: string, summary = 'tea'): string => eventText({ uid, summary });
const item = (uid: string, summary = 'tea'): ReturnType<typeof itemOf> => itemOf('calendar', uid, summary);
const staged = (): unknown[] => cache.db.prepare('SELECT op, state FROM staged').all();
const nameless = (): unknown =>
  cache.db
    .prepare('SELECT count(*) FROM inode WHERE ino <> 1 AND ino NOT IN (SELECT ino FROM entry)')
    .pluck()
    .get();

async function create(uid: string, name = `${uid}.ics`): Promise<ItemRef> {
  const { href, etag } = await cache.collection.create(item(uid), { name });
  assert.ok(etag);
  return { href, etag };
}

describe('publishing a new item', () => {
  it('gives a staged file its name, as nobody’s edit', async () => {
    const before = cache.at('personal', 'work').mtimeMs;
    const ref = await create('a');
    assert.deepEqual(
      publisher.published.map(({ type }) => type),
      ['add'],
    );
    assert.equal(cache.text('a.ics'), event('a'));
    assert.deepEqual((await cache.collection.changes(undefined)).changed, [ref], 'settled at once');
    assert.ok(cache.at('personal', 'work').mtimeMs > before);
    assert.deepEqual([staged(), nameless()], [[], 0]);
  });

  it('shows the staged file under its token, with the inode it will have, and in no listing', async () => {
    let seen: unknown;
    publisher.before = (publication) => {
      assert.equal(publication.type, 'add');
      assert.ok(publication.token.startsWith(STAGED_PREFIX));
      const inode = cache.tree.stagedInode(cache.folder, publication.token);
      seen = { ino: inode?.ino, size: inode?.size, links: inode?.links };
      assert.equal(cache.tree.stagedInode(cache.tree.rootIno, publication.token), undefined);
      assert.equal(cache.tree.stagedInode(cache.folder, `${STAGED_PREFIX}other`), undefined);
      assert.deepEqual(cache.names(), []);
      cache.tree.forget(inode?.ino ?? 0);
    };
    await create('a');
    const { ino, size, links } = cache.file('a.ics');
    assert.deepEqual(seen, { ino, size, links });
  });

  it('is refused when a user takes the name meanwhile; the user’s file stays', async () => {
    publisher.before = () => {
      cache.save('a.ics', event('mine'));
    };
    await assert.rejects(create('a'), { code: 'already-exists' });
    assert.equal(cache.text('a.ics'), event('mine'));
    assert.deepEqual([staged(), nameless()], [[], 0]);
  });

  it('is refused when a user writes an item of that UID meanwhile', async () => {
    publisher.before = () => {
      cache.save('mine.ics', event('a'));
    };
    await assert.rejects(create('a'), { code: 'already-exists' });
    assert.deepEqual(cache.names(), ['mine.ics']);
  });

  it('takes items without UID although they are alike, for there is nothing to tell them apart by', async () => {
    const one = itemOf('calendar', '', 'tea');
    await cache.collection.create(one);
    await cache.collection.create(one);
    assert.deepEqual(cache.names(), ['item-2.ics', 'item.ics']);
  });

  it('does not let libfuse move a user’s open file out of the way first', async () => {
    publisher.before = () => {
      cache.save('a.ics', event('mine'));
      cache.tree.unlink(cache.folder, 'a.ics', cache.clock.nowMs());
    };
    await assert.rejects(create('a'), (error) => error instanceof FileError && error.code === 'EEXIST');
    assert.equal(cache.text('a.ics'), event('mine'));
  });

  it('is not possible without a staged row, or under another name than the staged one', async () => {
    const missing = (run: () => void): void => {
      assert.throws(run, (error) => error instanceof FileError && error.code === 'ENOENT');
    };
    missing(() => cache.tree.publishNew(cache.folder, `${STAGED_PREFIX}1`, 'a.ics'));
    publisher.before = (publication) => {
      assert.equal(publication.type, 'add');
      missing(() => cache.tree.publishNew(cache.folder, publication.token, 'b.ics'));
      missing(() => cache.tree.publishNew(cache.at('personal').ino, publication.token, 'a.ics'));
    };
    await create('a');
    assert.deepEqual(cache.names(), ['a.ics']);
  });

  it('is done one by one for a few, and in one go with one touch for many', async () => {
    const many = (count: number, from: string): { item: ReturnType<typeof itemOf> }[] =>
      Array.from({ length: count }, (_, index) => ({ item: item(`${from}${index}`) }));
    await cache.collection.createMany?.(many(8, 'few-'));
    assert.deepEqual(
      publisher.published.map(({ type }) => type),
      Array.from({ length: 8 }, () => 'add'),
    );
    publisher.published.length = 0;
    await cache.collection.createMany?.(many(300, 'many-'));
    assert.deepEqual(publisher.published, [{ type: 'touch', storage: 'personal', directory: 'work' }]);
    assert.equal(cache.names().length, 308);
  });

  it('of many stands although the mount does not answer', async () => {
    publisher.before = () => {
      throw new ServerError('no answer');
    };
    const results = await cache.collection.createMany?.(
      Array.from({ length: 20 }, (_, index) => ({ item: item(String(index)) })),
    );
    assert.equal(results?.filter((result) => 'href' in result).length, 20);
    assert.equal(cache.names().length, 20);
  });
});
