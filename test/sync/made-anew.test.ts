import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RefusedError } from '../../src/core/errors.ts';
import type { Pair } from '../../src/sync/pair.ts';
import { killedEverywhere, syncKilledAt } from '../support/kill-at.ts';
import { outcomes, put, type Trial, trial } from '../support/pair-trial.ts';
import { contentsOf } from '../support/two-sides.ts';

const UIDS = ['lunch', 'review', 'standup'];

/** In step, then deleted on that side as a whole. */
async function deletedOn(side: 'a' | 'b', pair: Partial<Pair> = {}): Promise<Trial> {
  const made = trial({ pair });
  for (const uid of UIDS) for (const storage of [made.a, made.b]) put(storage, 'work', uid);
  for (let run = 0; run < 3; run += 1) await made.sync();
  made[side].dropCollection('work');
  return made;
}

const isWhole = (made: Trial): boolean =>
  [made.a, made.b].every(
    (side) => side.has('work') && Object.keys(contentsOf(side.collection('work'))).join() === UIDS.join(),
  );

describe('a collection that is made anew by a run that is killed', () => {
  it('comes back without a word in a one-way pair', async () => {
    await killedEverywhere(async (step) => {
      const made = await deletedOn('b', { oneWay: true });
      const survived = await syncKilledAt(made, step);
      await made.sync();
      await made.sync();
      assert.ok(isWhole(made), `killed at step ${step}`);
      return survived;
    });
  });

  for (const type of ['all', 'from a', 'from b'] as const)
    for (const side of ['a', 'b'] as const)
      it(`comes back on ${side} without a second word once that was taken in (${type})`, async () => {
        let isTakenIn = false;
        await killedEverywhere(async (step) => {
          const made = await deletedOn(side, { collections: { type } });
          const survived = await syncKilledAt(made, step, { deletions: 'discard' });
          const isThere = made[side].has('work');
          const said = [...outcomes(await made.sync()), ...outcomes(await made.sync())];
          if (!isWhole(made)) {
            // The word came too late for that run: it is asked for again, and nothing else is done.
            assert.deepEqual(said, ['work: emptied', 'work: emptied'], `killed at step ${step}`);
            assert.ok(!isTakenIn && !isThere, `killed at step ${step}`);
          } else isTakenIn = true;
          return survived;
        });
        assert.ok(isTakenIn);
      });

  it('leaves the other side alone while nobody will make it', async () => {
    const made = await deletedOn('b');
    made.b.options.failsCreateCollection = new RefusedError('no more calendars');
    await made.sync({ deletions: 'discard' });
    for (let run = 0; run < 2; run += 1)
      assert.deepEqual(outcomes(await made.sync({ deletions: 'confirm' })), ['work: refused']);
    assert.deepEqual(Object.keys(contentsOf(made.a.collection('work'))), UIDS);
    delete made.b.options.failsCreateCollection;
    await made.sync();
    assert.ok(isWhole(made));
  });
});
