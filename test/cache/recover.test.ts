import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recover } from '../../src/cache/recover.ts';
import { eventText } from '../support/items.ts';
import { MountedCache, WRITE_DELAY_MS } from '../support/mounted-cache.ts';

describe('recover', () => {
  it('drops inodes without names and libfuse’s hidden names, and keeps the rest', async () => {
    const cache = await MountedCache.open();
    const kept = cache.save('a.ics', eventText());
    const { ino } = cache.save('b.ics', eventText({ uid: 'b' }));
    cache.tree.unlink(cache.folder, 'b.ics', cache.clock.nowMs());
    const hidden = cache.save('.fuse_hidden0001', 'x');
    recover(cache.db, cache.clock.nowMs());
    assert.equal(cache.tree.inode(ino), undefined);
    assert.equal(cache.tree.inode(hidden.ino), undefined);
    assert.deepEqual(cache.file('a.ics'), kept);
    assert.equal(cache.db.prepare('SELECT count(*) FROM body').pluck().get(), 1);
  });

  it('lets go of files that a dead file server had open for writing, after a new quiet time', async () => {
    const cache = await MountedCache.open();
    cache.save('a.ics', eventText(), { writers: true });
    cache.clock.move(60_000);
    assert.deepEqual((await cache.told()).unclear, ['a.ics']);
    recover(cache.db, cache.clock.nowMs());
    assert.deepEqual((await cache.told()).unclear, ['a.ics']);
    cache.clock.move(WRITE_DELAY_MS);
    assert.deepEqual((await cache.told()).changed, ['a.ics']);
  });

  it('changes nothing visible', async () => {
    const cache = await MountedCache.open();
    cache.save('a.ics', eventText());
    cache.tree.createDirectory(cache.folder, '.d', 0o700, 0);
    const before = [cache.names(), cache.at('personal', 'work'), await cache.told()];
    recover(cache.db, cache.clock.nowMs());
    assert.deepEqual([cache.names(), cache.at('personal', 'work'), await cache.told()], before);
  });
});
