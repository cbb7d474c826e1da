import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pair } from '../../src/sync/pair.ts';
import { killedEverywhere, syncKilledAt } from '../support/kill-at.ts';
import { put, type Trial, trial } from '../support/pair-trial.ts';
import { contentsOf } from '../support/two-sides.ts';

/** In two collections on both sides; then each side deleted another one. */
async function crossed(pair: Partial<Pair> = {}): Promise<Trial> {
  const made = trial({ pair });
  for (const side of [made.a, made.b]) for (const id of ['home', 'work']) put(side, id, 'standup');
  for (const id of ['home', 'work']) put(made.a, id, 'other');
  await made.sync();
  made.a.collection('home').drop('standup.ics');
  made.b.collection('work').drop('standup.ics');
  return made;
}

const placesOn = (made: Trial, side: 'a' | 'b'): string[] =>
  ['home', 'work'].filter((id) => Object.hasOwn(contentsOf(made[side].collection(id)), 'standup'));

describe('an item that was in two collections, of which each side deleted another one', () => {
  it('stays in one of them on both sides', async () => {
    const made = await crossed();
    await made.sync();
    assert.equal(placesOn(made, 'a').length, 1);
    assert.deepEqual(placesOn(made, 'a'), placesOn(made, 'b'));
  });

  it('stays, wherever the run that finds it is killed', async () => {
    await killedEverywhere(async (step) => {
      const made = await crossed();
      const survived = await syncKilledAt(made, step);
      await made.sync();
      assert.equal(placesOn(made, 'a').length, 1, `killed at step ${step}`);
      assert.deepEqual(placesOn(made, 'a'), placesOn(made, 'b'));
      return survived;
    });
  });

  for (const [side, place] of [
    ['a', 'work'],
    ['b', 'home'],
  ] as const) {
    it(`stays where it was left on ${side}, which is read-only`, async () => {
      const made = await crossed();
      made[side].options.readOnly = true;
      const { collections } = await made.sync();
      assert.deepEqual(
        collections.flatMap(({ problems }) => problems),
        [],
      );
      assert.deepEqual([placesOn(made, 'a'), placesOn(made, 'b')], [[place], [place]]);
    });

    it(`is kept on ${side}, which keeps what is deleted, and each deletion is followed on the other side`, async () => {
      const made = await crossed({ noDelete: { a: side === 'a', b: side === 'b' } });
      for (let run = 0; run < 2; run += 1) await made.sync();
      assert.deepEqual(placesOn(made, side), [place]);
      assert.deepEqual(placesOn(made, side === 'a' ? 'b' : 'a'), []);
    });
  }

  it('is left as it is where both sides are read-only', async () => {
    const made = await crossed();
    for (const side of [made.a, made.b]) side.options.readOnly = true;
    await made.sync();
    assert.deepEqual([placesOn(made, 'a'), placesOn(made, 'b')], [['work'], ['home']]);
  });
});
