import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CollectionReport } from '../../src/sync/report.ts';
import { changesIn, type Contents, type TwoSides, twoSides } from '../support/two-sides.ts';

const items = (from: number, to: number): Contents =>
  Object.fromEntries(Array.from({ length: to - from }, (_, at) => [`item-${from + at}`, 'tea']));

/** 20 items in step, of which the first 11 are then deleted on a, where there is a new one. */
async function massDeleted(): Promise<TwoSides> {
  const sides = await twoSides(items(0, 20));
  sides.put('a', { ...items(11, 20), new: 'cake' });
  return sides;
}

describe('a dry run', () => {
  const waitingIn = ({ waiting = [] }: CollectionReport): string[] =>
    changesIn({ changes: waiting }).toSorted();

  it('of a first copy tells what waits for a word as steps, and no problems', async () => {
    const { sync, put, holds, status } = await twoSides({}, { oneWay: true });
    put('a', { same: 'tea', other: 'from a', new: 'cake' });
    put('b', { same: 'tea', other: 'from b', own: 'mine' });
    for (const round of ['first', 'after a run']) {
      const report = await sync({ dryRun: true });
      assert.deepEqual([report.outcome, report.problems, report.error], ['planned', [], undefined], round);
      assert.deepEqual(waitingIn(report), ['remove own on b', 'update other on b'], round);
      assert.deepEqual(
        report.waiting?.map(({ uid, title, reason }) => [uid, title, reason]),
        [
          [
            'other',
            'from a',
            'side b has another text of its own; "pimsync confirm pair/work" makes b a copy of a',
          ],
          ['own', 'mine', 'only side b has it; "pimsync confirm pair/work" makes b a copy of a'],
        ],
      );
      assert.deepEqual(changesIn(report), round === 'first' ? ['create new on b'] : []);
      if (round === 'first') await sync();
      await sync();
    }
    assert.equal((await sync()).outcome, 'quiet');
    holds('b', { same: 'tea', other: 'from b', own: 'mine', new: 'cake' });
    assert.equal(status.unfinished().length, 2);
  });

  it('tells a mass deletion as steps, beside what goes on', async () => {
    const { sync } = await massDeleted();
    const report = await sync({ dryRun: true });
    assert.deepEqual([changesIn(report), report.problems], [['create new on b'], []]);
    assert.equal(report.waiting?.length, 11);
    assert.match(
      report.waiting[0]?.reason ?? '',
      /^11 of 20 items were deleted on a; "pimsync confirm pair\/work"/,
    );
  });

  it('with a word tells what that word has done', async () => {
    const { sync } = await massDeleted();
    const confirmed = await sync({ dryRun: true, deletions: 'confirm' });
    assert.deepEqual([confirmed.changes.length, confirmed.waiting], [12, []]);
  });

  it('of an emptied side fails as a run does, and tells what waits', async () => {
    const { sync, put } = await twoSides({ standup: 'at 9', review: 'at 14' });
    put('a', {});
    const report = await sync({ dryRun: true });
    assert.deepEqual([report.outcome, report.error?.code], ['failed', 'emptied']);
    assert.deepEqual(waitingIn(report), ['remove review on b', 'remove standup on b']);
    assert.match(
      report.waiting?.[0]?.reason ?? '',
      /^all 2 items are gone from side a; .*"pimsync confirm pair\/work"/,
    );
  });
});
