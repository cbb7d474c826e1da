import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Changes, type CollectionInfo, collectionId } from '../../src/core/storage.ts';
import { eventText } from '../support/items.ts';
import { DELETE_DELAY_MS, MountedCache, WRITE_DELAY_MS } from '../support/mounted-cache.ts';

let cache: MountedCache;
let home: CollectionInfo;
beforeEach(async () => {
  cache = await MountedCache.open();
  home = await cache.storage.createCollection({
    id: collectionId('home'),
    kind: 'calendar',
    properties: {},
  });
  cache.save('1.ics', eventText({ uid: '1' }));
  cache.settle();
});
afterEach(() => cache.close());

const homeFolder = (): number => cache.at('personal', 'home').ino;
const isHeld = ({ unclear }: Changes): boolean => unclear.length === 1;

/** What the engine is told of both by a run that begins now. */
async function look(first: 'work' | 'home'): Promise<{ work: Changes; home: Changes; states: number }> {
  const infos = await cache.storage.discover();
  const states = infos.filter(({ state }) => state !== undefined).length;
  const opened = { work: cache.storage.open(cache.info), home: cache.storage.open(home) };
  const early = await opened[first].changes(undefined);
  cache.clock.move(1);
  const late = await opened[first === 'work' ? 'home' : 'work'].changes(undefined);
  return first === 'work' ? { work: early, home: late, states } : { work: late, home: early, states };
}

describe('an item that was moved into another collection', () => {
  it('is told of there when its removal is told of here, and not before', async () => {
    cache.rename('1.ics', '1.ics', homeFolder());
    cache.clock.move(WRITE_DELAY_MS);
    const soon = await look('home');
    assert.deepEqual([isHeld(soon.work), isHeld(soon.home), soon.states], [true, true, 0]);
    cache.clock.move(DELETE_DELAY_MS - WRITE_DELAY_MS);
    const later = await look('home');
    assert.deepEqual([later.work.unclear, later.home.unclear, later.states], [[], [], 2]);
    assert.equal(later.home.changed.length, 1);
  });

  for (const first of ['work', 'home'] as const) {
    it(`is told of in both or in none by one run, though its time comes while the run has read only ${first}`, async () => {
      cache.rename('1.ics', '1.ics', homeFolder());
      cache.clock.move(DELETE_DELAY_MS - 1);
      const seen = await look(first);
      assert.deepEqual([isHeld(seen.work), isHeld(seen.home)], [true, true]);
    });
  }

  it('is told of as soon as it is quiet when it was copied, and nothing is gone here', async () => {
    cache.save('1.ics', eventText({ uid: '1' }), { folder: homeFolder() });
    cache.clock.move(WRITE_DELAY_MS);
    const { home: seen } = await look('home');
    assert.equal(seen.changed.length, 1);
  });

  it('waits again when it is edited after the run began', async () => {
    cache.rename('1.ics', '1.ics', homeFolder());
    cache.settle();
    await cache.storage.discover();
    const opened = cache.storage.open(home);
    cache.clock.move(WRITE_DELAY_MS * 10);
    cache.save('1.ics', eventText({ uid: '1', summary: 'more' }), { folder: homeFolder() });
    assert.ok(isHeld(await opened.changes(undefined)));
  });
});
