import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { href } from '../../src/core/storage.ts';
import { type Contents, problemsIn, type Setup, type TwoSides, twoSides } from '../support/two-sides.ts';

const MINUTE_MS = 60_000;

const items = (from: number, to: number): Contents =>
  Object.fromEntries(Array.from({ length: to - from }, (_, at) => [`item-${from + at}`, 'tea']));

/** 20 items in step, of which the first `gone` are then deleted on a. */
async function deleted(gone: number, setup?: Setup): Promise<TwoSides> {
  const sides = await twoSides(items(0, 20), setup);
  sides.put('a', items(gone, 20));
  return sides;
}

describe('a mass deletion', () => {
  it('of ten items goes on, though that is more than half', async () => {
    const { sync, put, holds } = await twoSides(items(0, 15));
    put('a', items(10, 15));
    assert.deepEqual(problemsIn(await sync()), []);
    holds('b', items(10, 15));
  });

  it('of half of them goes on', async () => {
    const sides = await twoSides(items(0, 30));
    sides.put('a', items(15, 30));
    await sides.sync();
    sides.holds('b', items(15, 30));
  });

  it('of more is held back, with everything else going on, and said so until there is a word', async () => {
    const { sync, put, holds, writes, forgetCalls } = await deleted(11);
    put('a', { ...items(11, 20), 'item-15': 'coffee', new: 'cake' });
    const { problems } = await sync();
    assert.equal(problems.length, 11);
    assert.ok(problems.every(({ type }) => type === 'held'));
    assert.match(
      problems[0]?.reason ?? '',
      /11 of 20 items were deleted on a; "pimsync confirm pair\/work".*"pimsync discard pair\/work"/,
    );
    holds('b', { ...items(0, 20), 'item-15': 'coffee', new: 'cake' });
    await sync();
    forgetCalls();
    const again = await sync();
    assert.deepEqual([again.outcome, again.problems.length], ['quiet', 11]);
    writes('b', 0);
  });

  it('is held back from a too', async () => {
    const sides = await twoSides(items(0, 20));
    sides.put('b', items(12, 20));
    assert.equal((await sides.sync()).problems.length, 12);
    sides.holds('a', items(0, 20));
  });

  it('goes on when it is confirmed', async () => {
    const { sync, holds } = await deleted(11);
    await sync();
    const { changes, problems } = await sync({ deletions: 'confirm' });
    assert.deepEqual([changes.length, problems], [11, []]);
    holds('b', items(11, 20));
    await sync();
    assert.equal((await sync()).outcome, 'quiet');
  });

  it('may be confirmed at first sight', async () => {
    const { sync, holds } = await deleted(11);
    assert.deepEqual((await sync({ deletions: 'confirm' })).problems, []);
    holds('b', items(11, 20));
  });

  it('is confirmed as it was told, and not for all that was deleted since', async () => {
    const { sync, put, holds } = await deleted(11);
    await sync();
    put('a', {});
    const { problems } = await sync({ deletions: 'confirm' });
    assert.equal(problems.length, 9);
    holds('b', items(11, 20));
    assert.equal((await sync()).error?.code, 'emptied');
  });

  it('tells nothing of the next deletion once it was confirmed', async () => {
    const { sync, put, holds } = await deleted(12);
    await sync();
    await sync({ deletions: 'confirm' });
    put('a', items(13, 20));
    assert.deepEqual((await sync()).problems, []);
    holds('b', items(13, 20));
  });

  it('stays held back when an item of it is in doubt for a while', async () => {
    const { sync, put, holds, b } = await deleted(11);
    await sync();
    put('a', items(5, 20));
    await sync();
    const at = href(`${b.info.href}item-3.ics`);
    b.touch('item-3.ics');
    b.withheld.add(at);
    await sync();
    b.withheld.clear();
    assert.equal((await sync()).problems.length, 5);
    holds('b', items(0, 20));
  });

  it('is undone when it is discarded', async () => {
    const { sync, holds } = await deleted(11);
    await sync();
    await sync({ deletions: 'discard' });
    holds('a', items(0, 20));
    holds('b', items(0, 20));
    await sync();
    assert.equal((await sync()).outcome, 'quiet');
  });

  it('stays held back when some of it was undone by hand', async () => {
    const { sync, put, holds } = await deleted(11);
    await sync();
    put('a', items(3, 20));
    assert.equal((await sync()).problems.length, 3);
    holds('b', items(0, 20));
  });

  it('gives way to an edit of an item that was held back', async () => {
    const { sync, put, holds } = await deleted(11);
    await sync();
    put('b', { ...items(0, 20), 'item-0': 'edited' });
    await sync();
    holds('a', { ...items(11, 20), 'item-0': 'edited' });
  });

  it('in several steps within a minute is one', async () => {
    const { sync, put, holds, clock } = await deleted(8);
    await sync();
    clock.ms += MINUTE_MS / 2;
    put('a', items(12, 20));
    assert.equal((await sync()).problems.length, 4);
    holds('b', items(8, 20));
  });

  it('is one while most of it is still in its grace time', async () => {
    const { sync, put, holds, a } = await deleted(0);
    put('a', items(3, 20));
    for (let at = 3; at < 13; at += 1)
      a.unclear.set(href(`${a.info.href}item-${at}.ics`), {
        ident: undefined,
        reason: 'deleted a moment ago',
        weight: 'passing',
        isDeletion: true,
      });
    assert.equal((await sync()).problems.length, 3);
    holds('b', items(0, 20));
  });

  it('in steps that are minutes apart is none', async () => {
    const { sync, put, holds, clock } = await deleted(8);
    await sync();
    clock.ms += MINUTE_MS + 1;
    put('a', items(12, 20));
    await sync();
    holds('b', items(12, 20));
  });

  for (const [name, setup, options] of [
    ['--allow-empty', {}, { allowEmpty: true }],
    ['on_empty = "sync"', { onEmpty: 'sync' }, {}],
  ] as const)
    it(`is not held back with ${name}`, async () => {
      const { sync, holds } = await deleted(19, setup);
      await sync(options);
      holds('b', items(19, 20));
    });
});

describe('a side that has become empty', () => {
  it('empties the other after "confirm"', async () => {
    const { sync, holds } = await deleted(20);
    assert.equal((await sync()).error?.code, 'emptied');
    await sync({ deletions: 'confirm' });
    holds('b', {});
  });

  it('gets everything back after "discard"', async () => {
    const { sync, holds } = await deleted(20);
    await sync({ deletions: 'discard' });
    holds('a', items(0, 20));
  });
});

describe('a one-way pair', () => {
  const oneWay = { oneWay: true } as const;

  it('brings every change on a to b in one run, and takes back every change on b', async () => {
    const { sync, put, holds, writes } = await twoSides({ keep: 'tea', edit: 'tea', drop: 'tea' }, oneWay);
    put('a', { keep: 'tea', edit: 'coffee', new: 'cake' });
    put('b', { keep: 'changed', edit: 'changed too', own: 'mine' });
    const { problems } = await sync();
    assert.deepEqual(problems, []);
    for (const side of ['a', 'b'] as const) holds(side, { keep: 'tea', edit: 'coffee', new: 'cake' });
    writes('a', 0);
    await sync();
    assert.equal((await sync()).outcome, 'quiet');
  });

  it('brings back what was deleted on b', async () => {
    const { sync, put, holds } = await twoSides({ keep: 'tea', gone: 'tea' }, oneWay);
    put('b', { keep: 'tea' });
    await sync();
    holds('b', { keep: 'tea', gone: 'tea' });
  });

  it('at first overwrites nothing that did not come from a before there is a word', async () => {
    const { sync, put, holds } = await twoSides({}, oneWay);
    put('a', { same: 'tea', other: 'from a', new: 'cake' });
    put('b', { same: 'tea', other: 'from b', own: 'mine' });
    const first = await sync();
    assert.deepEqual(problemsIn(first).toSorted(), ['held other', 'held own']);
    assert.match(
      first.problems[0]?.reason ?? '',
      /only side b has it|has another text of its own.*pimsync confirm pair\/work/,
    );
    holds('b', { same: 'tea', other: 'from b', own: 'mine', new: 'cake' });
    await sync();
    assert.deepEqual(problemsIn(await sync()).toSorted(), ['held other', 'held own']);
    await sync({ deletions: 'confirm' });
    holds('b', { same: 'tea', other: 'from a', new: 'cake' });
    holds('a', { same: 'tea', other: 'from a', new: 'cake' });
  });

  it('asks about what was in doubt at first, too', async () => {
    const { sync, put, holds, b } = await twoSides({}, oneWay);
    put('a', { same: 'tea', other: 'from a' });
    put('b', { same: 'tea', other: 'from b', own: 'mine' });
    for (const name of ['other', 'own']) b.withheld.add(href(`${b.info.href}${name}.ics`));
    await sync();
    b.withheld.clear();
    assert.deepEqual(problemsIn(await sync()).toSorted(), ['held other', 'held own']);
    holds('b', { same: 'tea', other: 'from b', own: 'mine' });
  });

  it('fills nothing into an empty side a', async () => {
    const { sync, put, holds, writes } = await twoSides({}, { ...oneWay, a: { bulk: true } });
    put('b', items(0, 120));
    const { problems } = await sync();
    assert.equal(problems.length, 120);
    writes('a', 0);
    holds('b', items(0, 120));
  });

  it('leaves that alone after "discard", which has nowhere to bring it', async () => {
    const { sync, put, holds, writes } = await twoSides({}, oneWay);
    put('a', { other: 'from a' });
    put('b', { other: 'from b', own: 'mine' });
    await sync();
    await sync({ deletions: 'discard' });
    writes('a', 0);
    holds('b', { other: 'from b', own: 'mine' });
  });
});

describe('a side that keeps its items', () => {
  const keepsB = { noDelete: { a: false, b: true } } as const;

  it('keeps what is deleted on the other, quietly', async () => {
    const { sync, put, holds } = await twoSides({ keep: 'tea', old: 'tea' }, keepsB);
    put('a', { keep: 'tea' });
    assert.deepEqual((await sync()).problems, []);
    await sync();
    const again = await sync();
    assert.deepEqual([again.outcome, again.problems], ['quiet', []]);
    holds('a', { keep: 'tea' });
    holds('b', { keep: 'tea', old: 'tea' });
  });

  it('gives an edit of what it kept to the other again', async () => {
    const { sync, put, holds } = await twoSides({ keep: 'tea', old: 'tea' }, keepsB);
    put('a', { keep: 'tea' });
    await sync();
    put('b', { keep: 'tea', old: 'edited' });
    await sync();
    holds('a', { keep: 'tea', old: 'edited' });
  });

  it('may delete itself, which the other follows', async () => {
    const { sync, put, holds } = await twoSides({ keep: 'tea', old: 'tea' }, keepsB);
    put('b', { keep: 'tea' });
    await sync();
    holds('a', { keep: 'tea' });
  });

  it('is rid of what it kept when it deletes that too', async () => {
    const { sync, put, status } = await twoSides({ keep: 'tea', old: 'tea' }, keepsB);
    put('a', { keep: 'tea' });
    await sync();
    put('b', { keep: 'tea' });
    await sync();
    assert.deepEqual([status.count(), status.unfinished()], [1, []]);
  });
});
