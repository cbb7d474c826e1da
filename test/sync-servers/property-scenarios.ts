import assert from 'node:assert/strict';
import type { PropertyName } from '../../src/core/storage.ts';
import type { RealPair } from '../support/real-pair.ts';
import { type Scenario, SIDES } from './scenario.ts';

/** What each side has for a property. */
const valuesOf = async (pair: RealPair, name: PropertyName): Promise<readonly (string | undefined)[]> =>
  Promise.all(SIDES.map(async (side) => (await pair.properties(side))[name]));

const set = (pair: RealPair, side: 'a' | 'b', name: PropertyName, value: string | undefined): Promise<void> =>
  pair.setProperties(side, new Map([[name, value]]));

/** The names and colours of collections on two real places. */
export const propertyScenarios: readonly Scenario[] = [
  {
    title: 'M2: a colour that is set, changed and taken away is so on the other side, each in one run',
    async run(pair) {
      await pair.start({ standup: 'at 9' });
      await set(pair, 'a', 'color', '#00AA7F');
      await pair.settled();
      assert.deepEqual(await valuesOf(pair, 'color'), ['#00AA7F', '#00AA7F']);
      await set(pair, 'b', 'color', '#123456');
      await pair.settled();
      assert.deepEqual(await valuesOf(pair, 'color'), ['#123456', '#123456']);
      assert.deepEqual(
        [pair.spies.a.writes, pair.spies.b.writes],
        [['setProperties color'], ['setProperties color']],
      );
      await pair.isAtRest();
      await set(pair, 'b', 'color', undefined);
      await pair.settled();
      assert.deepEqual(await valuesOf(pair, 'color'), [undefined, undefined]);
    },
  },
  {
    title: 'M3: names that differ at first sight are told of and stay as they are',
    async run(pair) {
      await set(pair, 'a', 'displayname', 'Work');
      await set(pair, 'b', 'displayname', 'Büro');
      for (const _run of [1, 2]) {
        const { notes, error } = await pair.sync();
        assert.match(notes.join(), /displayname is "Work" on a and "Büro" on b/);
        assert.equal(error, undefined);
      }
      assert.deepEqual(await valuesOf(pair, 'displayname'), ['Work', 'Büro']);
      pair.wroteNothing();
    },
  },
  {
    title: 'M6: what both have alike is noted, so that a change of one side goes to the other',
    async run(pair) {
      for (const side of SIDES) await set(pair, side, 'displayname', 'Work');
      await pair.settled();
      pair.wroteNothing();
      await set(pair, 'a', 'displayname', 'Büro');
      await pair.settled();
      assert.deepEqual(await valuesOf(pair, 'displayname'), ['Büro', 'Büro']);
    },
  },
  ...(
    [
      ['keep a', 'Work'],
      ['keep b', 'Büro'],
    ] as const
  ).map(([conflict, name]): Scenario => ({
    title: `M7: names that differ become one in mode "${conflict}"`,
    setup: { conflict },
    async run(pair) {
      await set(pair, 'a', 'displayname', 'Work');
      await set(pair, 'b', 'displayname', 'Büro');
      await pair.settled();
      assert.deepEqual(await valuesOf(pair, 'displayname'), [name, name]);
    },
  })),
];
