import assert from 'node:assert/strict';
import { NotFoundError } from '../../src/core/errors.ts';
import { METADATA_NAMES } from '../../src/core/item-name.ts';
import type { PropertyName } from '../../src/core/storage.ts';
import { itemOf } from '../support/items.ts';
import { changesOf, find, make, type StorageRule } from './storage-trial.ts';
import { listing, put } from './trial.ts';

const VALUES: Readonly<Record<PropertyName, readonly [first: string, second: string]>> = {
  displayname: ['Büro & <Büffel>', 'Zuhause "hier"'],
  color: ['#00AA7F', '#123456'],
  description: ['two\nlines & more', 'another'],
  order: ['3', '12'],
};

const eachProperty = (name: PropertyName): readonly StorageRule[] => {
  const [first, second] = VALUES[name];
  return [
    {
      title: `sets and changes the ${name}, if it has one`,
      async run(storage, wanted) {
        if (!storage.properties.includes(name)) return;
        await storage.createCollection(wanted('work'));
        for (const value of [first, second]) {
          const refused = await storage.setProperties(
            await find(storage, 'work'),
            changesOf({ [name]: value }),
          );
          assert.deepEqual(refused, new Map());
          assert.equal((await find(storage, 'work')).properties[name], value);
        }
      },
    },
    {
      title: `takes the ${name} away, if it has one`,
      async run(storage, wanted) {
        if (!storage.properties.includes(name)) return;
        const info = await storage.createCollection(wanted('work'));
        await storage.setProperties(info, changesOf({ [name]: first }));
        const refused = await storage.setProperties(
          await find(storage, 'work'),
          changesOf({ [name]: undefined }),
        );
        assert.deepEqual(refused, new Map());
        assert.equal((await find(storage, 'work')).properties[name], undefined);
      },
    },
    {
      title: `tells that it will not take a ${name}, or takes it`,
      async run(storage, wanted) {
        const info = await storage.createCollection(wanted('work'));
        const refused = await storage.setProperties(info, changesOf({ [name]: first }));
        const isKept = (await find(storage, 'work')).properties[name] === first;
        assert.notEqual(isKept, refused.has(name), `${name} is kept: ${isKept}`);
      },
    },
  ];
};

/** What setting the properties of a collection must do. */
export const propertyRules: readonly StorageRule[] = [
  ...METADATA_NAMES.flatMap(eachProperty),
  {
    title: 'leaves properties alone that are not named',
    async run(storage, wanted) {
      await storage.createCollection(wanted('work', { displayname: 'one' }));
      const before = await find(storage, 'work');
      await storage.setProperties(before, changesOf({ color: '#00AA7F' }));
      assert.equal((await find(storage, 'work')).properties.displayname, 'one');
      await storage.setProperties(before, new Map());
      assert.equal((await find(storage, 'work')).properties.displayname, 'one');
    },
  },
  {
    title: 'sets the others when one makes no sense, and says which',
    async run(storage, wanted) {
      const info = await storage.createCollection(wanted('work'));
      const changes = changesOf({ color: 'light green', displayname: 'one', order: 'first' });
      const refused = await storage.setProperties(info, changes);
      assert.deepEqual([...refused.keys()].toSorted(), ['color', 'order']);
      const { displayname, color, order } = (await find(storage, 'work')).properties;
      assert.deepEqual([displayname, color, order], ['one', undefined, undefined]);
    },
  },
  {
    title: 'takes a blank colour for none, if it has one',
    async run(storage, wanted) {
      if (!storage.properties.includes('color')) return;
      await storage.createCollection(wanted('work', { color: '#00AA7F' }));
      const refused = await storage.setProperties(await find(storage, 'work'), changesOf({ color: ' \n' }));
      assert.deepEqual(refused, new Map());
      assert.equal((await find(storage, 'work')).properties.color, undefined);
    },
  },
  ...(['displayname', 'description'] as const).map((name): StorageRule => ({
    title: `takes a ${name} without the blanks around it, if it has one`,
    async run(storage, wanted) {
      if (!storage.properties.includes(name)) return;
      await storage.createCollection(wanted('work'));
      const changes = changesOf({ [name]: ' Büro \n' });
      assert.deepEqual(await storage.setProperties(await find(storage, 'work'), changes), new Map());
      assert.equal((await find(storage, 'work')).properties[name], 'Büro');
    },
  })),
  {
    title: 'takes a blank description for none, if it has one',
    async run(storage, wanted) {
      if (!storage.properties.includes('description')) return;
      await storage.createCollection(wanted('work', { description: 'ours' }));
      const refused = await storage.setProperties(
        await find(storage, 'work'),
        changesOf({ description: '' }),
      );
      assert.deepEqual(refused, new Map());
      assert.equal((await find(storage, 'work')).properties.description, undefined);
    },
  },
  {
    title: 'leaves the items alone when it sets properties',
    async run(storage, wanted) {
      const work = await make(storage, wanted('work'));
      await put(work, itemOf(storage.kind, '1', 'tea'));
      const before = await listing(work);
      await storage.setProperties(await find(storage, 'work'), changesOf({ displayname: 'one' }));
      assert.deepEqual(await listing(work), before);
    },
  },
  {
    title: 'tells that a collection is gone whose properties are to be set, and does not make it anew',
    async run(storage, wanted) {
      const info = await storage.createCollection(wanted('work'));
      await storage.deleteCollection(info);
      const before = await storage.discover();
      await assert.rejects(storage.setProperties(info, changesOf({ displayname: 'one' })), NotFoundError);
      assert.deepEqual(await storage.discover(), before);
    },
  },
  {
    title: 'sets nothing when the signal is aborted beforehand',
    async run(storage, wanted) {
      const info = await storage.createCollection(wanted('work', { displayname: 'one' }));
      const changes = changesOf({ displayname: 'two' });
      await assert.rejects(storage.setProperties(info, changes, AbortSignal.abort()));
      assert.equal((await find(storage, 'work')).properties.displayname, 'one');
    },
  },
];
