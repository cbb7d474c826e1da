import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changesIn, problemsIn, twoSides } from '../support/two-sides.ts';

describe('a side that has become empty', () => {
  for (const side of ['a', 'b'] as const) {
    it(`stops the collection until it is allowed: ${side}`, async () => {
      const { put, sync, holds, writes } = await twoSides({ standup: 'at 9', review: 'at 14' });
      const other = side === 'a' ? 'b' : 'a';
      put(side, {});
      for (const round of [1, 2]) {
        const { outcome, error } = await sync();
        assert.deepEqual([outcome, error?.code], ['failed', 'emptied'], `round ${round}`);
      }
      writes(other, 0);
      await sync({ allowEmpty: true });
      holds(other, {});
    });
  }

  it('is filled again where its items came back', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9', review: 'at 14' });
    put('a', {});
    await sync();
    put('a', { standup: 'at 9', review: 'at 14' });
    put('b', { standup: 'at 10', review: 'at 14' });
    assert.deepEqual(problemsIn(await sync()), []);
    holds('a', { standup: 'at 10', review: 'at 14' });
  });

  it('is followed at once when the pair says so', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9' }, { onEmpty: 'sync' });
    put('a', {});
    assert.deepEqual(changesIn(await sync()), ['remove standup on b']);
    holds('b', {});
  });

  it('is believed when it saw a few items being deleted', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9' }, { a: { deletions: 'journalled' } });
    put('a', {});
    await sync();
    holds('b', {});
  });

  it('without tokens is found out just the same', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9' }, { a: { tokens: false } });
    put('a', {});
    assert.equal((await sync()).error?.code, 'emptied');
    holds('b', { standup: 'at 9' });
  });
});
