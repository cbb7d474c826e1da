import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { href } from '../../src/core/storage.ts';
import { changesIn, type Contents, problemsIn, type TwoSides, twoSides } from '../support/two-sides.ts';

const START = { standup: 'at 9', lunch: 'at 12' };

/** The configuration says so from now on. */
const switchTo = ({ pair }: TwoSides, oneWay: boolean): void => void Object.assign(pair, { oneWay });

interface Case {
  readonly given: (sides: TwoSides) => Promise<unknown> | void;
  /** What waits for a word. */
  readonly held: readonly string[];
  /** What b has until then, */
  readonly before: Contents;
  /** and afterwards. */
  readonly after: Contents;
}

const cases: readonly (readonly [string, Case])[] = [
  [
    'what b has in a conflict',
    {
      given: ({ put, sync }) => {
        put('a', { ...START, standup: 'at 10' });
        put('b', { ...START, standup: 'at 11' });
        return sync();
      },
      held: ['held standup'],
      before: { ...START, standup: 'at 11' },
      after: { ...START, standup: 'at 10' },
    },
  ],
  [
    'what a refused to take, new and edited',
    {
      given: ({ put, sync, options }) => {
        options.a.readOnly = true;
        put('b', { ...START, standup: 'at 11', own: 'mine' });
        return sync();
      },
      held: ['held own', 'held standup'],
      before: { ...START, standup: 'at 11', own: 'mine' },
      after: START,
    },
  ],
  [
    'what was made and edited on b since the last run',
    {
      given: ({ put }) => put('b', { ...START, standup: 'at 11', own: 'mine' }),
      held: ['held own', 'held standup'],
      before: { ...START, standup: 'at 11', own: 'mine' },
      after: START,
    },
  ],
  [
    'what was edited on b and deleted on a',
    {
      given: ({ put }) => {
        put('a', { lunch: 'at 12' });
        put('b', { ...START, standup: 'at 11' });
      },
      held: ['held standup'],
      before: { ...START, standup: 'at 11' },
      after: { lunch: 'at 12' },
    },
  ],
];

describe('a pair that has become one-way', () => {
  for (const [name, { given, held, before, after }] of cases)
    it(`overwrites nothing without a word: ${name}`, async () => {
      const sides = await twoSides(START);
      await given(sides);
      switchTo(sides, true);
      for (const run of [1, 2, 3]) {
        const report = await sides.sync();
        assert.deepEqual([changesIn(report), problemsIn(report).toSorted()], [[], held], `run ${run}`);
      }
      sides.holds('b', before);
      assert.deepEqual(problemsIn(await sides.sync({ deletions: 'confirm' })), []);
      for (const side of ['a', 'b'] as const) sides.holds(side, after);
    });

  it('asks about what was in doubt at first, too', async () => {
    const sides = await twoSides(START);
    const { b } = sides;
    sides.put('b', { ...START, standup: 'at 11', own: 'mine' });
    switchTo(sides, true);
    for (const name of ['standup', 'own']) b.withheld.add(href(`${b.info.href}${name}.ics`));
    for (const _run of [1, 2]) await sides.sync();
    b.withheld.clear();
    assert.deepEqual(problemsIn(await sides.sync()).toSorted(), ['held own', 'held standup']);
    sides.holds('b', { ...START, standup: 'at 11', own: 'mine' });
  });

  it('may be confirmed at first sight', async () => {
    const sides = await twoSides(START);
    sides.put('b', { ...START, own: 'mine' });
    switchTo(sides, true);
    await sides.sync({ deletions: 'confirm' });
    sides.holds('b', START);
  });

  it('has what was edited and deleted on a carried as ever', async () => {
    const sides = await twoSides(START);
    sides.put('a', { standup: 'at 10' });
    switchTo(sides, true);
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.holds('b', { standup: 'at 10' });
  });

  it('takes back what is done on b from its first run on, also after one that had nothing to do', async () => {
    const sides = await twoSides(START);
    switchTo(sides, true);
    assert.deepEqual(changesIn(await sides.sync()), []);
    sides.put('b', { ...START, standup: 'at 11', own: 'mine' });
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.holds('b', START);
    await sides.sync();
    assert.equal((await sides.sync()).outcome, 'quiet');
  });

  it('for the second time asks once more', async () => {
    const sides = await twoSides(START, { oneWay: true });
    switchTo(sides, false);
    await sides.sync();
    switchTo(sides, true);
    sides.put('b', { ...START, own: 'mine' });
    assert.deepEqual(problemsIn(await sides.sync()), ['held own']);
    sides.holds('b', { ...START, own: 'mine' });
  });

  it('overwrites nothing after a first run that lost its way', async () => {
    const sides = await twoSides(START);
    sides.put('b', { ...START, own: 'mine' });
    switchTo(sides, true);
    sides.put('a', {});
    assert.equal((await sides.sync()).error?.code, 'emptied');
    sides.put('a', START);
    assert.deepEqual(problemsIn(await sides.sync()), ['held own']);
  });
});
