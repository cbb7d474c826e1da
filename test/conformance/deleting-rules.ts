import assert from 'node:assert/strict';
import { RefusedError } from '../../src/core/errors.ts';
import { itemOf } from '../support/items.ts';
import { find, has, make, type StorageRule } from './storage-trial.ts';
import { contents, contentsOf, listing, put } from './trial.ts';

/** What deleting a collection must do. */
export const deletingRules: readonly StorageRule[] = [
  {
    title: 'deletes an empty collection',
    async run(storage, wanted) {
      const info = await storage.createCollection(wanted('work'));
      await storage.deleteCollection(info);
      assert.equal(await has(storage, 'work'), false);
    },
  },
  {
    title: 'deletes a collection that has nothing but properties',
    async run(storage, wanted) {
      await storage.createCollection(wanted('work', { displayname: 'Work', color: '#00AA7F' }));
      await storage.deleteCollection(await find(storage, 'work'));
      assert.equal(await has(storage, 'work'), false);
    },
  },
  {
    title: 'refuses to delete a collection that holds something, which stays as it was',
    async run(storage, wanted) {
      const work = await make(storage, wanted('work', { displayname: 'Work' }));
      await put(work, itemOf(storage.kind, '1', 'tea'), 'one');
      const before = await find(storage, 'work');
      await assert.rejects(storage.deleteCollection(before), RefusedError);
      assert.deepEqual(await find(storage, 'work'), before);
      assert.deepEqual(await contents(work), contentsOf(itemOf(storage.kind, '1', 'tea')));
    },
  },
  {
    title: 'names what is inside a collection that it refuses to delete',
    async run(storage, wanted) {
      const work = await make(storage, wanted('work'));
      await put(work, itemOf(storage.kind, '1', 'tea'), 'one');
      await assert.rejects(storage.deleteCollection(work.info), /\bone\./);
    },
  },
  {
    title: 'deletes a collection whose items were removed',
    async run(storage, wanted) {
      const work = await make(storage, wanted('work'));
      await work.remove(await put(work, itemOf(storage.kind, '1', 'tea')));
      await storage.deleteCollection(await find(storage, 'work'));
      assert.equal(await has(storage, 'work'), false);
    },
  },
  {
    title: 'takes the deletion of a collection that is gone for done',
    async run(storage, wanted) {
      const info = await storage.createCollection(wanted('work'));
      await storage.deleteCollection(info);
      await storage.deleteCollection(info);
      assert.equal(await has(storage, 'work'), false);
    },
  },
  {
    title: 'leaves other collections alone when it deletes one',
    async run(storage, wanted) {
      const info = await storage.createCollection(wanted('work'));
      const other = await make(storage, wanted('work2'));
      await put(other, itemOf(storage.kind, '1', 'tea'));
      await storage.deleteCollection(info);
      assert.equal((await listing(storage.open(await find(storage, 'work2')))).size, 1);
    },
  },
  {
    title: 'makes a deleted collection anew, empty and without the old properties',
    async run(storage, wanted) {
      await storage.deleteCollection(
        await storage.createCollection(wanted('work', { description: 'the old one' })),
      );
      const work = await make(storage, wanted('work'));
      assert.equal((await listing(work)).size, 0);
      assert.equal((await find(storage, 'work')).properties.description, undefined);
      await put(work, itemOf(storage.kind, '1', 'tea'));
      assert.deepEqual(await contents(work), contentsOf(itemOf(storage.kind, '1', 'tea')));
    },
  },
  {
    title: 'deletes nothing when the signal is aborted beforehand',
    async run(storage, wanted) {
      const info = await storage.createCollection(wanted('work'));
      await assert.rejects(storage.deleteCollection(info, AbortSignal.abort()));
      assert.equal(await has(storage, 'work'), true);
    },
  },
];
