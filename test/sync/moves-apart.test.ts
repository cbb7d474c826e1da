import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RefusedError, ServerError } from '../../src/core/errors.ts';
import type { Pair } from '../../src/sync/pair.ts';
import type { PairReport } from '../../src/sync/report.ts';
import { textOf } from '../support/items.ts';
import type { MemoryOptions, MemoryStorage } from '../support/memory-storage.ts';
import { syncKilledAt } from '../support/kill-at.ts';
import { put, type Trial, trial } from '../support/pair-trial.ts';
import { changesIn, type Contents, contentsOf } from '../support/two-sides.ts';

/** As another program would do it: the same file, in another folder. */
function carry(storage: MemoryStorage, title: string, to: string): void {
  storage.collection('home').drop('standup.ics');
  storage.collection(to).put('standup.ics', textOf('calendar', 'standup', title));
}

const holds = ({ a, b }: Trial, contents: Readonly<Record<string, Contents>>): void => {
  for (const storage of [a, b])
    for (const [id, want] of Object.entries(contents))
      assert.deepEqual(contentsOf(storage.collection(id)), want, `${storage.name}/${id}`);
};

describe('an item that each side moved to another collection', () => {
  /** On a it is in "work" now, on b in "club". */
  async function apart(
    { a, b }: { readonly a?: MemoryOptions; readonly b?: MemoryOptions } = {},
    { onA = 'tea', onB = 'tea', pair = {} }: { onA?: string; onB?: string; pair?: Partial<Pair> } = {},
  ): Promise<Trial> {
    const made = trial({ a: { moves: true, ...a }, b: { moves: true, ...b }, pair });
    for (const id of ['work', 'club']) made.a.collection(id);
    for (const uid of ['standup', 'lunch']) put(made.a, 'home', uid);
    await made.sync();
    await made.sync();
    carry(made.a, onA, 'work');
    carry(made.b, onB, 'club');
    return made;
  }

  const stepsIn = ({ collections }: PairReport): string[] =>
    collections
      .flatMap(({ name, changes }) => changesIn({ changes }).map((step) => `${name}: ${step}`))
      .toSorted();

  async function isQuiet(made: Trial): Promise<void> {
    await made.sync();
    const { collections } = await made.sync();
    assert.deepEqual(
      collections.map(({ outcome, problems }) => [outcome, problems.length]),
      collections.map(() => ['quiet', 0]),
    );
  }

  for (const moves of [true, false])
    it(`is where a put it, ${moves ? 'by MOVE' : 'in two steps where the storage refuses to move'}`, async () => {
      const refuses: MemoryOptions = {
        failsWrite: (write) => (write === 'move' ? new RefusedError('not here') : undefined),
      };
      const made = await apart(moves ? {} : { b: refuses });
      assert.deepEqual(stepsIn(await made.sync({ dryRun: true })), [
        'club: remove standup on b',
        'work: create standup on b',
      ]);
      const report = await made.sync();
      assert.deepEqual(stepsIn(report), ['club: remove standup on b', 'work: create standup on b']);
      holds(made, { home: { lunch: 'tea' }, work: { standup: 'tea' }, club: {} });
      assert.equal(made.b.collection('club').calls.move, 1);
      await isQuiet(made);
    });

  it('keeps what a changed on the way', async () => {
    const made = await apart({}, { onA: 'coffee' });
    await made.sync();
    holds(made, { home: { lunch: 'tea' }, work: { standup: 'coffee' }, club: {} });
    await isQuiet(made);
  });

  it('is in both where b changed it on the way: nothing a person wrote is lost', async () => {
    const made = await apart({}, { onB: 'coffee' });
    await made.sync();
    holds(made, { home: { lunch: 'tea' }, work: { standup: 'tea' }, club: { standup: 'coffee' } });
    await isQuiet(made);
  });

  it('is in both where nothing is deleted on b', async () => {
    const made = await apart({}, { pair: { noDelete: { a: false, b: true } } });
    await made.sync();
    for (const id of ['work', 'club'])
      assert.deepEqual(contentsOf(made.b.collection(id)), { standup: 'tea' });
  });

  it('stays where b put it when somebody is at it there', async () => {
    const made = await apart({ b: { failsWrite: () => new ServerError('busy') } });
    await made.sync();
    assert.deepEqual(contentsOf(made.b.collection('club')), { standup: 'tea' });
    delete made.b.options.failsWrite;
    for (let run = 0; run < 3; run += 1) await made.sync();
    for (const storage of [made.a, made.b])
      assert.ok(['work', 'club'].some((id) => Object.hasOwn(contentsOf(storage.collection(id)), 'standup')));
  });

  for (let step = 1; step <= 12; step += 1)
    for (const side of ['a', 'b'] as const)
      it(`is nowhere lost when the run is killed at call ${step} on ${side}`, async () => {
        const made = await apart();
        let calls = 0;
        made[side].options.onCall = () => {
          calls += 1;
          if (calls === step) throw new TypeError('killed');
        };
        await made.sync().catch((error: unknown) => assert.ok(error instanceof TypeError));
        delete made[side].options.onCall;
        for (let run = 0; run < 2; run += 1) await made.sync();
        holds(made, { home: { lunch: 'tea' }, work: { standup: 'tea' } });
        // Between forgetting where it was and removing it from b's place, nobody knows any more that the two are one: then it stays in both.
        assert.deepEqual(contentsOf(made.a.collection('club')), contentsOf(made.b.collection('club')));
        await isQuiet(made);
      });

  it('is not lost when somebody brings it back on a after the run was killed', async () => {
    for (let step = 1, alive = false; !alive; step += 1) {
      const made = await apart();
      alive = await syncKilledAt(made, step);
      const { a } = made;
      const text = a.collection('work').texts()['standup.ics'];
      if (text === undefined) continue;
      a.collection('work').drop('standup.ics');
      a.collection('home').put('standup.ics', text);
      for (let run = 0; run < 3; run += 1) await made.sync();
      for (const storage of [made.a, made.b])
        assert.ok(
          ['home', 'work', 'club'].some((id) => Object.hasOwn(contentsOf(storage.collection(id)), 'standup')),
          `killed at ${step}`,
        );
    }
  });
});
