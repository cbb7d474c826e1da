import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServerError } from '../../src/core/errors.ts';
import { href } from '../../src/core/storage.ts';
import type { Side } from '../../src/core/status.ts';
import { problemsIn, type TwoSides, twoSides } from '../support/two-sides.ts';

class Killed extends Error {}

const killedAfterUpdateOf = (side: Side, sides: TwoSides): Promise<void> =>
  killedAfter('update', side, sides);

/** A run that ends, as a killed process does, right after a side has done what it was asked. */
async function killedAfter(
  wanted: 'create' | 'update' | 'remove',
  side: Side,
  sides: TwoSides,
): Promise<void> {
  const { status, options } = sides;
  const shoot = (): never => {
    throw new Killed();
  };
  options[side].onCall = (call, when) => {
    if (call !== wanted || when !== 'after') return;
    status.onWrite = shoot;
    options.a.onCall = shoot;
    options.b.onCall = shoot;
    shoot();
  };
  await assert.rejects(sides.sync({ allowEmpty: true }), Killed);
  status.onWrite = undefined;
  options.a.onCall = undefined;
  options.b.onCall = undefined;
}

const editing = { ident: undefined, reason: 'edited a moment ago', weight: 'passing' } as const;

describe('a write that arrived, but was not recorded before the kill', () => {
  it('is known as ours when its item is being edited again at the next run', async () => {
    const sides = await twoSides({ standup: 'at 9' });
    const at = href(`${sides.a.info.href}standup.ics`);
    sides.put('a', { standup: 'at 10' });
    await killedAfterUpdateOf('b', sides);
    sides.put('a', { standup: 'at 11' });
    sides.a.unclear.set(at, editing);
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.a.unclear.clear();
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.holds('b', { standup: 'at 11' });
    assert.deepEqual(problemsIn(await sides.sync()), []);
  });

  it('lets its item be deleted, also where the state of the collection is then as before', async () => {
    const sides = await twoSides({}, { a: { bulk: false }, b: { states: 'digest' } });
    await sides.sync();
    sides.put('b', { standup: 'at 9' });
    await killedAfter('create', 'a', sides);
    sides.put('b', {});
    await sides.sync({ allowEmpty: true });
    sides.holds('a', {});
  });

  it('is known as ours when its source changed places with another one since, and was edited', async () => {
    const sides = await twoSides({}, { conflict: 'merge', a: { bulk: true, flakyEtags: true } });
    sides.put('b', { review: 'at 9', standup: 'at 9' });
    const { options, b } = sides;
    options.a.onCall = (call, when) => {
      if (call === 'createMany' && when === 'after') throw new ServerError('no answer');
    };
    await sides.sync();
    options.a.onCall = undefined;
    const { 'review.ics': review = '', 'standup.ics': standup = '' } = b.texts();
    b.put('standup.ics', review);
    b.put('review.ics', standup.replace('at 9', 'at 11'));
    assert.deepEqual(problemsIn(await sides.sync()), []);
    for (const side of ['a', 'b'] as const) sides.holds(side, { review: 'at 9', standup: 'at 11' });
  });

  it('is known as ours when the item that it changed is being edited at the next run', async () => {
    const sides = await twoSides({ standup: 'at 9' });
    const at = href(`${sides.a.info.href}standup.ics`);
    sides.put('b', { standup: 'at 10' });
    await killedAfterUpdateOf('a', sides);
    const [text = ''] = Object.values(sides.a.texts());
    sides.a.put('standup.ics', text.replace('SUMMARY:', 'LOCATION:here\r\nSUMMARY:'));
    sides.a.unclear.set(at, editing);
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.a.unclear.clear();
    assert.deepEqual(problemsIn(await sides.sync()), []);
    assert.deepEqual(Object.values(sides.b.texts()), Object.values(sides.a.texts()));
    assert.match(Object.values(sides.b.texts())[0] ?? '', /LOCATION:here\r\nSUMMARY:at 10/);
  });

  it('is forgotten with its item when that was deleted since', async () => {
    const sides = await twoSides({ standup: 'at 9' });
    sides.put('a', { standup: 'at 10' });
    await killedAfterUpdateOf('b', sides);
    sides.put('a', {});
    await sides.sync({ allowEmpty: true });
    sides.holds('b', {});
    assert.equal(sides.status.count(), 0);
    sides.put('b', { standup: 'at 10' });
    await sides.sync();
    sides.holds('a', { standup: 'at 10' });
  });

  it('is known as ours when the run that goes on from it is killed in the same way', async () => {
    const sides = await twoSides({ standup: 'at 9' });
    for (const standup of ['at 10', 'at 11', 'at 12']) {
      sides.put('a', { standup });
      await killedAfterUpdateOf('b', sides);
    }
    sides.put('a', { standup: 'at 13' });
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.holds('b', { standup: 'at 13' });
  });

  it('does not make what somebody else wrote over it ours, though both are being edited', async () => {
    const sides = await twoSides({ standup: 'at 9' });
    const at = href(`${sides.a.info.href}standup.ics`);
    sides.put('a', { standup: 'at 10' });
    await killedAfterUpdateOf('b', sides);
    const [text = ''] = Object.values(sides.b.texts());
    sides.b.put('standup.ics', text.replace('SUMMARY:', 'LOCATION:theirs\r\nSUMMARY:'));
    sides.a.unclear.set(at, editing);
    await sides.sync();
    sides.a.unclear.clear();
    sides.put('a', { standup: 'at 11' });
    assert.deepEqual(problemsIn(await sides.sync()), ['conflict standup']);
    assert.match(Object.values(sides.b.texts())[0] ?? '', /LOCATION:theirs/);
  });
});

describe('a removal that arrived, but was not recorded before the kill', () => {
  for (const remaker of ['a', 'b'] as const) {
    it(`takes nothing along that was made anew on ${remaker}, though it is the same as before`, async () => {
      const sides = await twoSides({ standup: 'at 9', other: 'x' });
      sides.put('a', { other: 'x' });
      await killedAfter('remove', 'b', sides);
      sides.put(remaker, { standup: 'at 9', other: 'x' });
      await sides.sync();
      for (const side of ['a', 'b'] as const) sides.holds(side, { standup: 'at 9', other: 'x' });
    });
  }

  it('is done with when nothing was made anew', async () => {
    const sides = await twoSides({ standup: 'at 9', other: 'x' });
    sides.put('a', { other: 'x' });
    await killedAfter('remove', 'b', sides);
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.holds('b', { other: 'x' });
    assert.deepEqual([sides.status.count(), sides.status.unfinished()], [1, []]);
  });
});
