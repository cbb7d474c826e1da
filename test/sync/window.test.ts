import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { href } from '../../src/core/storage.ts';
import { problemsIn, type TwoSides, twoSides } from '../support/two-sides.ts';

/** In step, and then "old" leaves the window of b, which is looked at in full. */
async function slidOut(): Promise<TwoSides> {
  const sides = await twoSides({ old: 'last year', now: 'today' }, { b: { tokens: false, states: false } });
  sides.b.outside.add(href(`${sides.b.info.href}old.ics`));
  return sides;
}

describe('an item that leaves the window of a side', () => {
  it('is deleted on neither, and is no trouble', async () => {
    const sides = await slidOut();
    for (const turn of [1, 2]) assert.deepEqual(problemsIn(await sides.sync()), [], `turn ${turn}`);
    for (const side of ['a', 'b'] as const) {
      sides.holds(side, { old: 'last year', now: 'today' });
      sides.writes(side, 0);
    }
  });

  it('is no emptied side when all do', async () => {
    const sides = await slidOut();
    sides.b.outside.add(href(`${sides.b.info.href}now.ics`));
    assert.equal((await sides.sync()).error, undefined);
  });

  it('takes an edit and a deletion from the other side', async () => {
    const sides = await slidOut();
    sides.put('a', { old: 'edited', now: 'today' });
    await sides.sync();
    sides.holds('b', { old: 'edited', now: 'today' });
    sides.put('a', { now: 'today' });
    await sides.sync();
    sides.holds('b', { now: 'today' });
  });

  it('is carried again with its changes when it comes back', async () => {
    const sides = await slidOut();
    sides.put('b', { old: 'changed there', now: 'today' });
    await sides.sync();
    sides.holds('a', { old: 'last year', now: 'today' });
    sides.b.outside.clear();
    await sides.sync();
    sides.holds('a', { old: 'changed there', now: 'today' });
  });

  it('that both sides edit is a conflict, once the write shows it', async () => {
    const sides = await slidOut();
    sides.put('b', { old: 'changed there', now: 'today' });
    sides.put('a', { old: 'changed here', now: 'today' });
    await sides.sync();
    assert.deepEqual(problemsIn(await sides.sync()), ['conflict old']);
    sides.holds('b', { old: 'changed there', now: 'today' });
  });

  it('and is new to the pair is not carried', async () => {
    const sides = await slidOut();
    sides.put('b', { old: 'last year', now: 'today', older: 'long ago' });
    sides.b.outside.add(href(`${sides.b.info.href}older.ics`));
    await sides.sync();
    sides.holds('a', { old: 'last year', now: 'today' });
  });
});
