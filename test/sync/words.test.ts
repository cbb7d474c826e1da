import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changesIn, type Contents, problemsIn, type TwoSides, twoSides } from '../support/two-sides.ts';

const items = (from: number, to: number): Contents =>
  Object.fromEntries(Array.from({ length: to - from }, (_, at) => [`item-${from + at}`, 'tea']));

/** 40 items in step, of which the first 25 were then deleted on a, which is held back on b and was told. */
async function held(): Promise<TwoSides> {
  const sides = await twoSides(items(0, 40));
  sides.put('a', items(25, 40));
  assert.equal((await sides.sync()).problems.length, 25);
  return sides;
}

describe('a word on what was held back on one side', () => {
  it('lets nothing go on the other side, which has become empty since', async () => {
    const { put, sync, holds } = await held();
    put('b', {});
    const { changes, problems } = await sync({ deletions: 'confirm' });
    assert.deepEqual([changes, problems.length], [[], 15]);
    assert.match(problems[0]?.reason ?? '', /items were deleted on b; "pimsync confirm pair\/work"/);
    holds('a', items(25, 40));
  });

  it('lets nothing go there, though a run in between has told that it is empty', async () => {
    const { put, sync, holds } = await held();
    put('b', {});
    assert.equal((await sync()).error?.code, 'emptied');
    assert.deepEqual(changesIn(await sync({ deletions: 'confirm' })), []);
    holds('a', items(25, 40));
  });

  it('is followed by a second one on what that side has lost', async () => {
    const { put, sync, holds } = await held();
    put('b', {});
    assert.match(
      (await sync()).error?.message ?? '',
      /, once for what was held back before and once for the rest,/,
    );
    await sync({ deletions: 'confirm' });
    assert.equal((await sync()).error?.code, 'emptied');
    holds('a', items(25, 40));
    await sync({ deletions: 'confirm' });
    holds('a', {});
  });

  it('lets no mass deletion go there', async () => {
    const { put, sync, holds } = await held();
    put('b', items(37, 40));
    const { problems } = await sync({ deletions: 'confirm' });
    assert.equal(problems.length, 12);
    holds('a', items(25, 40));
    holds('b', items(37, 40));
  });

  it('has a few deletions there go on as ever', async () => {
    const { put, sync, holds } = await held();
    put('b', items(0, 38));
    const { problems } = await sync({ deletions: 'confirm' });
    assert.deepEqual(problems, []);
    for (const side of ['a', 'b'] as const) holds(side, items(25, 38));
  });

  it('brings back what either side has lost, when it is to discard it', async () => {
    const { put, sync, holds } = await held();
    put('b', items(0, 3));
    await sync({ deletions: 'discard' });
    holds('a', { ...items(0, 3), ...items(25, 40) });
    holds('b', { ...items(0, 3), ...items(25, 40) });
  });

  it('overwrites nothing of a copy that was not told of', async () => {
    const { put, sync, holds, pair } = await held();
    put('b', { ...items(0, 40), own: 'mine' });
    Object.assign(pair, { oneWay: true });
    assert.deepEqual(problemsIn(await sync({ deletions: 'confirm' })), ['held own']);
    holds('b', { ...items(25, 40), own: 'mine' });
    await sync({ deletions: 'confirm' });
    holds('b', items(25, 40));
  });
});
