import assert from 'node:assert/strict';
import { AlreadyExistsError, PimsyncError, PreconditionFailedError } from '../../src/core/errors.ts';
import { Limiter } from '../../src/lib/limiter.ts';
import { contents, contentsOf, fetchAll, known, listing, put, read, type Rule } from './trial.ts';

const creating: readonly Rule[] = [
  {
    title: 'refuses to create the same item twice',
    async run({ collection, item }) {
      await put(collection, item('1', 'tea'));
      await assert.rejects(collection.create(item('1', 'tea')), AlreadyExistsError);
      assert.deepEqual(await contents(collection), contentsOf(item('1', 'tea')));
    },
  },
  {
    title: 'refuses to create over an item with that name and UID, which stays as it was',
    async run({ collection, item }) {
      await put(collection, item('1', 'tea'), 'one');
      await assert.rejects(collection.create(item('1', 'coffee'), { name: 'one' }), AlreadyExistsError);
      assert.deepEqual(await contents(collection), contentsOf(item('1', 'tea')));
    },
  },
  {
    title: 'refuses to create an item whose UID is there under another name',
    async run({ collection, item }) {
      await put(collection, item('1', 'tea'), 'one');
      await assert.rejects(collection.create(item('1', 'coffee'), { name: 'two' }), AlreadyExistsError);
      assert.deepEqual(await contents(collection), contentsOf(item('1', 'tea')));
    },
  },
  {
    title: 'never replaces an item of another UID that has the wished name',
    async run({ collection, item }) {
      const first = await put(collection, item('1', 'tea'), 'one');
      await collection.create(item('2', 'coffee'), { name: 'one' }).catch((error: unknown) => {
        assert.ok(error instanceof AlreadyExistsError, String(error));
      });
      const now = await read(collection, first.href);
      assert.equal(now.etag, first.etag);
      assert.equal(now.item.hash, item('1', 'tea').hash);
    },
  },
  {
    title: 'leaves the etags of others alone when it creates',
    async run({ collection, item }) {
      const first = await put(collection, item('1'));
      await put(collection, item('2'));
      assert.equal((await listing(collection)).get(first.href), first.etag);
    },
  },
  {
    title: 'creates many at once, answering for each in order',
    async run({ collection, item }) {
      if (!collection.createMany) return;
      await put(collection, item('2', 'was here'), 'two');
      const results = await collection.createMany([
        { item: item('1'), name: 'one' },
        { item: item('2', 'too late'), name: 'two' },
        { item: item('3') },
      ]);
      assert.deepEqual(
        results.map((result) => result instanceof PimsyncError),
        [false, true, false],
      );
      assert.ok(results[1] instanceof AlreadyExistsError);
      const all = await contents(collection);
      assert.deepEqual(all, contentsOf(item('1'), item('2', 'was here'), item('3')));
      for (const [at, uid] of [[0, '1'] as const, [2, '3'] as const]) {
        const result = results[at];
        assert.ok(result && !(result instanceof PimsyncError));
        const ref = await known(collection, result);
        assert.equal((await listing(collection)).get(ref.href), ref.etag);
        assert.equal((await read(collection, ref.href)).item.uid, uid);
      }
    },
  },
  {
    title: 'takes as many writes at once as it says',
    async run({ collection, item }) {
      const sent = Array.from({ length: 24 }, (_, number) => item(`uid-${number}`));
      const limiter = new Limiter(collection.parallelWrites);
      await Promise.all(sent.map((one) => limiter.run(() => collection.create(one))));
      assert.deepEqual(await contents(collection), contentsOf(...sent));
    },
  },
];

const updating: readonly Rule[] = [
  {
    title: 'replaces an item whose etag is known, under a new etag',
    async run({ collection, item }) {
      const old = await put(collection, item('1', 'tea'));
      const neu = await known(collection, await collection.update(old, item('1', 'coffee')));
      assert.notEqual(neu.etag, old.etag);
      assert.deepEqual(await listing(collection), new Map([[neu.href, neu.etag]]));
      assert.deepEqual(await contents(collection), contentsOf(item('1', 'coffee')));
    },
  },
  {
    title: 'gives each of several quick edits of one length its own etag',
    async run({ collection, item }) {
      let ref = await put(collection, item('1', 'tea 0'));
      const etags = new Set([ref.etag]);
      for (let round = 1; round <= 9; round += 1) {
        ref = await known(collection, await collection.update(ref, item('1', `tea ${round}`)));
        etags.add(ref.etag);
      }
      assert.equal(etags.size, 10);
    },
  },
  {
    title: 'refuses to update from a stale etag and leaves the item as it was',
    async run({ collection, item }) {
      const old = await put(collection, item('1', 'tea'));
      const neu = await known(collection, await collection.update(old, item('1', 'coffee')));
      const stale = { href: neu.href, etag: old.etag };
      await assert.rejects(collection.update(stale, item('1', 'water')), PreconditionFailedError);
      assert.deepEqual(await listing(collection), new Map([[neu.href, neu.etag]]));
      assert.deepEqual(await contents(collection), contentsOf(item('1', 'coffee')));
    },
  },
  {
    title: 'refuses to update an item that is gone and does not bring it back',
    async run({ collection, item }) {
      const gone = await put(collection, item('1'));
      await collection.remove(gone);
      await assert.rejects(collection.update(gone, item('1', 'again')), PreconditionFailedError);
      assert.equal((await listing(collection)).size, 0);
    },
  },
  {
    title: 'leaves the etags of others alone when it updates and removes',
    async run({ collection, item }) {
      const [first, second, third] = [
        await put(collection, item('1')),
        await put(collection, item('2')),
        await put(collection, item('3')),
      ];
      await collection.update(second, item('2', 'changed'));
      await collection.remove(third);
      assert.equal((await listing(collection)).get(first.href), first.etag);
    },
  },
];

const removing: readonly Rule[] = [
  {
    title: 'removes an item whose etag is known',
    async run({ collection, item }) {
      const ref = await put(collection, item('1'));
      const kept = await put(collection, item('2'));
      await collection.remove(ref);
      assert.deepEqual(await listing(collection), new Map([[kept.href, kept.etag]]));
      assert.deepEqual(await fetchAll(collection, [ref.href]), []);
    },
  },
  {
    title: 'refuses to remove from a stale etag and leaves the item as it was',
    async run({ collection, item }) {
      const old = await put(collection, item('1', 'tea'));
      const neu = await known(collection, await collection.update(old, item('1', 'coffee')));
      await assert.rejects(collection.remove({ href: neu.href, etag: old.etag }), PreconditionFailedError);
      assert.deepEqual(await contents(collection), contentsOf(item('1', 'coffee')));
    },
  },
  {
    title: 'takes the removal of an item that is gone for done',
    async run({ collection, item }) {
      const ref = await put(collection, item('1'));
      await collection.remove(ref);
      await collection.remove(ref);
      assert.equal((await listing(collection)).size, 0);
    },
  },
  {
    title: 'takes an item back that was removed',
    async run({ collection, item }) {
      await collection.remove(await put(collection, item('1', 'tea'), 'one'));
      await put(collection, item('1', 'tea'), 'one');
      assert.deepEqual(await contents(collection), contentsOf(item('1', 'tea')));
    },
  },
];

const aborting: readonly Rule[] = [
  {
    title: 'does nothing when the signal is aborted beforehand',
    async run({ collection, item }) {
      const ref = await put(collection, item('1'));
      const signal = AbortSignal.abort(new Error('stop'));
      const fetching = async (): Promise<void> => {
        for await (const fetched of collection.fetch([ref.href], signal)) assert.fail(fetched.href);
      };
      await assert.rejects(collection.changes(undefined, signal));
      await assert.rejects(fetching());
      await assert.rejects(collection.create(item('2'), {}, signal));
      await assert.rejects(collection.update(ref, item('1', 'changed'), signal));
      await assert.rejects(collection.remove(ref, signal));
      if (collection.createMany) await assert.rejects(collection.createMany([{ item: item('2') }], signal));
      assert.deepEqual(await listing(collection), new Map([[ref.href, ref.etag]]));
    },
  },
];

/** What changing a collection must do. */
export const writingRules: readonly Rule[] = [...creating, ...updating, ...removing, ...aborting];
