import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AlreadyExistsError, PimsyncError } from '../../src/core/errors.ts';
import type { ItemKind } from '../../src/core/item.ts';
import { collectionId, type Storage } from '../../src/core/storage.ts';
import { itemOf } from '../support/items.ts';
import { deletingRules } from './deleting-rules.ts';
import { movingRules } from './moving-rules.ts';
import { propertyRules } from './property-rules.ts';
import { find, type StorageRule } from './storage-trial.ts';
import { contents, contentsOf, listing, put } from './trial.ts';

interface Subject {
  readonly name: string;
  readonly kind: ItemKind;
  /** A storage that nobody else uses; it may have collections of its own already. */
  readonly open: () => Promise<{ readonly storage: Storage; readonly close: () => Promise<void> }>;
  /** Title → reason. Such a rule must fail; the day it passes, the row has to go. */
  readonly knownFailures?: Readonly<Record<string, string>>;
}

const ODD_IDS: readonly string[] = [
  'two words',
  'me@home',
  'Müll',
  'встреча',
  '東京の予定',
  'مواعيد',
  'not a character: \uFFFE',
  '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  '%0A',
  '100%',
  'a+b',
  'UPPER',
];
const HOSTILE_IDS: readonly string[] = ['..', '.', '', '../up', 'a/b', '/', 'nul\u0000'];

const RULES: readonly StorageRule[] = [
  ...deletingRules,
  ...propertyRules,
  ...movingRules,
  {
    title: 'finds a collection that was created, with its kind, taking writes',
    async run(storage, wanted) {
      const created = await storage.createCollection(wanted('work'));
      const found = await find(storage, 'work');
      assert.equal(found.href, created.href);
      assert.equal(found.kind, storage.kind);
      assert.equal(found.readOnly, false);
    },
  },
  {
    title: 'finds several collections, each under an id and href of its own',
    async run(storage, wanted) {
      for (const id of ['a', 'b', 'c', 'd']) await storage.createCollection(wanted(id));
      const found = await storage.discover();
      assert.equal(new Set(found.map(({ id }) => id)).size, found.length);
      assert.equal(new Set(found.map(({ href }) => href)).size, found.length);
      for (const id of ['a', 'b', 'c', 'd']) await find(storage, id);
    },
  },
  {
    title: 'opens a new collection, which is empty and keeps what is put into it',
    async run(storage, wanted) {
      const collection = storage.open(await storage.createCollection(wanted('work')));
      assert.equal((await listing(collection)).size, 0);
      await put(collection, itemOf(storage.kind, '1', 'tea'));
      const again = storage.open(await find(storage, 'work'));
      assert.deepEqual(await contents(again), contentsOf(itemOf(storage.kind, '1', 'tea')));
    },
  },
  {
    title: 'keeps the items of two collections apart',
    async run(storage, wanted) {
      const work = storage.open(await storage.createCollection(wanted('work')));
      const home = storage.open(await storage.createCollection(wanted('home')));
      await put(work, itemOf(storage.kind, '1', 'tea'), 'one');
      assert.equal((await listing(home)).size, 0);
    },
  },
  {
    title: 'refuses to create a collection that is there',
    async run(storage, wanted) {
      const work = storage.open(await storage.createCollection(wanted('work')));
      await put(work, itemOf(storage.kind, '1', 'tea'));
      await assert.rejects(storage.createCollection(wanted('work')), AlreadyExistsError);
      assert.equal((await listing(work)).size, 1);
    },
  },
  {
    title: 'keeps the display name that a collection is created with',
    async run(storage, wanted) {
      await storage.createCollection(wanted('work', { displayname: 'Büro & Büffel' }));
      assert.equal((await find(storage, 'work')).properties.displayname, 'Büro & Büffel');
    },
  },
  {
    title: 'keeps the colour that a collection is created with, if it has one',
    async run(storage, wanted) {
      if (!storage.properties.includes('color')) return;
      await storage.createCollection(wanted('work', { color: '#00AA7F' }));
      assert.equal((await find(storage, 'work')).properties.color, '#00AA7F');
    },
  },
  {
    title: 'does nothing when the signal is aborted beforehand',
    async run(storage, wanted) {
      await assert.rejects(storage.discover(AbortSignal.abort()));
      await assert.rejects(storage.createCollection(wanted('work'), AbortSignal.abort()));
      assert.equal(
        (await storage.discover()).some(({ id }) => id === 'work'),
        false,
      );
    },
  },
  {
    title: 'takes names that differ in case for two collections',
    async run(storage, wanted) {
      const small = storage.open(await storage.createCollection(wanted('a')));
      await storage.createCollection(wanted('A'));
      await put(small, itemOf(storage.kind, '1', 'tea'));
      assert.equal((await listing(storage.open(await find(storage, 'A')))).size, 0);
      assert.equal((await listing(storage.open(await find(storage, 'a')))).size, 1);
    },
  },
  ...ODD_IDS.map((id): StorageRule => ({
    title: `keeps a collection called ${JSON.stringify(id)}`,
    async run(storage, wanted) {
      await storage.createCollection(wanted(id));
      const collection = storage.open(await find(storage, id));
      await put(collection, itemOf(storage.kind, '1', 'tea'));
      assert.deepEqual(await contents(collection), contentsOf(itemOf(storage.kind, '1', 'tea')));
    },
  })),
  ...HOSTILE_IDS.map((id): StorageRule => ({
    title: `refuses a collection called ${JSON.stringify(id)} and makes nothing of it`,
    async run(storage, wanted) {
      const before = await storage.discover();
      await assert.rejects(storage.createCollection(wanted(id)), PimsyncError);
      assert.deepEqual(await storage.discover(), before);
    },
  })),
];

/** What every account, folder or cache must do alike as a holder of collections. */
export function describeStorage({ name, kind, open, knownFailures = {} }: Subject): void {
  describe(`${name} as a storage of ${kind} collections`, () => {
    it('has no reason written for a rule that does not exist', () => {
      const titles = new Set(RULES.map(({ title }) => title));
      assert.deepEqual(
        Object.keys(knownFailures).filter((title) => !titles.has(title)),
        [],
      );
    });
    for (const rule of RULES) {
      const reason = knownFailures[rule.title];
      it(reason === undefined ? rule.title : `${rule.title} (known: ${reason})`, async () => {
        const attempt = runRule(rule, kind, open);
        await (reason === undefined ? attempt : assert.rejects(attempt));
      });
    }
  });
}

async function runRule(rule: StorageRule, kind: ItemKind, open: Subject['open']): Promise<void> {
  const { storage, close } = await open();
  try {
    assert.equal(storage.kind, kind);
    await rule.run(storage, (id, properties = {}) => ({ id: collectionId(id), kind, properties }));
  } finally {
    await close();
  }
}
