import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { put, type Trial, trial } from '../support/pair-trial.ts';
import { contentsOf } from '../support/two-sides.ts';

class Killed extends Error {}

/** In two collections on both sides; then each side deleted another one. */
async function crossed(): Promise<Trial> {
  const made = trial();
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
    for (let at = 1, alive = false; !alive; at += 1) {
      const made = await crossed();
      let calls = 0;
      const shoot = (): void => {
        calls += 1;
        if (calls === at) throw new Killed();
      };
      for (const side of [made.a, made.b]) side.options.onCall = shoot;
      alive = await made.sync().then(
        () => true,
        (error: unknown) => {
          assert.ok(error instanceof Killed);
          return false;
        },
      );
      for (const side of [made.a, made.b]) delete side.options.onCall;
      await made.sync();
      assert.equal(placesOn(made, 'a').length, 1, `killed at call ${at}`);
      assert.deepEqual(placesOn(made, 'a'), placesOn(made, 'b'));
    }
  });
});
