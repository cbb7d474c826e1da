import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { put, trial } from '../support/pair-trial.ts';

const SIDES = ['a', 'b'] as const;

for (const taken of SIDES) {
  const changed = taken === 'a' ? 'b' : 'a';

  describe(`a name that was taken away on ${taken} and changed on ${changed}`, () => {
    const cases = [
      ['manual', ['New', undefined]],
      [`keep ${taken}`, [undefined, undefined]],
      [`keep ${changed}`, ['New', 'New']],
    ] as const;
    for (const [conflict, [onChanged, onTaken]] of cases)
      it(`${conflict === 'manual' ? 'is left to a person' : 'is decided'} in mode "${conflict}"`, async () => {
        const { sync, ...storages } = trial({ pair: { conflict } });
        for (const side of SIDES) storages[side].collection('work', { displayname: 'Old' });
        await sync();
        storages[taken].collection('work').properties = {};
        storages[changed].collection('work').properties = { displayname: 'New' };
        const { collections } = await sync();
        assert.equal(collections[0]?.notes.length, conflict === 'manual' ? 1 : 0);
        assert.deepEqual(
          ([changed, taken] as const).map((side) => storages[side].collection('work').properties.displayname),
          [onChanged, onTaken],
        );
      });
  });

  describe(`a collection that is gone from ${taken}`, () => {
    it('has its properties left alone, also where they were changed on the other side', async () => {
      const { sync, ...storages } = trial();
      for (const side of SIDES) storages[side].collection('work', { displayname: 'Old' });
      put(storages.a, 'work', 'standup');
      await sync();
      storages[taken].dropCollection('work');
      storages[changed].collection('work').properties = { displayname: 'New', color: '#FF0000' };
      await sync();
      assert.deepEqual(storages[changed].collection('work').properties, {
        displayname: 'New',
        color: '#FF0000',
      });
      assert.equal(storages.a.calls.setProperties + storages.b.calls.setProperties, 0);
    });
  });
}
