import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { HistoryPurge, setHistoryLimits } from '../../src/cache/history-limits.ts';
import { HistoryRows } from '../../src/cache/history-rows.ts';
import { VERSION_BYTES } from '../../src/cache/history.ts';
import { eventText } from '../support/items.ts';
import { MountedCache } from '../support/mounted-cache.ts';

const DAY_MS = 86_400_000;
const MANY = 1_000_000_000;
let cache: MountedCache;
beforeEach(async () => {
  cache = await MountedCache.open();
});

const save = (title: string, name = 'a.ics'): void =>
  void cache.save(name, eventText({ uid: name, summary: title }));
/** @returns the number of steps it took */
function purge(): number {
  const purging = new HistoryPurge(cache.db);
  for (let steps = 1; ; steps += 1) if (!purging.step(cache.clock.nowMs())) return steps;
}
const titles = (): string[] => {
  const rows = new HistoryRows(cache.db);
  return rows
    .below('personal')
    .map(({ number }) => /SUMMARY:(.*?)\r/.exec(String(rows.text(number)))?.[1] ?? '')
    .toReversed();
};
const counted = (): unknown => cache.db.prepare('SELECT history_bytes FROM counter').pluck().get();
const texts = (): unknown => cache.db.prepare('SELECT count(*) FROM version_text').pluck().get();

describe('purging the history', () => {
  it('takes away what is older than it is kept, and nothing else', () => {
    setHistoryLimits(cache.db, { keepMs: 30 * DAY_MS, maxBytes: MANY });
    save('one');
    save('two');
    cache.clock.move(20 * DAY_MS);
    save('three');
    cache.clock.move(10 * DAY_MS - 1);
    purge();
    assert.deepEqual(titles(), ['one', 'two']);
    cache.clock.move(1);
    purge();
    assert.deepEqual(titles(), ['two']);
    cache.clock.move(20 * DAY_MS);
    purge();
    assert.deepEqual([titles(), texts(), counted()], [[], 0, 0]);
    assert.equal(cache.text('a.ics'), eventText({ uid: 'a.ics', summary: 'three' }));
  });

  it('takes away the oldest of what is too much', () => {
    for (let n = 0; n < 10; n += 1) save(`title ${n}`);
    const one = eventText({ uid: 'a.ics', summary: 'title 0' }).length + VERSION_BYTES;
    assert.equal(counted(), 9 * one);
    setHistoryLimits(cache.db, { keepMs: 30 * DAY_MS, maxBytes: 4 * one });
    purge();
    assert.deepEqual(titles(), ['title 5', 'title 6', 'title 7', 'title 8']);
    assert.equal(counted(), 4 * one);
  });

  it('leaves a text that a later version has too', () => {
    setHistoryLimits(cache.db, { keepMs: 30 * DAY_MS, maxBytes: MANY });
    save('one');
    save('two');
    cache.clock.move(20 * DAY_MS);
    save('one');
    save('three');
    cache.clock.move(10 * DAY_MS);
    purge();
    assert.deepEqual(titles(), ['two', 'one']);
    cache.clock.move(20 * DAY_MS);
    purge();
    assert.equal(texts(), 0);
  });

  it('goes in steps, and takes all of it away where it is switched off', () => {
    for (let n = 0; n < 120; n += 1) save(`title ${n}`);
    assert.equal(purge(), 1);
    setHistoryLimits(cache.db, { keepMs: 0, maxBytes: MANY });
    assert.equal(purge(), 3);
    assert.deepEqual([titles(), texts(), counted()], [[], 0, 0]);
  });

  it('counts the days of a version from before the clock was set back from now on', () => {
    setHistoryLimits(cache.db, { keepMs: 30 * DAY_MS, maxBytes: MANY });
    save('one');
    cache.clock.move(400 * DAY_MS);
    save('two');
    cache.clock.move(-400 * DAY_MS);
    save('three');
    purge();
    assert.deepEqual(titles(), ['one', 'two']);
    cache.clock.move(30 * DAY_MS);
    purge();
    assert.deepEqual(titles(), []);
  });

  it('forgets what collections were called when nothing is left of them', async () => {
    setHistoryLimits(cache.db, { keepMs: 30 * DAY_MS, maxBytes: MANY });
    save('one');
    cache.remove('a.ics');
    await cache.storage.deleteCollection(cache.info);
    purge();
    assert.deepEqual(titles(), ['one']);
    cache.clock.move(30 * DAY_MS);
    purge();
    assert.equal(cache.db.prepare('SELECT count(*) FROM former_collection').pluck().get(), 0);
  });

  it('writes nothing when there is nothing to take away', () => {
    save('one');
    save('two');
    const before = cache.db.prepare('SELECT total_changes()').pluck().get();
    assert.equal(purge(), 1);
    setHistoryLimits(cache.db, { keepMs: 30 * DAY_MS, maxBytes: 256 * 1024 * 1024 });
    assert.equal(cache.db.prepare('SELECT total_changes()').pluck().get(), before);
  });
});
