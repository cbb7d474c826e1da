import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseItem } from '../../src/core/item.ts';
import { eventText, textOf } from '../support/items.ts';
import { changesIn, problemsIn, twoSides } from '../support/two-sides.ts';

const rewrites = (text: string): string => text.replace('SUMMARY', 'X-SEEN:1\r\nSUMMARY');
const event = (uid: string, title: string): string => textOf('calendar', uid, title);

describe('sync of new items', () => {
  it('copies them to the other side, both ways', async () => {
    const { put, sync, holds } = await twoSides({});
    put('a', { standup: 'at 9' });
    put('b', { review: 'at 14' });
    assert.deepEqual(changesIn(await sync()), ['create review on a', 'create standup on b']);
    holds('a', { standup: 'at 9', review: 'at 14' });
    holds('b', { standup: 'at 9', review: 'at 14' });
  });

  it('only remembers what both sides have alike', async () => {
    const { put, sync, writes, status } = await twoSides({});
    put('a', { standup: 'at 9' });
    put('b', { standup: 'at 9' });
    await sync();
    writes('a', 0);
    writes('b', 0);
    assert.equal(status.count(), 1);
  });

  it('leaves one that differs as a conflict, and remembers nothing', async () => {
    const { put, sync, holds, status } = await twoSides({});
    put('a', { standup: 'at 9' });
    put('b', { standup: 'at 10' });
    assert.deepEqual(problemsIn(await sync()), ['conflict standup']);
    assert.equal(status.count(), 0);
    holds('a', { standup: 'at 9' });
    holds('b', { standup: 'at 10' });
  });

  it('carries those without a UID, known by their content', async () => {
    const { a, b, sync } = await twoSides({});
    a.put('one.ics', eventText({ uid: undefined, summary: 'ASDF' }));
    b.put('two.ics', eventText({ uid: undefined, summary: 'FOOBAR' }));
    await sync();
    assert.deepEqual(Object.keys(a.texts()), ['one.ics', 'two.ics']);
    assert.deepEqual(Object.keys(b.texts()), ['two.ics', 'one.ics']);
    assert.equal((await sync()).changes.length, 0);
  });

  it('passes texts on character for character, names too', async () => {
    const { a, b, sync } = await twoSides({});
    const text = `\uFEFF${event('ü-1', 'Grüße, 日本')}trailing rubbish\n\n`;
    a.put('Größe & co.ics', text);
    await sync();
    assert.deepEqual(b.texts(), { 'Größe & co.ics': text });
  });

  it('keeps the common text, to merge with later', async () => {
    const { a, sync, status } = await twoSides({});
    a.put('x.ics', event('x', 'tea'));
    await sync();
    assert.equal(status.base(parseItem('calendar', event('x', 'tea')).ident), event('x', 'tea'));
  });

  it('sends nothing twice to a server that rewrites what it stores, and reads it back once', async () => {
    const { put, sync, writes, a, b } = await twoSides({}, { b: { rewrites } });
    put('a', { standup: 'at 9' });
    await sync();
    await sync();
    await sync();
    writes('b', 1);
    writes('a', 0);
    assert.deepEqual([a.calls.fetches, b.calls.fetches], [1, 1]);
  });
});

describe('sync of edits', () => {
  it('goes either way, whatever the items are called on each side', async () => {
    const { a, b, sync } = await twoSides({});
    a.put('x.a.ics', event('x', 'tea'));
    await sync();
    b.put(Object.keys(b.texts())[0] ?? '', event('x', 'coffee'));
    b.put('y.b.ics', event('y', 'cake'));
    await sync();
    assert.equal(a.texts()['x.a.ics'], event('x', 'coffee'));
    a.put(Object.keys(a.texts())[1] ?? '', event('y', 'pie'));
    await sync();
    assert.equal(b.texts()['y.b.ics'], event('y', 'pie'));
  });

  it('updates a server that rewrites what it stores, and is not misled by that', async () => {
    const { put, sync, holds, writes } = await twoSides({}, { b: { rewrites } });
    put('a', { standup: 'at 9' });
    await sync();
    put('a', { standup: 'at 10' });
    await sync();
    await sync();
    holds('b', { standup: 'at 10' });
    writes('b', 2);
    writes('a', 0);
  });

  it('leaves a conflict alone and tells it each time, until one side gives way', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9' });
    put('a', { standup: 'at 10' });
    put('b', { standup: 'at 11' });
    assert.deepEqual(problemsIn(await sync()), ['conflict standup']);
    assert.deepEqual(problemsIn(await sync()), ['conflict standup']);
    holds('a', { standup: 'at 10' });
    holds('b', { standup: 'at 11' });
    put('b', { standup: 'at 10' });
    assert.deepEqual(problemsIn(await sync()), []);
    holds('b', { standup: 'at 10' });
  });

  it('lets other items pass a conflict', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9', review: 'at 14' });
    put('a', { standup: 'at 10', review: 'at 15' });
    put('b', { standup: 'at 11', review: 'at 14' });
    await sync();
    holds('b', { standup: 'at 11', review: 'at 15' });
  });

  it('only remembers what both sides changed alike', async () => {
    const { put, sync, writes } = await twoSides({ standup: 'at 9' });
    put('a', { standup: 'at 10' });
    put('b', { standup: 'at 10' });
    assert.deepEqual(problemsIn(await sync()), []);
    writes('a', 0);
    writes('b', 0);
  });

  it('keeps the newest common text, also of what was changed alike or only touched', async () => {
    const { a, put, sync, status } = await twoSides({ standup: 'at 9' });
    const { ident } = parseItem('calendar', event('standup', 'at 9'));
    put('a', { standup: 'at 10' });
    put('b', { standup: 'at 10' });
    await sync();
    a.touch('standup.ics');
    await sync();
    assert.equal(status.base(ident), event('standup', 'at 10'));
  });

  it('takes over a new etag of an old content without writing', async () => {
    const { a, b, sync, writes } = await twoSides({ standup: 'at 9' });
    a.touch('standup.ics');
    b.touch('standup.ics');
    await sync();
    await sync();
    writes('a', 0);
    writes('b', 0);
    assert.deepEqual([a.calls.fetches, b.calls.fetches], [1, 1]);
  });

  it('writes down a new etag of an old content, so that later listings need not fetch it again', async () => {
    const anyListing = { tokens: false, states: false } as const;
    const { a, b, sync, writes, status } = await twoSides(
      { standup: 'at 9' },
      { a: anyListing, b: anyListing },
    );
    a.touch('standup.ics');
    b.touch('standup.ics');
    for (const _run of [1, 2, 3]) await sync();
    writes('a', 0);
    writes('b', 0);
    assert.deepEqual([a.calls.fetches, b.calls.fetches], [1, 1]);
    const row = status.get(parseItem('calendar', event('standup', 'at 9')).ident);
    for (const [side, collection] of [['a', a] as const, ['b', b] as const]) {
      const [ref] = (await collection.changes(undefined)).changed;
      assert.equal(row?.[side].etag, ref?.etag);
    }
  });

  it('sends a real edit over an etag that changed for nothing', async () => {
    const { a, put, sync, holds, writes } = await twoSides({ standup: 'at 9' });
    a.touch('standup.ics');
    put('b', { standup: 'at 10' });
    await sync();
    holds('a', { standup: 'at 10' });
    writes('b', 0);
  });

  it('follows a file to its new name with one fetch and no write', async () => {
    const { b, sync, writes } = await twoSides({ standup: 'at 9' });
    b.drop('standup.ics');
    const { href } = b.put('renamed.ics', event('standup', 'at 9'));
    await sync();
    await sync();
    assert.deepEqual(b.calls.fetched, [href]);
    writes('a', 0);
    writes('b', 0);
    b.put('renamed.ics', event('standup', 'at 10'));
    await sync();
    writes('a', 1);
  });

  it('takes a new UID in an old place for another item', async () => {
    const { a, sync, holds } = await twoSides({ standup: 'at 9', review: 'at 14' });
    a.put('standup.ics', event('walk', 'at 9'));
    assert.deepEqual(changesIn(await sync()), ['remove standup on b', 'create walk on b']);
    holds('b', { walk: 'at 9', review: 'at 14' });
    assert.equal((await sync()).changes.length, 0);
  });

  it('follows two files that exchange their names', async () => {
    const { a, sync, writes } = await twoSides({ standup: 'at 9', review: 'at 14' });
    a.put('standup.ics', event('review', 'at 14'));
    a.put('review.ics', event('standup', 'at 9'));
    assert.deepEqual((await sync()).changes, []);
    a.put('review.ics', event('standup', 'at 10'));
    assert.deepEqual(changesIn(await sync()), ['update standup on b']);
    writes('a', 0);
  });
});

describe('sync of deletions', () => {
  it('removes from either side what was deleted on the other', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9', review: 'at 14', lunch: 'at 12' });
    put('a', { review: 'at 14', lunch: 'at 12' });
    put('b', { standup: 'at 9', lunch: 'at 12' });
    assert.deepEqual(changesIn(await sync()), ['remove review on a', 'remove standup on b']);
    holds('a', { lunch: 'at 12' });
    holds('b', { lunch: 'at 12' });
  });

  it('forgets what was deleted on both sides', async () => {
    const { put, sync, status, writes } = await twoSides({ standup: 'at 9' });
    put('a', {});
    put('b', {});
    assert.deepEqual(problemsIn(await sync()), []);
    assert.equal(status.count(), 0);
    for (const side of ['a', 'b'] as const) writes(side, 0);
  });

  it('carries an item that is deleted, made again and deleted again', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9', review: 'at 14' });
    put('b', { review: 'at 14' });
    await sync();
    holds('a', { review: 'at 14' });
    put('a', { standup: 'at 9', review: 'at 14' });
    await sync();
    holds('b', { standup: 'at 9', review: 'at 14' });
    put('a', { review: 'at 14' });
    await sync();
    holds('b', { review: 'at 14' });
  });

  for (const [edited, deleted] of [['a', 'b'] as const, ['b', 'a'] as const]) {
    it(`brings back on ${deleted} what was edited on ${edited}`, async () => {
      const { put, sync, holds } = await twoSides({ standup: 'at 9', review: 'at 14' });
      put(edited, { standup: 'at 10', review: 'at 14' });
      put(deleted, { review: 'at 14' });
      await sync();
      holds('a', { standup: 'at 10', review: 'at 14' });
      holds('b', { standup: 'at 10', review: 'at 14' });
    });
  }
});
