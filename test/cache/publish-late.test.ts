import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Publication } from '../../src/cache/publisher.ts';
import { recover, recoverEngine } from '../../src/cache/recover.ts';
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

/** An operation that the engine has stopped waiting for, and that reaches the tree all the same. */
describe('a late operation', () => {
  const late = async (write: (ref: ItemRef) => Promise<unknown>): Promise<Publication> => {
    const ref = await create('a');
    publisher.before = () => {
      throw new ServerError('no answer');
    };
    await assert.rejects(write(ref), { code: 'server' });
    publisher.before = undefined;
    const publication = publisher.published.at(-1);
    assert.ok(publication);
    return publication;
  };
  const writes: readonly (readonly [type: string, write: (ref: ItemRef) => Promise<unknown>])[] = [
    ['change', (ref) => cache.collection.update(ref, item('a', 'remote and longer'))],
    ['removal', (ref) => cache.collection.remove(ref)],
  ];
  for (const [type, write] of writes) {
    it(`is refused and not taken for a user's: ${type}`, async () => {
      const publication = await late(write);
      assert.throws(() => publisher.perform(publication), { code: 'ESTALE' });
      assert.equal(cache.text('a.ics'), event('a'));
    });

    it(`is refused by the next file server too: ${type}`, async () => {
      const publication = await late(write);
      recover(cache.db, cache.clock.nowMs());
      assert.throws(() => publisher.perform(publication), { code: 'ESTALE' });
      recoverEngine(cache.db, cache.clock.nowMs());
      assert.throws(() => publisher.perform(publication), { code: 'ESTALE' });
      assert.equal(cache.text('a.ics'), event('a'));
    });
  }

  it('of an engine that died is refused: it was staged for a former mount', async () => {
    const ref = await create('a');
    publisher.perform = () => {
      throw new Error('the engine died');
    };
    publisher.before = () => {
      cache.clock.move(1000);
      recover(cache.db, cache.clock.nowMs());
    };
    await assert.rejects(cache.collection.update(ref, item('a', 'remote')), /died/);
    assert.throws(
      () => cache.tree.publishChange(cache.file('a.ics').ino, event('a', 'remote').length, false),
      { code: 'ESTALE' },
    );
  });

  it('leaves users in peace again after a while', async () => {
    await late((ref) => cache.collection.remove(ref));
    assert.throws(() => cache.tree.publishRemoval(cache.folder, 'a.ics', false), { code: 'ESTALE' });
    cache.clock.move(3_600_000);
    assert.equal(cache.tree.publishRemoval(cache.folder, 'a.ics', false), false);
    cache.remove('a.ics');
    assert.deepEqual(cache.names(), []);
  });

  it('that was to add a file finds nothing after a restart, and its inode is gone', async () => {
    publisher.before = () => {
      throw new ServerError('no answer');
    };
    await assert.rejects(create('a'), { code: 'server' });
    const [publication] = publisher.published;
    assert.ok(publication);
    assert.throws(() => publisher.perform(publication), { code: 'ENOENT' });
    recover(cache.db, cache.clock.nowMs());
    assert.deepEqual([staged(), nameless()], [[], 0]);
  });
});
