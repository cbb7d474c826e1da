import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changesIn, problemsIn, twoSides } from '../support/two-sides.ts';

describe('sync of items', () => {
  it('copies what is new to the other side, both ways', async () => {
    const { put, sync, holds } = await twoSides({});
    put('a', { standup: 'at 9' });
    put('b', { review: 'at 14' });
    const report = await sync();
    assert.deepEqual(changesIn(report), ['create review on a', 'create standup on b']);
    holds('a', { standup: 'at 9', review: 'at 14' });
    holds('b', { standup: 'at 9', review: 'at 14' });
  });

  it('asks nothing at all of a pair that is quiet', async () => {
    const { sync, a, b } = await twoSides({ standup: 'at 9' });
    const { outcome } = await sync();
    assert.equal(outcome, 'quiet');
    assert.deepEqual([a.calls.changes, b.calls.changes], [0, 0]);
  });

  it('sends nothing twice to a server that rewrites what it stores', async () => {
    const rewrites = (text: string): string => text.replace('SUMMARY', 'X-SEEN:1\r\nSUMMARY');
    const { put, sync, writes, b } = await twoSides({}, { b: { rewrites } });
    put('a', { standup: 'at 9' });
    await sync();
    await sync();
    writes('b', 1);
    writes('a', 0);
    assert.equal(b.calls.fetches, 1);
  });

  it('updates the other side with an edit', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9' });
    put('b', { standup: 'at 10' });
    assert.deepEqual(changesIn(await sync()), ['update standup on a']);
    holds('a', { standup: 'at 10' });
  });

  it('removes what was deleted', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9', review: 'at 14' });
    put('b', { standup: 'at 9' });
    assert.deepEqual(changesIn(await sync()), ['remove review on a']);
    holds('a', { standup: 'at 9' });
  });

  it('leaves a conflict alone and tells it again and again', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9' });
    put('a', { standup: 'at 10' });
    put('b', { standup: 'at 11' });
    assert.deepEqual(problemsIn(await sync()), ['conflict standup']);
    assert.deepEqual(problemsIn(await sync()), ['conflict standup']);
    holds('a', { standup: 'at 10' });
    holds('b', { standup: 'at 11' });
  });
});
