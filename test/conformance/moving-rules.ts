import assert from 'node:assert/strict';
import { AlreadyExistsError, PimsyncError, PreconditionFailedError } from '../../src/core/errors.ts';
import type { Item } from '../../src/core/item.ts';
import type { Collection, Storage } from '../../src/core/storage.ts';
import { itemOf } from '../support/items.ts';
import { make, type StorageRule, type Wanted } from './storage-trial.ts';
import { contents, contentsOf, known, listing, put, read } from './trial.ts';

interface Two {
  readonly from: Required<Pick<Collection, 'move'>> & Collection;
  readonly to: Collection;
  readonly item: (uid: string, title?: string) => Item;
}

/** A rule about two collections of a storage that moves items; others are not concerned. */
const rule = (title: string, run: (two: Two) => Promise<void>): StorageRule => ({
  title,
  async run(storage: Storage, wanted: Wanted) {
    const from = await make(storage, wanted('from'));
    const to = await make(storage, wanted('to'));
    if (canMove(from))
      await run({ from, to, item: (uid, title = 'tea') => itemOf(storage.kind, uid, title) });
  },
});

const canMove = (collection: Collection): collection is Two['from'] => collection.move !== undefined;

/** What moving an item into another collection must do. */
export const movingRules: readonly StorageRule[] = [
  rule(
    'moves an item into another collection, where it has its name and content',
    async ({ from, to, item }) => {
      const ref = await put(from, item('1'), 'one');
      const kept = await put(from, item('2'), 'two');
      await put(to, item('3'), 'three');
      const moved = await known(to, await from.move(ref, to.info));
      assert.match(moved.href, /\bone\.\w+$/);
      assert.deepEqual(await listing(from), new Map([[kept.href, kept.etag]]));
      assert.deepEqual(await contents(to), contentsOf(item('1'), item('3')));
      assert.equal((await listing(to)).get(moved.href), moved.etag);
      assert.equal((await read(to, moved.href)).item.uid, '1');
    },
  ),
  rule('takes writes to an item that was moved', async ({ from, to, item }) => {
    const ref = await put(from, item('1'), 'one');
    const moved = await known(to, await from.move(ref, to.info));
    await to.update(moved, item('1', 'coffee'));
    assert.deepEqual(await contents(to), contentsOf(item('1', 'coffee')));
  }),
  rule('tells both collections of a move that come after it', async ({ from, to, item }) => {
    const ref = await put(from, item('1'), 'one');
    const tokens = [(await from.changes(undefined)).token, (await to.changes(undefined)).token] as const;
    const moved = await from.move(ref, to.info);
    const left = await from.changes(tokens[0]);
    assert.deepEqual(left.changed, []);
    assert.ok(left.complete || left.removed.includes(ref.href));
    assert.deepEqual(
      (await to.changes(tokens[1])).changed.map(({ href }) => href),
      [moved.href],
    );
  }),
  rule('refuses to move from a stale etag and leaves all as it was', async ({ from, to, item }) => {
    const old = await put(from, item('1', 'tea'), 'one');
    const neu = await known(from, await from.update(old, item('1', 'coffee')));
    await assert.rejects(from.move({ href: neu.href, etag: old.etag }, to.info), PreconditionFailedError);
    assert.deepEqual(await listing(from), new Map([[neu.href, neu.etag]]));
    assert.equal((await listing(to)).size, 0);
  }),
  rule('refuses to move an item that is gone', async ({ from, to, item }) => {
    const ref = await put(from, item('1'), 'one');
    await from.remove(ref);
    await assert.rejects(from.move(ref, to.info), PreconditionFailedError);
    assert.equal((await listing(to)).size, 0);
  }),
  rule('never moves onto an item of that name', async ({ from, to, item }) => {
    const ref = await put(from, item('1', 'tea'), 'one');
    const there = await put(to, item('2', 'coffee'), 'one');
    await assert.rejects(from.move(ref, to.info), AlreadyExistsError);
    assert.deepEqual(await listing(from), new Map([[ref.href, ref.etag]]));
    assert.deepEqual(await listing(to), new Map([[there.href, there.etag]]));
  }),
  rule('refuses to move an item whose UID is there under another name', async ({ from, to, item }) => {
    const ref = await put(from, item('1', 'tea'), 'one');
    await put(to, item('1', 'coffee'), 'two');
    await assert.rejects(from.move(ref, to.info), AlreadyExistsError);
    assert.deepEqual(await contents(from), contentsOf(item('1', 'tea')));
    assert.deepEqual(await contents(to), contentsOf(item('1', 'coffee')));
  }),
  rule('leaves an item where it is when the other collection is gone', async ({ from, to, item }) => {
    const ref = await put(from, item('1'), 'one');
    const nowhere = {
      ...to.info,
      id: from.info.id,
      href: from.info.href.replace('from', 'gone') as typeof ref.href,
    };
    await assert.rejects(from.move(ref, nowhere), PimsyncError);
    assert.deepEqual(await listing(from), new Map([[ref.href, ref.etag]]));
  }),
  rule('moves nothing when the signal is aborted beforehand', async ({ from, to, item }) => {
    const ref = await put(from, item('1'), 'one');
    await assert.rejects(from.move(ref, to.info, AbortSignal.abort()));
    assert.deepEqual(await listing(from), new Map([[ref.href, ref.etag]]));
    assert.equal((await listing(to)).size, 0);
  }),
];
