import assert from 'node:assert/strict';
import { type Changes, type Etag, type Href, syncToken } from '../../src/core/storage.ts';
import { listing, put, type Rule } from './trial.ts';

/** What asking for differences must mean; whether the storage can tell them or lists everything again is its own affair. */
export const changeRules: readonly Rule[] = [
  {
    title: 'has nothing new to tell when nothing changed',
    async run({ collection, item }) {
      await put(collection, item('1'));
      const first = await collection.changes(undefined);
      const second = await collection.changes(first.token);
      assert.deepEqual(applied(applied(new Map(), first), second), await listing(collection));
      if (!second.complete) assert.deepEqual([second.changed, second.removed], [[], []]);
    },
  },
  {
    title: 'tells since a token what was created, updated and removed',
    async run({ collection, item }) {
      await put(collection, item('kept'));
      const edited = await put(collection, item('edited'));
      const removed = await put(collection, item('removed'));
      const before = await collection.changes(undefined);
      await put(collection, item('created'));
      await collection.update(edited, item('edited', 'anew'));
      await collection.remove(removed);
      const after = await collection.changes(before.token);
      assert.deepEqual(applied(applied(new Map(), before), after), await listing(collection));
      if (!after.complete) assert.ok(after.changed.length <= 2, 'the kept item is not told again');
    },
  },
  {
    title: 'can be followed from token to token',
    async run({ collection, item }) {
      let known: ReadonlyMap<Href, Etag> = new Map();
      let token: Changes['token'];
      for (let round = 1; round <= 4; round += 1) {
        const ref = await put(collection, item(`round-${round}`));
        if (round % 2 === 0) await collection.remove(ref);
        const changes = await collection.changes(token);
        ({ token } = changes);
        known = applied(known, changes);
        assert.deepEqual(known, await listing(collection));
      }
    },
  },
  {
    title: 'tells an item that was created and removed between two looks as nothing',
    async run({ collection, item }) {
      const before = await collection.changes(undefined);
      await collection.remove(await put(collection, item('1')));
      const after = await collection.changes(before.token);
      assert.deepEqual(after.changed, []);
    },
  },
  {
    title: 'tells an item that was removed and created anew as there',
    async run({ collection, item }) {
      const ref = await put(collection, item('1'), 'one');
      const before = await collection.changes(undefined);
      await collection.remove(ref);
      await put(collection, item('1', 'again'), 'one');
      const after = await collection.changes(before.token);
      assert.deepEqual(applied(applied(new Map(), before), after), await listing(collection));
    },
  },
  {
    title: 'answers an old token with all that came since',
    async run({ collection, item }) {
      const before = await collection.changes(undefined);
      await put(collection, item('1'));
      await collection.changes((await collection.changes(before.token)).token);
      await put(collection, item('2'));
      const after = await collection.changes(before.token);
      assert.equal(applied(new Map(), after).size, 2);
    },
  },
  {
    title: 'answers a token it does not know with everything',
    async run({ collection, item }) {
      await put(collection, item('1'));
      const changes = await collection.changes(syncToken('nobody-gave-this-token'));
      assert.equal(changes.complete, true);
      assert.deepEqual(applied(new Map(), changes), await listing(collection));
    },
  },
  {
    title: 'names in one answer each href once, as changed or as removed',
    async run({ collection, item }) {
      const before = await collection.changes(undefined);
      const ref = await put(collection, item('1'), 'one');
      await collection.remove(ref);
      const again = await put(collection, item('1', 'again'), 'one');
      await collection.update(again, item('1', 'and again'));
      const { changed, removed } = await collection.changes(before.token);
      const hrefs = [...changed.map(({ href }) => href), ...removed];
      assert.deepEqual(hrefs, [...new Set(hrefs)]);
    },
  },
];

/** What is known after an answer, by the contract of `Collection.changes`. */
function applied(known: ReadonlyMap<Href, Etag>, changes: Changes): ReadonlyMap<Href, Etag> {
  const next = new Map(changes.complete ? [] : known);
  for (const href of changes.removed) next.delete(href);
  for (const { href, etag } of changes.changed) next.set(href, etag);
  return next;
}
