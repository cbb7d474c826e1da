import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RefusedError, UnreachableError } from '../../src/core/errors.ts';
import type { MemoryOptions } from '../support/memory-storage.ts';
import { outcomes, put, type Trial, trial } from '../support/pair-trial.ts';
import { contentsOf } from '../support/two-sides.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('a collection that is made in a mount', () => {
  const made = (b: MemoryOptions = {}): Trial => {
    const one = trial({ a: { views: true }, b });
    put(one.a, 'new', 'x');
    return one;
  };

  it('waits until it is clear that it stays, and so does one of its name on the other side', async () => {
    const one = made();
    one.a.collection('new').standing = { passing: true };
    assert.deepEqual(outcomes(await one.sync()), ['new: quiet']);
    assert.equal(one.b.has('new'), false);
    put(one.b, 'new', 'y');
    await one.sync();
    assert.deepEqual(contentsOf(one.a.collection('new')), { x: 'tea' });
    one.a.collection('new').standing = {};
    await one.sync();
    for (const side of [one.a, one.b])
      assert.deepEqual(contentsOf(side.collection('new')), { x: 'tea', y: 'tea' });
  });

  it('is called there as here, and what makes no sense is left out', async () => {
    const one = made();
    one.a.collection('new').properties = { color: 'red!', order: '1' };
    one.a.collection('new').standing = { unsettled: ['order'] };
    await one.sync();
    assert.deepEqual(one.b.collection('new').properties, { displayname: 'new' });
    // The directory has the name already.
    assert.deepEqual(one.a.collection('new').properties, { color: 'red!', order: '1' });
    one.a.collection('new').standing = {};
    one.a.collection('new').properties = { displayname: 'New', order: '1' };
    await one.sync();
    assert.deepEqual(one.b.collection('new').properties, { displayname: 'New', order: '1' });
  });

  it('keeps the name that a user gives it while it is being made', async () => {
    const one = made();
    one.a.collection('new').properties = { displayname: 'half' };
    one.a.collection('new').standing = { unsettled: ['displayname'] };
    await one.sync();
    one.a.collection('new').properties = { displayname: 'Whole' };
    one.a.collection('new').standing = {};
    await one.sync();
    assert.equal(one.b.collection('new').properties.displayname, 'Whole');
  });

  it('is not doubled by a run that was killed right after it was made there', async () => {
    const one = made();
    one.a.collection('new').properties = { color: '#112233' };
    one.b.options.onCall = (call, when) => {
      if (call === 'createCollection' && when === 'after') throw new Error('killed');
    };
    await assert.rejects(one.sync(), /killed/);
    one.b.options.onCall = undefined;
    one.a.collection('new').properties = { color: '#445566' };
    await one.sync({ retryRefused: true });
    assert.equal((await one.b.discover()).length, 1);
    assert.deepEqual(contentsOf(one.b.collection('new')), { x: 'tea' });
    assert.deepEqual(outcomes(await one.sync()), ['new: synced']);
    assert.deepEqual(outcomes(await one.sync()), ['new: quiet']);
  });

  describe('and refused there', () => {
    const refusing = (): Trial => made({ failsCreateCollection: new RefusedError('403, no room') });

    it('is told of, and not asked for again', async () => {
      const one = refusing();
      for (let turn = 0; turn < 3; turn += 1) assert.deepEqual(outcomes(await one.sync()), ['new: refused']);
      assert.equal(one.b.calls.createCollection, 1);
      assert.deepEqual(one.status.troubles().get('new'), {
        type: 'refused',
        reason: '403, no room',
        atMs: 0,
      });
    });

    for (const [when, options, afterMs] of [
      ['when somebody asks', { retryRefused: true }, 0],
      ['after a day', {}, DAY_MS],
    ] as const)
      it(`is asked for again ${when}`, async () => {
        const one = refusing();
        await one.sync();
        delete one.b.options.failsCreateCollection;
        one.clock.ms += afterMs;
        await one.sync(options);
        assert.deepEqual(contentsOf(one.b.collection('new')), { x: 'tea' });
        assert.deepEqual(one.status.troubles(), new Map());
      });

    it('is forgotten when it is nowhere any more', async () => {
      const one = refusing();
      await one.sync();
      one.a.dropCollection('new');
      await one.sync();
      assert.deepEqual(one.status.troubles(), new Map());
    });

    it('is not remembered by a dry run, nor when it is only out of reach', async () => {
      const one = refusing();
      await one.sync({ dryRun: true });
      one.b.options.failsCreateCollection = new UnreachableError('no network');
      await one.sync();
      await one.sync();
      assert.deepEqual([one.b.calls.createCollection, one.status.troubles()], [2, new Map()]);
    });
  });
});
