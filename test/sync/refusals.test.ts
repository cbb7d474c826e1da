import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ForbiddenError, InvalidItemError, RefusedError, ServerError } from '../../src/core/errors.ts';
import type { PimsyncError } from '../../src/core/errors.ts';
import { href } from '../../src/core/storage.ts';
import { textOf } from '../support/items.ts';
import { changesIn, problemsIn, twoSides } from '../support/two-sides.ts';

const refuses =
  (uid: string, error: PimsyncError = new RefusedError('415 too odd')) =>
  (_: unknown, subject: string): PimsyncError | undefined =>
    subject.includes(uid) ? error : undefined;

describe('an item that the other side does not take', () => {
  for (const error of [
    new RefusedError('415'),
    new InvalidItemError('too large'),
    new ForbiddenError('403'),
  ]) {
    it(`is told, held back and does not stop the others: ${error.name}`, async () => {
      const { put, sync, holds, writes } = await twoSides({}, { b: { failsWrite: refuses('odd', error) } });
      put('a', { odd: 'at 9', review: 'at 14' });
      const { problems } = await sync();
      assert.deepEqual(
        problems.map(({ type, uid, title, reason, hrefs }) => [type, uid, title, reason, hrefs.a]),
        [['refused', 'odd', 'at 9', error.message, '/one/work/odd.ics']],
      );
      holds('b', { review: 'at 14' });
      assert.deepEqual(problemsIn(await sync()), ['refused odd']);
      assert.deepEqual(problemsIn(await sync()), ['refused odd'], 'also of a quiet pair');
      writes('b', 2);
    });
  }

  it('is tried again when its text changes', async () => {
    const { put, sync, holds, writes } = await twoSides({}, { b: { failsWrite: refuses('odd') } });
    put('a', { odd: 'at 9' });
    await sync();
    put('a', { odd: 'at 10' });
    assert.deepEqual(problemsIn(await sync()), ['refused odd']);
    writes('b', 2);
    holds('b', {});
  });

  it('is tried again when somebody asks for it, even in a quiet pair', async () => {
    const { put, sync, holds, options } = await twoSides({}, { b: { failsWrite: refuses('odd') } });
    put('a', { odd: 'at 9' });
    await sync();
    await sync();
    options.b.failsWrite = undefined;
    assert.equal((await sync()).outcome, 'quiet');
    assert.deepEqual(problemsIn(await sync({ retryRefused: true })), []);
    holds('b', { odd: 'at 9' });
  });

  it('is forgotten when it is deleted', async () => {
    const { put, sync } = await twoSides({}, { b: { failsWrite: refuses('odd') } });
    put('a', { odd: 'at 9' });
    await sync();
    put('a', {});
    assert.deepEqual(problemsIn(await sync()), []);
  });

  it('stays as it was where an edit was refused, and is a conflict when it changes there', async () => {
    const { put, sync, holds } = await twoSides({ odd: 'at 9' }, { b: { failsWrite: refuses('odd') } });
    put('a', { odd: 'at 10' });
    assert.deepEqual(problemsIn(await sync()), ['refused odd']);
    holds('b', { odd: 'at 9' });
    put('b', { odd: 'at 11' });
    assert.deepEqual(problemsIn(await sync()), ['conflict odd']);
  });

  it('is tried each time when it only failed, until it works', async () => {
    const failsWrite = refuses('standup', new ServerError('500'));
    const { put, sync, holds, options, writes } = await twoSides({}, { b: { failsWrite } });
    put('a', { standup: 'at 9' });
    put('b', { review: 'at 14' });
    assert.deepEqual(problemsIn(await sync()), ['failed standup']);
    assert.deepEqual(problemsIn(await sync()), ['failed standup']);
    holds('a', { standup: 'at 9', review: 'at 14' });
    writes('b', 2);
    options.b.failsWrite = undefined;
    assert.deepEqual(problemsIn(await sync()), []);
    holds('b', { standup: 'at 9', review: 'at 14' });
  });

  it('fails alone in a bulk too', async () => {
    const { put, sync, holds } = await twoSides({}, { b: { bulk: true, failsWrite: refuses('odd') } });
    put('a', { odd: 'at 9', review: 'at 14', lunch: 'at 12' });
    assert.deepEqual(problemsIn(await sync()), ['refused odd']);
    holds('b', { review: 'at 14', lunch: 'at 12' });
  });

  for (const tokens of [true, false]) {
    it(`is not taken for deleted where it was before it moved, ${tokens ? 'with' : 'without'} tokens`, async () => {
      const failsWrite = (write: string): PimsyncError | undefined =>
        write === 'update' ? new ServerError('500') : undefined;
      const { a, sync, holds } = await twoSides(
        { standup: 'at 9', x: '' },
        { a: { tokens }, b: { failsWrite } },
      );
      a.drop('standup.ics');
      a.put('moved.ics', textOf('calendar', 'standup', 'at 10'));
      // Keeps the token where it is, so that the former place is told of again.
      a.unclear.set(href('/one/work/x.ics'), { ident: undefined, reason: 'being edited', weight: 'passing' });
      assert.deepEqual(problemsIn(await sync()), ['failed standup']);
      assert.deepEqual(problemsIn(await sync()), ['failed standup']);
      holds('b', { standup: 'at 9', x: '' });
    });
  }

  it('may come back when its deletion failed and another item took its place', async () => {
    const failsWrite = (write: string): PimsyncError | undefined =>
      write === 'remove' ? new ServerError('500') : undefined;
    const { a, sync, holds, options } = await twoSides({ standup: 'at 9', x: '' }, { b: { failsWrite } });
    a.put('standup.ics', textOf('calendar', 'walk', 'at 17'));
    assert.deepEqual(problemsIn(await sync()), ['failed standup']);
    holds('b', { standup: 'at 9', walk: 'at 17', x: '' });
    options.b.failsWrite = undefined;
    assert.deepEqual(problemsIn(await sync()), []);
    holds('a', { standup: 'at 9', walk: 'at 17', x: '' });
  });

  it('comes back when its deletion failed and it was edited meanwhile', async () => {
    const failsWrite = refuses('standup', new ServerError('500'));
    const { put, sync, holds, options } = await twoSides({ standup: 'at 9', x: '' }, { b: { failsWrite } });
    put('a', { x: '' });
    assert.deepEqual(problemsIn(await sync()), ['failed standup']);
    options.b.failsWrite = undefined;
    put('b', { standup: 'at 10', x: '' });
    await sync();
    holds('a', { standup: 'at 10', x: '' });
  });

  it('is removed in the end when its deletion failed at first', async () => {
    const failsWrite = refuses('standup', new ServerError('500'));
    const { put, sync, holds, options } = await twoSides({ standup: 'at 9', x: '' }, { b: { failsWrite } });
    put('a', { x: '' });
    await sync();
    options.b.failsWrite = undefined;
    assert.deepEqual(changesIn(await sync()), ['remove standup on b']);
    holds('a', { x: '' });
  });
});

describe('a read-only side', () => {
  it('is never written to; what it lacks is told each time', async () => {
    const { put, sync, holds, writes } = await twoSides({ standup: 'at 9' }, { b: { readOnly: true } });
    put('a', { standup: 'at 9', review: 'at 14' });
    assert.deepEqual(problemsIn(await sync()), ['refused review']);
    assert.deepEqual(problemsIn(await sync({ retryRefused: true })), ['refused review']);
    writes('b', 0);
    holds('a', { standup: 'at 9', review: 'at 14' });
  });

  it('is copied to the other side, and what was deleted there comes back when it changes', async () => {
    const { put, sync, holds, writes } = await twoSides({}, { a: { readOnly: true } });
    put('a', { standup: 'at 9', x: '' });
    await sync();
    holds('b', { standup: 'at 9', x: '' });
    put('b', { x: '' });
    assert.deepEqual(problemsIn(await sync()), ['refused standup']);
    put('a', { standup: 'at 10', x: '' });
    assert.deepEqual(problemsIn(await sync()), []);
    holds('b', { standup: 'at 10', x: '' });
    writes('a', 0);
  });

  it('gets what was kept from it as soon as it takes writes', async () => {
    const { put, sync, holds, options } = await twoSides({}, { b: { readOnly: true } });
    put('a', { standup: 'at 9' });
    await sync();
    await sync();
    options.b.readOnly = false;
    assert.deepEqual(problemsIn(await sync()), []);
    holds('b', { standup: 'at 9' });
  });

  it('on both sides: each item is told, nothing is written', async () => {
    const { put, sync, writes } = await twoSides({}, { a: { readOnly: true }, b: { readOnly: true } });
    put('a', { standup: 'at 9' });
    put('b', { review: 'at 14' });
    assert.deepEqual(problemsIn(await sync()), ['refused review', 'refused standup']);
    writes('a', 0);
    writes('b', 0);
  });

  it('that is only a view of the other one is written to', async () => {
    const { a, b, put, sync, holds, options } = await twoSides({}, { b: { readOnly: true } });
    const followed: unknown[] = [];
    a.follow = async (other) => {
      followed.push(other.id);
      options.a.readOnly = other.readOnly;
    };
    await sync();
    // From here on the view says of itself that it is read-only; it still takes what comes from the server.
    const create = a.create.bind(a);
    a.create = async (...given) => {
      options.a.readOnly = false;
      return create(...given).finally(() => {
        options.a.readOnly = true;
      });
    };
    put('b', { standup: 'at 9' });
    assert.deepEqual(problemsIn(await sync()), []);
    holds('a', { standup: 'at 9' });
    assert.deepEqual(followed, [b.info.id, b.info.id]);
  });
});
