import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RefusedError } from '../../src/core/errors.ts';
import type { Side } from '../../src/core/status.ts';
import { textOf } from '../support/items.ts';
import { killedEverywhere, syncKilledAt } from '../support/kill-at.ts';
import type { MemoryOptions } from '../support/memory-storage.ts';
import { put, type Trial, trial } from '../support/pair-trial.ts';
import { contentsOf } from '../support/two-sides.ts';

/** In step, then moved on side a from "home" to "work". */
async function movedOnA(b: MemoryOptions): Promise<Trial> {
  const made = trial({ b, pair: { conflict: 'merge' } });
  for (const uid of ['standup', 'lunch']) put(made.a, 'home', uid);
  put(made.a, 'work', 'review');
  await rest(made);
  made.a.collection('home').drop('standup.ics');
  put(made.a, 'work', 'standup');
  return made;
}

/** @returns the problems that the last of some runs tells of */
async function rest(made: Trial): Promise<readonly string[]> {
  let last = await made.sync();
  for (let run = 0; run < 3; run += 1) {
    made.clock.ms += 60_000;
    last = await made.sync();
  }
  return last.collections.flatMap(({ problems }) => problems.map(({ type }) => type));
}

/** `home` and `work` of a side, as far as the item is there. */
const placesOn = (made: Trial, side: Side): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ['home', 'work'].flatMap((id) => {
      const title = contentsOf(made[side].collection(id))['standup'];
      return title === undefined ? [] : [[id, title]];
    }),
  );

const STORAGES: [name: string, b: MemoryOptions][] = [
  ['moves', { moves: true }],
  ['cannot move', {}],
  [
    'refuses to move',
    { moves: true, failsWrite: (write) => (write === 'move' ? new RefusedError('not here') : undefined) },
  ],
];

describe('a run that is killed while it follows a move', () => {
  for (const [name, b] of STORAGES)
    for (const editor of ['a', 'b'] as const)
      it(`on a storage that ${name}: an edit on ${editor} after that is no conflict`, async () => {
        await killedEverywhere(async (step) => {
          const made = await movedOnA(b);
          const survived = await syncKilledAt(made, step);
          if (placesOn(made, editor)['work'] === undefined) return survived;
          made[editor].collection('work').put('standup.ics', textOf('calendar', 'standup', 'edited'));
          assert.deepEqual(await rest(made), [], `killed at step ${step}`);
          for (const side of ['a', 'b'] as const)
            assert.deepEqual(placesOn(made, side), { work: 'edited' }, `killed at step ${step}`);
          return survived;
        });
      });

  for (const states of ['digest', true] as const)
    for (const isBack of [true, false])
      it(`notices that b ${isBack ? 'moved it back' : 'deleted it'} then, with ${states === true ? 'states' : 'states that come back'}`, async () => {
        await killedEverywhere(async (step) => {
          const made = await movedOnA({ moves: true, states });
          const survived = await syncKilledAt(made, step);
          if (placesOn(made, 'b')['work'] === undefined) return survived;
          made.b.collection('work').drop('standup.ics');
          if (isBack) put(made.b, 'home', 'standup');
          await rest(made);
          const places = placesOn(made, 'a');
          assert.deepEqual(places, placesOn(made, 'b'), `killed at step ${step}`);
          assert.ok(Object.keys(places).length <= 1, `killed at step ${step}: ${Object.keys(places).join()}`);
          return survived;
        });
      });
});
