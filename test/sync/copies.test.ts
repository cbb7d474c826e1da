import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServerError } from '../../src/core/errors.ts';
import { textOf } from '../support/items.ts';
import { contentsOf, problemsIn, type TwoSides, twoSides } from '../support/two-sides.ts';

/** Both in step; on a, "tea" is there in two files. */
async function withCopy(): Promise<TwoSides> {
  const sides = await twoSides({ tea: 'at 5', other: 'x' });
  sides.a.put('copy.ics', textOf('calendar', 'tea', 'at 5'));
  const { problems, changes } = await sides.sync();
  assert.deepEqual([problems, changes], [[], []]);
  return sides;
}

describe('an item that is there twice with the same content', () => {
  it('counts as one from the first look on', async () => {
    const sides = await twoSides({});
    sides.a.put('one.ics', textOf('calendar', 'tea', 'at 5'));
    sides.a.put('two.ics', textOf('calendar', 'tea', 'at 5'));
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.holds('b', { tea: 'at 5' });
    sides.writes('a', 0);
    await sides.sync();
    sides.forgetCalls();
    assert.equal((await sides.sync()).outcome, 'quiet');
  });

  it('takes an edit of the other side at both places', async () => {
    const sides = await withCopy();
    sides.put('b', { tea: 'at 6', other: 'x' });
    await sides.sync();
    assert.deepEqual(contentsOf(sides.a), { tea: 'at 6 + at 6', other: 'x' });
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.holds('b', { tea: 'at 6', other: 'x' });
  });

  it('takes a merge at both places', async () => {
    const sides = await twoSides({ tea: 'at 5' }, { conflict: 'merge' });
    const place = (text: string): string => text.replace('SUMMARY', 'LOCATION:here\r\nSUMMARY');
    for (const name of ['tea.ics', 'copy.ics']) sides.b.put(name, textOf('calendar', 'tea', 'at 5'));
    await sides.sync();
    for (const name of ['tea.ics', 'copy.ics']) sides.b.put(name, place(textOf('calendar', 'tea', 'at 5')));
    sides.put('a', { tea: 'at 6' });
    await sides.sync();
    assert.deepEqual(problemsIn(await sides.sync()), []);
    for (const text of Object.values(sides.b.texts())) assert.match(text, /LOCATION:here\r\nSUMMARY:at 6/);
  });

  it('takes a deletion of the other side at both places', async () => {
    const sides = await withCopy();
    sides.put('b', { other: 'x' });
    await sides.sync();
    await sides.sync();
    for (const side of ['a', 'b'] as const) sides.holds(side, { other: 'x' });
  });

  it('is not deleted on the other side when only one of the two is', async () => {
    for (const left of ['copy.ics', 'tea.ics']) {
      const sides = await withCopy();
      sides.a.drop(left === 'copy.ics' ? 'tea.ics' : 'copy.ics');
      assert.deepEqual(problemsIn(await sides.sync()), []);
      await sides.sync();
      for (const side of ['a', 'b'] as const) sides.holds(side, { tea: 'at 5', other: 'x' });
      sides.put('b', { tea: 'at 6', other: 'x' });
      await sides.sync();
      sides.holds('a', { tea: 'at 6', other: 'x' });
    }
  });

  it('is told of once one of the two is edited, and then left alone', async () => {
    const sides = await withCopy();
    sides.a.put('copy.ics', textOf('calendar', 'tea', 'at 7'));
    const { problems } = await sides.sync();
    assert.deepEqual(problemsIn({ problems }), ['unclear tea']);
    assert.match(problems[0]?.reason ?? '', /several items have this UID: .*tea\.ics, .*copy\.ics; keep one/);
    sides.holds('b', { tea: 'at 5', other: 'x' });
  });

  it('is told of when an edit reached only one of the two', async () => {
    const sides = await withCopy();
    sides.options.a.failsWrite = (write, subject) =>
      write === 'update' && subject.includes('copy') ? new ServerError('500') : undefined;
    sides.put('b', { tea: 'at 6', other: 'x' });
    await sides.sync();
    assert.deepEqual(problemsIn(await sides.sync()), ['unclear tea']);
    sides.holds('b', { tea: 'at 6', other: 'x' });
  });

  it('stays where it is when one of the two cannot be deleted', async () => {
    const sides = await withCopy();
    sides.options.a.failsWrite = (write, subject) =>
      write === 'remove' && subject.includes('copy') ? new ServerError('500') : undefined;
    sides.put('b', { other: 'x' });
    assert.deepEqual(problemsIn(await sides.sync()), ['failed tea']);
    delete sides.options.a.failsWrite;
    await sides.sync();
    sides.holds('a', { other: 'x' });
    sides.holds('b', { other: 'x' });
  });
});
