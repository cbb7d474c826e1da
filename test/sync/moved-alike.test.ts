import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Side } from '../../src/core/status.ts';
import { textOf } from '../support/items.ts';
import { killedEverywhere, syncKilledAt } from '../support/kill-at.ts';
import { put, type Trial, trial } from '../support/pair-trial.ts';
import type { Pair } from '../../src/sync/pair.ts';
import type { MemoryOptions } from '../support/memory-storage.ts';
import { type Contents, contentsOf } from '../support/two-sides.ts';

interface Story {
  readonly to?: string;
  readonly onA?: string;
  readonly onB?: string;
  readonly b?: MemoryOptions;
  readonly conflict?: Pair['conflict'];
}

/** Each side moved it from "home" to the same collection, and perhaps edited it. */
async function movedAlike({ to = 'work', onA, onB, b, conflict = 'manual' }: Story): Promise<Trial> {
  const base = textOf('calendar', 'standup', 'tea');
  const made = trial({ a: { moves: true }, b: { moves: true, ...b }, pair: { conflict } });
  for (const id of ['home', to]) put(made.a, id, `stays in ${id}`);
  put(made.a, 'home', 'standup');
  for (let run = 0; run < 3; run += 1) await made.sync();
  for (const [side, text] of [
    ['a', onA ?? base],
    ['b', onB ?? (b?.rewrites ?? String)(base)],
  ] as const) {
    made[side].collection('home').drop('standup.ics');
    made[side].collection(to).put('standup.ics', text);
  }
  return made;
}

const titled = (title: string): string => textOf('calendar', 'standup', title);
const placed = (place: string): string =>
  textOf('calendar', 'standup', 'tea').replace('END:VEVENT', `LOCATION:${place}\r\nEND:VEVENT`);

const contents = (made: Trial, side: Side, id: string): Contents => contentsOf(made[side].collection(id));

async function problemsOf(made: Trial): Promise<readonly string[]> {
  const { collections } = await made.sync();
  return collections.flatMap(({ problems }) => problems.map(({ type, reason }) => `${type}: ${reason}`));
}

async function holds(made: Trial, want: string, to = 'work'): Promise<void> {
  assert.deepEqual(await problemsOf(made), []);
  for (const side of ['a', 'b'] as const) {
    assert.equal(contents(made, side, to)['standup'], want, side);
    assert.equal(contents(made, side, 'home')['standup'], undefined, side);
  }
}

describe('an item that both sides moved to the same collection', () => {
  for (const to of ['archive', 'work'])
    for (const editor of ['a', 'b'] as const)
      it(`keeps what only ${editor} changed on the way to "${to}", without a conflict`, async () => {
        const made = await movedAlike({ to, [editor === 'a' ? 'onA' : 'onB']: titled('edited') });
        await holds(made, 'edited', to);
      });

  it('is merged where each changed another part of it', async () => {
    const made = await movedAlike({ onA: titled('edited'), onB: placed('kitchen'), conflict: 'merge' });
    await holds(made, 'edited');
    for (const side of ['a', 'b'] as const)
      assert.match(made[side].collection('work').texts()['standup.ics'] ?? '', /LOCATION:kitchen/);
  });

  it('is a conflict where both changed the same', async () => {
    const made = await movedAlike({ onA: titled('one'), onB: titled('other'), conflict: 'merge' });
    assert.match((await problemsOf(made)).join(), /^conflict: /);
    assert.deepEqual(
      [contents(made, 'a', 'work')['standup'], contents(made, 'b', 'work')['standup']],
      ['one', 'other'],
    );
  });

  it('is no conflict where a server rewrites what it stores', async () => {
    const rewrites = (text: string): string => text.replace('SUMMARY', 'X-SEEN:1\r\nSUMMARY');
    await holds(await movedAlike({ b: { rewrites } }), 'tea');
  });

  it('is told as an update in a dry run', async () => {
    const made = await movedAlike({ onB: titled('edited') });
    const { collections } = await made.sync({ dryRun: true });
    assert.deepEqual(
      collections.flatMap(({ name, changes }) => changes.map(({ type, on }) => `${name}: ${type} on ${on}`)),
      ['work: update on a'],
    );
    await holds(made, 'edited');
  });

  it('is left alone where two collections have it now: which one it went to nobody knows', async () => {
    const made = await movedAlike({ onB: titled('edited') });
    made.a.collection('club').put('standup.ics', titled('tea'));
    made.b.collection('club').put('standup.ics', titled('edited'));
    assert.equal((await problemsOf(made)).length, 2);
  });

  it('keeps the edit wherever the run is killed', async () => {
    await killedEverywhere(async (step) => {
      const made = await movedAlike({ onB: titled('edited') });
      const survived = await syncKilledAt(made, step);
      await made.sync();
      await holds(made, 'edited');
      return survived;
    });
  });

  it('is in one place when one side moves it on after a run that was killed', async () => {
    await killedEverywhere(async (step) => {
      const made = await movedAlike({});
      // So that "work" has to wait for the others.
      made.a.collection('work').drop('stays in work.ics');
      put(made.a, 'club', 'stays in work');
      const survived = await syncKilledAt(made, step);
      made.a.collection('work').drop('standup.ics');
      put(made.a, 'club', 'standup');
      for (let run = 0; run < 3; run += 1) await made.sync();
      for (const side of ['a', 'b'] as const)
        assert.deepEqual(
          ['club', 'home', 'work'].filter((id) => contents(made, side, id)['standup'] !== undefined),
          ['club'],
          `killed at step ${step}`,
        );
      return survived;
    });
  });
});
