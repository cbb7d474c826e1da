import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { nextSettleAt } from '../../src/cache/settle.ts';
import { eventText, itemOf } from '../support/items.ts';
import { DELETE_DELAY_MS, MountedCache, WRITE_DELAY_MS } from '../support/mounted-cache.ts';

let cache: MountedCache;
beforeEach(async () => {
  cache = await MountedCache.open();
});

const event = (uid: string): string => eventText({ uid });

describe('nextSettleAt', () => {
  const next = (afterMs = 0): number | undefined => {
    const due = nextSettleAt(cache.db, 'personal', afterMs);
    return due === undefined ? undefined : due - start;
  };
  let start: number;
  beforeEach(() => {
    start = cache.clock.nowMs();
  });

  it('is nothing where nothing waits, nor for a storage that is not mounted', () => {
    assert.equal(next(), undefined);
    assert.equal(nextSettleAt(cache.db, 'nobody', 0), undefined);
  });

  it('is when the first of several edits and deletions becomes due', () => {
    cache.save('a.ics', event('a'));
    cache.clock.move(100);
    cache.save('b.ics', event('b'));
    assert.equal(next(), WRITE_DELAY_MS);
    assert.equal(next(start + WRITE_DELAY_MS), WRITE_DELAY_MS + 100);
    assert.equal(next(start + WRITE_DELAY_MS + 100), undefined);
    cache.remove('a.ics');
    assert.equal(next(start + WRITE_DELAY_MS + 100), DELETE_DELAY_MS + 100);
  });

  it('is when a property, or a collection that was made, renamed or removed, becomes due', () => {
    cache.save('color', '#112233');
    assert.equal(next(), WRITE_DELAY_MS);
    cache.clock.move(100);
    const { ino } = cache.tree.createDirectory(cache.at('personal').ino, 'new', 0o755, cache.clock.nowMs());
    assert.equal(next(start + WRITE_DELAY_MS), WRITE_DELAY_MS + 100);
    cache.clock.move(100);
    cache.tree.renameCollection(ino, 'newer', cache.clock.nowMs());
    assert.equal(next(start + WRITE_DELAY_MS), WRITE_DELAY_MS + 200);
    cache.remove('color');
    cache.tie();
    cache.tree.removeCollection(cache.folder, cache.clock.nowMs());
    assert.equal(next(start + WRITE_DELAY_MS + 200), DELETE_DELAY_MS + 200);
  });

  it('leaves out what is open for writing or not fit to be sent', () => {
    cache.save('a.ics', event('a'), { writers: true });
    cache.save('b.ics', 'half');
    assert.equal(next(), undefined);
    cache.clock.move(500);
    cache.tree.release(cache.file('a.ics').ino, cache.clock.nowMs());
    assert.equal(next(), WRITE_DELAY_MS + 500);
  });

  it("leaves out the engine's own writes", async () => {
    const { href, etag } = await cache.collection.create(itemOf('calendar', 'a', 'tea'));
    assert.ok(etag);
    await cache.collection.remove({ href, etag });
    assert.equal(next(), undefined);
  });
});
