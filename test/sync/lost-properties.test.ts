import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Side } from '../../src/core/status.ts';
import { put, type Trial, trial } from '../support/pair-trial.ts';
import { contentsOf, problemsIn, twoSides } from '../support/two-sides.ts';

const PROPERTIES = { displayname: 'Work', color: '#FF0000' };

/** Both sides have the collection with so many items, a name and a colour; then a side has neither of it any more. */
async function lost(side: Side, count: number): Promise<Trial> {
  const made = trial();
  made.a.collection('work', PROPERTIES);
  const uids = Array.from({ length: count }, (_, at) => `item-${at}`);
  for (const uid of uids) put(made.a, 'work', uid);
  await made.sync();
  await made.sync();
  const emptied = made[side].collection('work');
  for (const uid of uids) emptied.drop(`${uid}.ics`);
  emptied.properties = {};
  return made;
}

describe('name and colour of a collection that went with its items', () => {
  for (const [side, other] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    it(`come back with them to ${side} when they are to come back`, async () => {
      const made = await lost(side, 2);
      await made.sync();
      await made.sync({ deletions: 'discard' });
      assert.deepEqual(Object.keys(contentsOf(made[side].collection('work'))).length, 2);
      for (const one of [side, other]) assert.deepEqual(made[one].collection('work').properties, PROPERTIES);
    });
  }

  it('stay on the other side as long as a mass deletion waits for a word, and go with it', async () => {
    const made = await lost('a', 20);
    put(made.a, 'work', 'new');
    await made.sync();
    assert.deepEqual(made.b.collection('work').properties, PROPERTIES);
    await made.sync({ deletions: 'confirm' });
    await made.sync();
    assert.deepEqual(made.b.collection('work').properties, {});
  });
});

describe('a name that is given while a run goes on', () => {
  it('is not written over, but in conflict with the one that the run was to bring', async () => {
    const { a, b, sync, put, options } = await twoSides({ x: 'tea' });
    a.properties = { displayname: 'from a' };
    put('a', { x: 'tea', y: 'tea' });
    options.b.onCall = (call, when) => {
      if (call === 'create' && when === 'after') b.properties = { displayname: 'from b' };
    };
    await sync();
    delete options.b.onCall;
    assert.equal(b.properties.displayname, 'from b');
    assert.deepEqual(problemsIn(await sync()), []);
    assert.deepEqual([a.properties.displayname, b.properties.displayname], ['from a', 'from b']);
  });

  it('is brought over by the next run, where only one side gives names', async () => {
    const { a, b, sync, put, options } = await twoSides({ x: 'tea' });
    b.properties = { displayname: 'one' };
    put('a', { x: 'tea', y: 'tea' });
    options.b.onCall = (call, when) => {
      if (call === 'create' && when === 'after') b.properties = { displayname: 'two' };
    };
    await sync();
    delete options.b.onCall;
    await sync();
    assert.deepEqual([a.properties.displayname, b.properties.displayname], ['two', 'two']);
  });
});
