import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outcomes, put, trial } from '../support/pair-trial.ts';
import { problemsIn, twoSides } from '../support/two-sides.ts';

describe('a side that has lost all items of a collection', () => {
  for (const [lost, other] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const)
    it(`and its name and colour, on ${lost}, changes neither on ${other} before there is a word`, async () => {
      const { sync, ...storages } = trial();
      const properties = { displayname: 'Work', color: '#FF0000' };
      storages.a.collection('work', properties);
      for (const uid of ['standup', 'review']) put(storages.a, 'work', uid);
      await sync();
      await sync();
      const emptied = storages[lost].collection('work');
      for (const uid of ['standup', 'review']) emptied.drop(`${uid}.ics`);
      emptied.properties = {};
      assert.deepEqual(outcomes(await sync()), ['work: emptied']);
      assert.deepEqual(storages[other].collection('work').properties, properties);
    });

  it('and its name and colour takes neither from a side that keeps its items', async () => {
    const { sync, ...storages } = trial({ pair: { noDelete: { a: false, b: true } } });
    const properties = { displayname: 'Work', color: '#FF0000' };
    const emptied = storages.a.collection('work', properties);
    for (const uid of ['standup', 'review']) put(storages.a, 'work', uid);
    await sync();
    await sync();
    for (const uid of ['standup', 'review']) emptied.drop(`${uid}.ics`);
    emptied.properties = {};
    for (const _run of [1, 2]) {
      assert.deepEqual((await sync()).error, undefined);
      assert.deepEqual(storages.b.collection('work').properties, properties);
    }
  });

  it('and is the copy of a one-way pair is not said to have its original deleted by a word', async () => {
    const { put, sync } = await twoSides({ keep: 'tea', more: 'tea' }, { oneWay: true });
    put('b', {});
    const { error } = await sync();
    assert.doesNotMatch(error?.message ?? '', /deletes them on side a/);
  });
});

describe('--allow-empty', () => {
  it('lets a mass deletion go on that was held back, also where nothing has changed since', async () => {
    const items = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`item-${at}`, 'tea']));
    const { put, sync, holds } = await twoSides({ ...items, kept: 'tea' });
    put('a', { kept: 'tea' });
    for (const _run of [1, 2]) assert.equal((await sync()).problems.length, 12);
    assert.deepEqual(problemsIn(await sync({ allowEmpty: true })), []);
    holds('b', { kept: 'tea' });
  });
});
