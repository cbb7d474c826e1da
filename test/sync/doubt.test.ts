import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidItemError, ServerError } from '../../src/core/errors.ts';
import { identOfUid } from '../../src/core/item.ts';
import { href } from '../../src/core/storage.ts';
import { textOf } from '../support/items.ts';
import { changesIn, problemsIn, twoSides } from '../support/two-sides.ts';

const event = (uid: string, title: string): string => textOf('calendar', uid, title);
const AT_A = href('/one/work/standup.ics');
const broken = new InvalidItemError('standup.ics is not UTF-8 text');

describe('an item that is listed but not handed out', () => {
  it('is never taken for deleted, and left alone by both sides', async () => {
    const { a, put, sync, holds, writes } = await twoSides({ standup: 'at 9', review: 'at 14' });
    a.withheld.add(AT_A);
    a.touch('standup.ics');
    put('b', { standup: 'at 10', review: 'at 15' });
    assert.deepEqual(problemsIn(await sync()), ['unclear standup']);
    holds('b', { standup: 'at 10', review: 'at 15' });
    holds('a', { standup: 'at 9', review: 'at 15' });
    writes('b', 0);
  });

  it('is asked for again each time, and dealt with once it is there', async () => {
    const { a, put, sync, holds } = await twoSides({ standup: 'at 9' });
    a.withheld.add(AT_A);
    a.touch('standup.ics');
    await sync();
    put('b', { standup: 'at 10' });
    assert.deepEqual(problemsIn(await sync()), ['unclear standup']);
    a.withheld.clear();
    assert.deepEqual(problemsIn(await sync()), []);
    holds('a', { standup: 'at 10' });
  });

  it('is asked for again under the same etag, also without tokens', async () => {
    const { a, put, sync, holds } = await twoSides({}, { a: { tokens: false } });
    put('a', { standup: 'at 9' });
    a.withheld.add(AT_A);
    assert.deepEqual(problemsIn(await sync()), ['unclear /one/work/standup.ics']);
    a.withheld.clear();
    assert.deepEqual(problemsIn(await sync()), []);
    holds('b', { standup: 'at 9' });
  });

  it('does not force a listing of everything each time', async () => {
    const { a, put, sync } = await twoSides({});
    put('a', { standup: 'at 9', review: 'at 14' });
    a.withheld.add(AT_A);
    await sync();
    a.calls.complete = 0;
    await sync();
    await sync();
    assert.equal(a.calls.complete, 0);
  });
});

describe('an item that cannot be read', () => {
  it('is told with its reason and left alone by both sides', async () => {
    const { a, put, sync, holds } = await twoSides({ standup: 'at 9', review: 'at 14' });
    a.put('standup.ics', 'damaged');
    a.unreadable.set(AT_A, broken);
    put('b', { standup: 'at 10', review: 'at 14' });
    const { problems } = await sync();
    assert.deepEqual(
      problems.map(({ type, uid, title, reason }) => [type, uid, title, reason]),
      [['unclear', 'standup', 'at 10', broken.message]],
    );
    holds('b', { standup: 'at 10', review: 'at 14' });
  });

  it('leaves the pair quiet, as looking again is in vain, but is told each time', async () => {
    const { a, sync } = await twoSides({});
    a.put('standup.ics', 'damaged');
    a.unreadable.set(AT_A, broken);
    assert.deepEqual(problemsIn(await sync()), ['unclear /one/work/standup.ics']);
    await sync();
    const again = await sync();
    assert.equal(again.outcome, 'quiet');
    assert.deepEqual(problemsIn(again), ['unclear /one/work/standup.ics']);
  });

  it('is synchronised once it is mended', async () => {
    const { a, sync, holds } = await twoSides({});
    a.put('standup.ics', 'damaged');
    a.unreadable.set(AT_A, broken);
    await sync();
    a.unreadable.clear();
    a.put('standup.ics', event('standup', 'at 9'));
    assert.deepEqual(problemsIn(await sync()), []);
    holds('b', { standup: 'at 9' });
  });

  it('is removed from the other side when it is deleted', async () => {
    const { a, put, sync, holds } = await twoSides({ standup: 'at 9', review: 'at 14' });
    a.put('standup.ics', 'damaged');
    a.unreadable.set(AT_A, broken);
    await sync();
    a.unreadable.clear();
    put('a', { review: 'at 14' });
    assert.deepEqual(problemsIn(await sync()), []);
    holds('b', { review: 'at 14' });
  });
});

describe('several items with one UID', () => {
  it('are set aside, all named, while others pass; deleting the double settles it', async () => {
    const { a, b, sync, holds } = await twoSides({ standup: 'at 9' });
    a.put('double.ics', event('standup', 'at 11'));
    a.put('review.ics', event('review', 'at 14'));
    const { problems } = await sync();
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.reason ?? '', /\/one\/work\/standup\.ics, \/one\/work\/double\.ics/);
    holds('b', { standup: 'at 9', review: 'at 14' });
    a.drop('double.ics');
    b.put('standup.ics', event('standup', 'at 10'));
    assert.deepEqual(problemsIn(await sync()), []);
    holds('a', { standup: 'at 10', review: 'at 14' });
  });

  it('stay set aside as long as both are there, whatever the other side does', async () => {
    const { a, put, sync, holds, writes } = await twoSides({ standup: 'at 9', x: '' });
    a.put('double.ics', event('standup', 'at 11'));
    await sync();
    put('b', { x: '' });
    assert.deepEqual(problemsIn(await sync()), ['unclear standup']);
    assert.deepEqual(problemsIn(await sync()), ['unclear standup']);
    holds('a', { standup: 'at 11 + at 9', x: '' });
    writes('a', 0);
  });

  for (const between of [true, false]) {
    it(`made by changing UIDs, ${between ? 'with' : 'without'} a run in between`, async () => {
      const { a, b, sync } = await twoSides({});
      a.put('aaa.ics', event('aaa', 'tea'));
      a.put('bbb.ics', event('bbb', 'cake'));
      if (between) await sync();
      a.put('aaa.ics', event('xxx', 'tea'));
      a.put('bbb.ics', event('xxx', 'cake'));
      const { problems } = await sync({ allowEmpty: true });
      assert.deepEqual(problemsIn({ problems }), ['unclear xxx']);
      assert.match(problems[0]?.reason ?? '', /aaa\.ics, .*bbb\.ics/);
      a.put('bbb.ics', event('yyy', 'cake'));
      assert.deepEqual(problemsIn(await sync()), []);
      assert.deepEqual(Object.values(b.texts()).toSorted(), [event('xxx', 'tea'), event('yyy', 'cake')]);
    });
  }

  it('is found even if the first place is deleted before the next run', async () => {
    const { a, sync, holds } = await twoSides({ standup: 'at 9' });
    a.put('double.ics', event('standup', 'at 11'));
    await sync();
    a.drop('standup.ics');
    assert.deepEqual(problemsIn(await sync()), []);
    holds('b', { standup: 'at 11' });
  });

  it('leave the pair quiet', async () => {
    const { a, sync } = await twoSides({ standup: 'at 9' });
    a.put('double.ics', event('standup', 'at 11'));
    await sync();
    await sync();
    const again = await sync();
    assert.deepEqual([again.outcome, problemsIn(again)], ['quiet', ['unclear standup']]);
  });
});

describe('something about which a storage is not sure', () => {
  it('is left alone without a word while it passes, and synchronised after', async () => {
    const { a, put, sync, holds, writes } = await twoSides({ standup: 'at 9', review: 'at 14' });
    put('a', { standup: 'half an ed', review: 'at 15' });
    a.unclear.set(AT_A, { ident: undefined, reason: 'being edited', weight: 'passing' });
    assert.deepEqual(problemsIn(await sync()), []);
    holds('b', { standup: 'at 9', review: 'at 15' });
    writes('b', 1);
    put('a', { standup: 'at 10', review: 'at 15' });
    a.unclear.clear();
    await sync();
    holds('b', { standup: 'at 10', review: 'at 15' });
  });

  it('is synchronised once it is clear, although nothing changed since', async () => {
    const { a, put, sync, holds, writes } = await twoSides({ standup: 'at 9' });
    put('a', { standup: 'at 10' });
    a.unclear.set(AT_A, { ident: undefined, reason: 'edited a moment ago', weight: 'passing' });
    await sync();
    a.unclear.clear();
    assert.deepEqual(changesIn(await sync()), ['update standup on b']);
    holds('b', { standup: 'at 10' });
    writes('b', 1);
  });

  it('is told when somebody has to do something', async () => {
    const { a, sync } = await twoSides({ standup: 'at 9' });
    a.unclear.set(AT_A, { ident: undefined, reason: 'half-written', weight: 'problem' });
    a.touch('standup.ics');
    assert.deepEqual(problemsIn(await sync()), ['unclear standup']);
  });

  it('blocks the item it is known to be, wherever that is', async () => {
    const { a, sync, writes, holds } = await twoSides({ standup: 'at 9', review: 'at 14' });
    a.drop('standup.ics');
    a.unclear.set(href('/one/work/new.ics'), {
      ident: identOfUid('standup'),
      reason: 'being renamed',
      weight: 'passing',
    });
    assert.deepEqual(problemsIn(await sync()), []);
    holds('b', { standup: 'at 9', review: 'at 14' });
    a.unclear.clear();
    a.put('new.ics', event('standup', 'at 9'));
    await sync();
    writes('b', 0);
    assert.equal((await sync()).changes.length, 0);
  });

  it('never makes the other side lose what was edited there meanwhile', async () => {
    const { a, put, sync, holds } = await twoSides({ standup: 'at 9' });
    put('a', { standup: 'at 10' });
    put('b', { standup: 'at 11' });
    a.unclear.set(AT_A, { ident: undefined, reason: 'being edited', weight: 'passing' });
    await sync();
    a.unclear.clear();
    assert.deepEqual(problemsIn(await sync()), ['conflict standup']);
    holds('b', { standup: 'at 11' });
  });
});

describe('a listing that fails', () => {
  for (const side of ['a', 'b'] as const) {
    it(`on side ${side} changes nothing, and the next run does the work`, async () => {
      const { put, sync, holds, options, writes } = await twoSides({ standup: 'at 9', review: 'at 14' });
      put('a', { standup: 'at 10' });
      put('b', { standup: 'at 9', review: 'at 14', tea: 'at 16' });
      options[side].failsListing = new ServerError('507 cut short');
      const { outcome, error } = await sync();
      assert.deepEqual([outcome, error?.code, error?.retryable], ['failed', 'server', true]);
      writes('a', 0);
      writes('b', 0);
      options[side].failsListing = undefined;
      const done = ['create tea on a', 'remove review on b', 'update standup on b'];
      assert.deepEqual(changesIn(await sync()).toSorted(), done);
      holds('b', { standup: 'at 10', tea: 'at 16' });
    });
  }
});
