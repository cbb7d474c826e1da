import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UnreachableError } from '../../src/core/errors.ts';
import { changesIn, type Contents, problemsIn, twoSides } from '../support/two-sides.ts';

describe('a side that has become empty', () => {
  for (const side of ['a', 'b'] as const) {
    it(`stops the collection until it is allowed: ${side}`, async () => {
      const { put, sync, holds, writes } = await twoSides({ standup: 'at 9', review: 'at 14' });
      const other = side === 'a' ? 'b' : 'a';
      put(side, {});
      for (const round of [1, 2]) {
        const { outcome, error } = await sync();
        assert.deepEqual([outcome, error?.code], ['failed', 'emptied'], `round ${round}`);
      }
      writes(other, 0);
      await sync({ allowEmpty: true });
      holds(other, {});
    });
  }

  it('is filled again where its items came back', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9', review: 'at 14' });
    put('a', {});
    await sync();
    put('a', { standup: 'at 9', review: 'at 14' });
    put('b', { standup: 'at 10', review: 'at 14' });
    assert.deepEqual(problemsIn(await sync()), []);
    holds('a', { standup: 'at 10', review: 'at 14' });
  });

  it('is followed at once when the pair says so', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9' }, { onEmpty: 'sync' });
    put('a', {});
    assert.deepEqual(changesIn(await sync()), ['remove standup on b']);
    holds('b', {});
  });

  it('is believed when it saw a few items being deleted', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9' }, { a: { deletions: 'journalled' } });
    put('a', {});
    await sync();
    holds('b', {});
  });

  it('without tokens is found out just the same', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9' }, { a: { tokens: false } });
    put('a', {});
    assert.equal((await sync()).error?.code, 'emptied');
    holds('b', { standup: 'at 9' });
  });
});

const EIGHT: Contents = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`item-${at}`, 'tea']));

describe('a side that has lost all it had, with something new in its place', () => {
  for (const [side, other] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const)
    it(`has nothing deleted on the other before there is a word, and its news carried: ${side}`, async () => {
      const { put, sync, holds } = await twoSides(EIGHT);
      put(side, { stray: 'new' });
      for (let run = 1; run <= 3; run += 1) {
        const { problems } = await sync();
        assert.equal(problems.length, 8, `run ${run}`);
        assert.ok(problems.every(({ type }) => type === 'held'));
      }
      holds(other, { ...EIGHT, stray: 'new' });
      await sync({ deletions: 'confirm' });
      for (const one of ['a', 'b'] as const) holds(one, { stray: 'new' });
    });

  it('gets everything back after "discard"', async () => {
    const { put, sync, holds } = await twoSides(EIGHT);
    put('a', { stray: 'new' });
    await sync({ deletions: 'discard' });
    for (const one of ['a', 'b'] as const) holds(one, { ...EIGHT, stray: 'new' });
  });

  it('has nothing deleted on the other after a run that lost the connection before its end', async () => {
    const { put, sync, holds, options } = await twoSides(EIGHT);
    put('a', { 'first stray': 'new', 'second stray': 'new' });
    options.b.failsWrite = (_, subject) =>
      subject === 'second stray' ? new UnreachableError('the line is dead') : undefined;
    assert.equal((await sync()).error?.code, 'unreachable');
    options.b.failsWrite = undefined;
    assert.equal((await sync()).problems.length, 8);
    holds('b', { ...EIGHT, 'first stray': 'new', 'second stray': 'new' });
  });

  it('is believed where there were one or two items', async () => {
    const { put, sync, holds } = await twoSides({ standup: 'at 9', review: 'at 14' });
    put('a', { lunch: 'at 12' });
    assert.deepEqual((await sync()).problems, []);
    holds('b', { lunch: 'at 12' });
  });

  it('is believed when it saw a few items being deleted', async () => {
    const { put, sync, holds } = await twoSides(EIGHT, { a: { deletions: 'journalled' } });
    put('a', { stray: 'new' });
    assert.deepEqual((await sync()).problems, []);
    holds('b', { stray: 'new' });
  });
});

describe('a side that has become empty, where the other one', () => {
  const keepsB = { noDelete: { a: false, b: true } } as const;

  for (const [name, setup, want] of [
    ['keeps what it has', keepsB, []],
    ['is read-only', {}, Object.keys(EIGHT).map((uid) => `refused ${uid}`)],
  ] as const)
    it(`${name}, stops nothing`, async () => {
      const { put, sync, holds, options } = await twoSides(EIGHT, setup);
      options.b.readOnly = name === 'is read-only';
      put('a', {});
      assert.deepEqual(problemsIn(await sync()), want);
      put('b', { ...EIGHT, new: 'cake' });
      const { changes, error } = await sync();
      assert.deepEqual([changesIn({ changes }), error], [['create new on a'], undefined]);
      holds('a', { new: 'cake' });
    });

  it('was read-only for a while, has nothing deleted there without a word', async () => {
    const { put, sync, holds, options } = await twoSides(EIGHT);
    options.b.readOnly = true;
    put('a', {});
    await sync();
    put('b', { ...EIGHT, new: 'cake' });
    await sync();
    options.b.readOnly = false;
    assert.equal(problemsIn(await sync()).filter((problem) => problem.startsWith('held')).length, 8);
    holds('b', { ...EIGHT, new: 'cake' });
    await sync({ deletions: 'confirm' });
    holds('b', { new: 'cake' });
  });

  it('kept what it has for a while, has nothing deleted there without a word', async () => {
    const { put, sync, holds, pair } = await twoSides(EIGHT, keepsB);
    put('a', { new: 'cake' });
    await sync();
    Object.assign(pair, { noDelete: { a: false, b: false } });
    assert.equal((await sync()).problems.length, 8);
    holds('b', { ...EIGHT, new: 'cake' });
  });

  it('is a copy that cannot be filled again, stops nothing', async () => {
    const { put, sync, options } = await twoSides(EIGHT, { oneWay: true });
    options.b.readOnly = true;
    put('b', {});
    assert.equal((await sync()).error, undefined);
  });
});
