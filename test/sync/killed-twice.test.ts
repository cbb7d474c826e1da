import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { textOf } from '../support/items.ts';
import { killedEverywhere, syncKilledAt } from '../support/kill-at.ts';
import { put, type Trial, trial } from '../support/pair-trial.ts';

const standup = textOf('calendar', 'standup', 'tea');
const edited = standup.replace('END:VEVENT', 'LOCATION:kitchen\r\nEND:VEVENT');

async function newOnA(tokens: boolean): Promise<Trial> {
  const made = trial({ a: { tokens }, b: { tokens } });
  for (const side of [made.a, made.b]) put(side, 'work', 'lunch');
  for (let run = 0; run < 3; run += 1) await made.sync();
  made.a.collection('work').put('standup.ics', standup);
  return made;
}

/** @returns whether either run came to its end: then there is nothing more to try */
async function editedBetween(
  [first, second]: readonly [number, number],
  tokens: boolean,
): Promise<{ readonly first: boolean; readonly second: boolean }> {
  const made = await newOnA(tokens);
  const isFirstDone = await syncKilledAt(made, first);
  if (made.b.collection('work').texts()['standup.ics'] === undefined)
    return { first: isFirstDone, second: true };
  made.b.collection('work').put('standup.ics', edited);
  const isSecondDone = await syncKilledAt(made, second);
  for (let run = 0; run < 2; run += 1) await made.sync();
  const onA = made.a.collection('work').texts()['standup.ics'] ?? '';
  assert.match(onA, /LOCATION:kitchen/, `killed at steps ${first} and ${second}`);
  return { first: isFirstDone, second: isSecondDone };
}

describe('an edit between two runs that are killed', () => {
  for (const tokens of [true, false])
    it(`of an item that the first one was storing gets to the other side, ${tokens ? 'with' : 'without'} tokens`, async () => {
      await killedEverywhere(async (first) => {
        let isFirstDone = false;
        await killedEverywhere(async (second) => {
          const done = await editedBetween([first, second], tokens);
          isFirstDone = done.first;
          return done.second;
        });
        return isFirstDone;
      });
    });
});
