import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collectionId } from '../../src/core/storage.ts';
import { syncPair } from '../../src/sync/engine.ts';
import type { Change } from '../../src/sync/report.ts';
import { itemOf } from '../support/items.ts';
import { optionsOf, twoSides } from '../support/two-sides.ts';

/** `create standup on b`, by title. */
const inWords = (changes: readonly Change[]): string[] =>
  changes.map(({ type, title, on }) => `${type} ${title ?? 'something'} on ${on}`).toSorted();

describe('a run that is asked for titles', () => {
  const rules: [rule: string, a: Record<string, string>, b: Record<string, string>, want: string[]][] = [
    [
      'tells the title of a new item',
      { '1': 'tea', '2': 'cake' },
      { '1': 'tea', '3': 'jam' },
      ['create cake on b', 'create jam on a'],
    ],
    ['tells the new title of a changed item', { '1': 'coffee' }, { '1': 'tea' }, ['update coffee on b']],
    ['tells what a deleted item was called', {}, { '1': 'tea' }, ['remove tea on b']],
  ];
  for (const [rule, a, b, want] of rules) {
    it(rule, async () => {
      const { put, sync } = await twoSides({ '1': 'tea' });
      put('a', a);
      put('b', b);
      const { changes } = await sync({ titled: true, allowEmpty: true });
      assert.deepEqual(inWords(changes), want);
    });
  }

  it('tells the titles of a first fill', async () => {
    const { put, sync } = await twoSides({}, { b: { bulk: true } });
    put('a', { '1': 'tea', '2': 'cake' });
    const { changes } = await sync({ titled: true });
    assert.deepEqual(inWords(changes), ['create cake on b', 'create tea on b']);
  });

  for (const moves of [true, false]) {
    it(`tells the titles of a move between collections, by a storage that ${moves ? 'can' : 'cannot'} move`, async () => {
      const { pair, clock, put, options } = await twoSides({ '1': 'tea', '2': 'cake' });
      options.b.moves = moves;
      const storages = [pair.a, pair.b];
      for (const storage of storages)
        await storage.createCollection({ id: collectionId('other'), kind: 'calendar', properties: {} });
      await syncPair(pair, optionsOf(clock));
      put('a', { '2': 'cake' });
      const infos = await pair.a.discover();
      const other = infos.find(({ id }) => id === 'other');
      assert.ok(other);
      await pair.a.open(other).create(itemOf('calendar', '1', 'tea'));
      const { collections } = await syncPair(pair, optionsOf(clock, { titled: true }));
      assert.deepEqual(inWords(collections.flatMap(({ changes }) => changes)), [
        'create tea on b',
        'remove tea on b',
      ]);
    });
  }

  it('tells the titles of a collection that is deleted along', async () => {
    const { pair, clock } = await twoSides({ '1': 'tea' });
    const [info] = await pair.a.discover();
    assert.ok(info);
    const collection = pair.a.open(info);
    const [ref] = (await collection.changes(undefined)).changed;
    assert.ok(ref);
    await collection.remove(ref);
    await pair.a.deleteCollection(info);
    const report = await syncPair(pair, optionsOf(clock, { titled: true, deletions: 'confirm' }));
    assert.deepEqual(
      report.collections.flatMap(({ changes }) => inWords(changes)),
      ['remove tea on b'],
    );
  });
});

describe('a run that is not', () => {
  it('looks for none', async () => {
    const { put, sync } = await twoSides({ '1': 'tea' });
    put('a', { '1': 'coffee' });
    const { changes } = await sync();
    assert.deepEqual(inWords(changes), ['update something on b']);
  });
});
