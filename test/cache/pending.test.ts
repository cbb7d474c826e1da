import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { fileState } from '../../src/cache/file-state.ts';
import { pendingCount, type PendingCollection, readPending } from '../../src/cache/pending.ts';
import { createPairStatus } from '../../src/cache/status-store.ts';
import { brand } from '../../src/core/brand.ts';
import { type ContentHash, identOfUid } from '../../src/core/item.ts';
import type { Mapping, Side, Unfinished, Version } from '../../src/core/status.ts';
import { collectionId, etag, href } from '../../src/core/storage.ts';
import { eventText, itemOf } from '../support/items.ts';
import { DELETE_DELAY_MS, MountedCache } from '../support/mounted-cache.ts';

let cache: MountedCache;
beforeEach(async () => {
  cache = await MountedCache.open();
});

const event = (uid: string, summary = 'tea'): string => eventText({ uid, summary });
const HASH = brand<ContentHash>('hash');
const NOTHING = { token: undefined, state: undefined };

function mapping(side: Side): Mapping {
  const [ours, theirs] = [
    { id: cache.info.id, href: cache.info.href },
    { id: collectionId('work'), href: href('/dav/work/') },
  ];
  return side === 'a' ? { name: 'work', a: ours, b: theirs } : { name: 'work', a: theirs, b: ours };
}

/** What the file holds now. */
function ours(name: string): Version {
  const seq = cache.db.prepare<[string], number>('SELECT seq FROM item WHERE name = ?').pluck().get(name);
  return { href: href(`work/${name}`), etag: etag(String(seq)), hash: HASH };
}

/** Records that both sides agree on the file as it is now. */
function agree(name: string, uid: string, side: Side = 'a'): void {
  const theirs = { href: href(`/dav/work/${uid}`), etag: etag('"1"'), hash: HASH };
  const versions = side === 'a' ? { a: ours(name), b: theirs } : { a: theirs, b: ours(name) };
  createPairStatus(cache.db, 'mount:personal')
    .open(mapping(side))
    .put([{ ident: identOfUid(uid), ...versions, text: undefined }]);
}

function leave(name: string, uid: string, type: Unfinished['type']): void {
  createPairStatus(cache.db, 'mount:personal')
    .open(mapping('a'))
    .finish({
      a: NOTHING,
      b: NOTHING,
      unfinished: [
        { ident: identOfUid(uid), a: ours(name), b: undefined, type, reason: `${type}!`, atMs: 3 },
      ],
      atMs: 99,
    });
}

const pending = (): PendingCollection => {
  const [only, ...more] = readPending(cache.db, cache.clock.nowMs());
  assert.ok(only);
  assert.deepEqual(more, []);
  return only;
};
const state = (...path: string[]): unknown => {
  const found = fileState(cache.db, ['personal', 'work', ...path]);
  return found && [found.state, found.reason];
};

describe('pendingCount', () => {
  for (const side of ['a', 'b'] as const) {
    it(`counts edits and deletions that the other side lacks, our side being ${side}`, () => {
      cache.save('a.ics', event('a'));
      cache.save('b.ics', event('b'));
      assert.equal(pendingCount(cache.db), 2);
      agree('a.ics', 'a', side);
      assert.equal(pendingCount(cache.db), 1);
      agree('b.ics', 'b', side);
      assert.equal(pendingCount(cache.db), 0);
      cache.save('a.ics', event('a', 'edited'));
      cache.remove('b.ics');
      assert.equal(pendingCount(cache.db), 2);
    });
  }

  it('leaves out what need not or cannot be sent', async () => {
    await cache.collection.create(itemOf('calendar', 'remote', 'tea'));
    cache.save('empty.ics', '');
    cache.save('.scratch', 'x');
    cache.save('never-sent.ics', event('never'));
    cache.remove('never-sent.ics');
    assert.equal(pendingCount(cache.db), 0);
  });

  it('counts a new name of an item once', () => {
    cache.save('a.ics', event('a'));
    agree('a.ics', 'a');
    cache.rename('a.ics', 'b.ics');
    assert.equal(pendingCount(cache.db), 1);
  });
});

describe('readPending', () => {
  it('says nothing of a quiet collection', () => {
    assert.deepEqual(pending(), {
      storage: 'personal',
      id: 'work',
      directory: 'work',
      kind: 'calendar',
      items: 0,
      unsent: 0,
      waiting: 0,
      incomplete: [],
      unfinished: [],
      properties: [],
      standing: 'known',
      trouble: undefined,
      finishedAtMs: undefined,
    });
  });

  it('tells waiting edits, incomplete files, leftovers and the last run', () => {
    cache.save('a.ics', event('a'));
    cache.save('c.ics', event('c'));
    agree('c.ics', 'c');
    leave('a.ics', 'a', 'refused');
    cache.settle();
    cache.save('half.ics', 'BEGIN:VCALENDAR');
    cache.save('latin.ics', Buffer.from('Müll', 'latin1'));
    cache.save('new.ics', event('new'));
    cache.remove('c.ics');
    const { items, unsent, waiting, incomplete, unfinished, finishedAtMs } = pending();
    assert.deepEqual([items, unsent, waiting], [4, 3, 4]);
    assert.deepEqual(incomplete, ['half.ics', 'latin.ics']);
    assert.deepEqual(unfinished, [{ uid: 'a', name: 'a.ics', type: 'refused', reason: 'refused!', atMs: 3 }]);
    assert.equal(finishedAtMs, 99);
    cache.clock.move(DELETE_DELAY_MS);
    assert.deepEqual([pending().unsent, pending().waiting], [3, 0]);
  });
});

describe('fileState', () => {
  it('goes from pending to synced and back with an edit', () => {
    cache.save('a.ics', event('a'), { writers: true });
    assert.deepEqual(state('a.ics'), ['pending', 'open for writing']);
    cache.tree.release(cache.file('a.ics').ino, cache.clock.nowMs());
    assert.deepEqual(state('a.ics'), ['pending', 'not sent yet']);
    agree('a.ics', 'a');
    assert.deepEqual(fileState(cache.db, ['personal', 'work', 'a.ics']), {
      state: 'synced',
      reason: undefined,
      href: '/dav/work/a',
      etag: '"1"',
      ident: 'a',
    });
    cache.save('a.ics', event('a', 'edited'));
    assert.deepEqual(state('a.ics'), ['pending', 'not sent yet']);
  });

  it('tells a refusal until the text changes, and a conflict until it is resolved', () => {
    cache.save('a.ics', event('a'));
    leave('a.ics', 'a', 'refused');
    assert.deepEqual(state('a.ics'), ['refused', 'refused!']);
    cache.save('a.ics', event('a', 'better'));
    assert.deepEqual(state('a.ics'), ['pending', 'refused!']);
    leave('a.ics', 'a', 'conflict');
    assert.deepEqual(state('a.ics'), ['conflict', 'conflict!']);
    cache.save('a.ics', event('a', 'edited again'));
    assert.deepEqual(state('a.ics'), ['conflict', 'conflict!']);
    leave('a.ics', 'a', 'failed');
    assert.deepEqual(state('a.ics'), ['pending', 'failed!']);
  });

  it('tells why a file is not sent', () => {
    cache.save('a.ics', '');
    assert.deepEqual(state('a.ics'), ['incomplete', 'incomplete: the file is empty']);
  });

  it('tells a deletion that the other side has not heard of', () => {
    cache.save('a.ics', event('a'));
    cache.save('b.ics', event('b'));
    agree('a.ics', 'a');
    cache.remove('a.ics');
    cache.remove('b.ics');
    assert.deepEqual(state('a.ics'), ['pending', 'deleted here, and not yet on the other side']);
    assert.equal(state('b.ics'), undefined);
  });

  it('tells scratch and properties from items', async () => {
    cache.save('a.ics~', event('a'));
    const below = cache.tree.createDirectory(cache.folder, '.d', 0o700, 0).ino;
    cache.save('a.ics', event('a'), { folder: below });
    await cache.setAll({ color: '#112233' });
    assert.deepEqual(state('a.ics~'), ['scratch', undefined]);
    assert.deepEqual(state('.d', 'a.ics'), ['scratch', undefined]);
    assert.deepEqual(state('color'), ['property', undefined]);
  });

  it('knows nothing of what is not there', () => {
    assert.equal(state('nothing.ics'), undefined);
    assert.equal(fileState(cache.db, ['nobody', 'work', 'a.ics']), undefined);
    assert.equal(fileState(cache.db, ['personal', 'nowhere', 'a.ics']), undefined);
    assert.equal(fileState(cache.db, []), undefined);
  });
});

describe('properties of a mounted collection, to those who ask', () => {
  const problem = (type: 'refused' | 'conflict', a: string | undefined): void =>
    cache
      .tie()
      .putProperties(
        new Map([
          [
            'color',
            { a: '#000000', b: '#000000', problem: { type, a, b: '#000000', reason: 'no!', atMs: 1 } },
          ],
        ]),
      );
  const properties = (): unknown => [pending().unsent, pending().waiting, pending().properties];

  it('are pending until both sides agree on what a user wrote', () => {
    cache.save('color', '#112233');
    assert.deepEqual(properties(), [1, 1, [{ name: 'color', type: 'pending', reason: 'not sent yet' }]]);
    assert.deepEqual([state('color'), pendingCount(cache.db)], [['pending', 'not sent yet'], 1]);
    cache.settle();
    assert.equal(pending().waiting, 0);
    cache.tie().putProperties(new Map([['color', { a: '#112233', b: '#112233' }]]));
    assert.deepEqual(
      [properties(), state('color'), pendingCount(cache.db)],
      [[0, 0, []], ['property', undefined], 0],
    );
    cache.remove('color');
    assert.deepEqual([state('color'), pendingCount(cache.db)], [['pending', 'not sent yet'], 1]);
    cache.tie().putProperties(new Map([['color', { a: undefined, b: undefined }]]));
    assert.deepEqual([state('color'), pendingCount(cache.db)], [undefined, 0]);
  });

  for (const type of ['refused', 'conflict'] as const)
    it(`are in trouble (${type}) as long as they are what it is about`, () => {
      cache.save('color', 'red!');
      problem(type, 'red!');
      assert.deepEqual(state('color'), [type, 'no!']);
      assert.deepEqual(pending().properties, [{ name: 'color', type, reason: 'no!' }]);
      cache.save('color', '#112233');
      assert.deepEqual(state('color'), ['pending', 'not sent yet']);
      cache.remove('color');
      problem(type, undefined);
      assert.deepEqual(state('color'), [type, 'no!']);
    });

  it('come with what keeps the whole collection from being in step', () => {
    const trouble = { type: 'refused', reason: 'no room', atMs: 5 } as const;
    createPairStatus(cache.db, 'mount:personal').setTrouble('work', trouble);
    assert.deepEqual(pending().trouble, trouble);
  });
});
