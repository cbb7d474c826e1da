import assert from 'node:assert/strict';
import { ServerError } from '../../src/core/errors.ts';
import { problemsIn } from '../support/two-sides.ts';
import type { Scenario } from './scenario.ts';

/** What may be written where, and in which mode. */
export const accessScenarios: readonly Scenario[] = [
  {
    title: 'S4, S21: a one-way pair takes back all that happened to the copy, after a word, in one run',
    setup: { oneWay: true },
    async run(pair) {
      await pair.put('a', { kept: 'tea', edited: 'tea' });
      await pair.put('b', { kept: 'tea', own: 'mine' });
      assert.deepEqual(problemsIn(await pair.sync()), ['held own']);
      await pair.settled({ deletions: 'confirm' });
      await pair.bothHold({ kept: 'tea', edited: 'tea' });
      await pair.put('b', { edited: 'changed', new: 'mine too' });
      await pair.settled();
      await pair.bothHold({ kept: 'tea', edited: 'tea' });
      assert.deepEqual(pair.spies.a.writes, []);
    },
  },
  {
    title: 'S5, S6: what a read-only side lacks is named as refused every time, and stays',
    async run(pair) {
      await pair.start({ old: 'tea' });
      pair.readOnly.b = true;
      await pair.put('a', { old: 'tea', new: 'cake' });
      for (const _run of [1, 2]) assert.deepEqual(problemsIn(await pair.sync()), ['refused new']);
      await pair.holds('a', { old: 'tea', new: 'cake' });
      await pair.holds('b', { old: 'tea' });
      pair.wroteNothing();
    },
  },
  {
    title: 'S7: what was deleted beside a read-only side comes back when it is edited there',
    async run(pair) {
      pair.readOnly.a = true;
      await pair.put('a', { one: 'tea', two: 'cake' });
      await pair.settled();
      await pair.put('b', { two: 'cake' });
      for (const _run of [1, 2]) assert.deepEqual(problemsIn(await pair.sync()), ['refused one']);
      await pair.holds('b', { two: 'cake' });
      await pair.put('a', { one: 'coffee', two: 'cake' });
      await pair.settled();
      await pair.bothHold({ one: 'coffee', two: 'cake' });
      assert.deepEqual(pair.spies.a.writes, []);
    },
  },
  {
    title: 'S20: where both are read-only each item is named, and nothing is written',
    async run(pair) {
      await pair.put('a', { one: 'tea' });
      await pair.put('b', { two: 'cake' });
      Object.assign(pair.readOnly, { a: true, b: true });
      for (const _run of [1, 2])
        assert.deepEqual(problemsIn(await pair.sync()).toSorted(), ['refused one', 'refused two']);
      pair.wroteNothing();
    },
  },
  {
    title: 'S26: what one side fails to take is named, and what goes the other way arrives and is noted',
    async run(pair) {
      await pair.put('a', { one: 'tea' });
      await pair.put('b', { two: 'cake' });
      pair.spies.b.onCall = (call, when) => {
        if (call !== 'changes' && when === 'before') throw new ServerError('500 out of order');
      };
      assert.deepEqual(problemsIn(await pair.sync()), ['failed one']);
      await pair.holds('a', { one: 'tea', two: 'cake' });
      await pair.holds('b', { two: 'cake' });
      assert.deepEqual(
        [...pair.status().all()].map(({ ident }) => ident),
        ['two'],
      );
      pair.spies.b.onCall = undefined;
      await pair.settled();
      await pair.bothHold({ one: 'tea', two: 'cake' });
    },
  },
];
