import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { collectionId, type CollectionInfo, type CollectionProperties } from '../../src/core/storage.ts';
import { eventText } from '../support/items.ts';
import { MountedCache, TreePublisher } from '../support/mounted-cache.ts';

let cache: MountedCache;
beforeEach(async () => {
  cache = await MountedCache.open();
});

const infoNow = async (): Promise<CollectionInfo> => {
  const found = (await cache.storage.discover()).find(({ id }) => id === 'work');
  assert.ok(found);
  return found;
};
const follow = async (properties: CollectionProperties, readOnly = false): Promise<void> => {
  await cache.collection.follow?.({ ...cache.info, properties, readOnly });
};

for (const mounted of [false, true]) {
  describe(`the files that show properties, ${mounted ? 'published' : 'without a mount'}`, () => {
    beforeEach(() => {
      cache.publisher = mounted ? new TreePublisher(cache) : undefined;
    });

    it('are there for what has a value, and read-only', async () => {
      await follow({ displayname: 'Büro', color: '#00AA7F', description: ' two\nlines ', order: '3' });
      assert.deepEqual(
        ['displayname', 'color', 'description', 'order'].map((name) => [
          cache.text(name),
          cache.file(name).readOnly,
        ]),
        [
          ['Büro', true],
          ['#00AA7F', true],
          ['two\nlines', true],
          ['3', true],
        ],
      );
      assert.deepEqual((await infoNow()).properties, {
        displayname: 'Büro',
        color: '#00AA7F',
        description: 'two\nlines',
        order: '3',
      });
      await follow({ displayname: '', color: '  ' });
      assert.deepEqual(cache.names(), []);
    });

    const colors: readonly (readonly [color: string, shown: string | undefined])[] = [
      ['#1a2B3c', '#1a2B3c'],
      ['#1A2B3C80', '#1A2B3C'],
      ['red', undefined],
      ['#123', undefined],
      ['#1A2B3C8', undefined],
      ['#12345g', undefined],
    ];
    for (const [color, shown] of colors) {
      it(`show the colour ${color} as ${shown ?? 'none'}`, async () => {
        await follow({ color });
        assert.equal((await infoNow()).properties.color, shown);
      });
    }

    it('change in place with a later time, and are left alone when they say the same', async () => {
      await follow({ displayname: 'one' });
      const first = cache.file('displayname');
      const folder = cache.at('personal', 'work');
      cache.clock.move(1000);
      await follow({ displayname: 'one' });
      assert.deepEqual([cache.file('displayname'), cache.at('personal', 'work')], [first, folder]);
      cache.clock.move(-5000);
      await follow({ displayname: 'two' });
      const second = cache.file('displayname');
      assert.equal(second.ino, first.ino);
      assert.ok(second.mtimeMs > first.mtimeMs);
      assert.ok(cache.at('personal', 'work').mtimeMs > folder.mtimeMs);
    });

    it('never show one display name twice, which todoman cannot stand', async () => {
      await follow({ displayname: 'Work' });
      const info = await cache.storage.createCollection({
        id: collectionId('home'),
        kind: 'calendar',
        properties: { displayname: 'Work' },
      });
      assert.equal(info.properties.displayname, 'Work (home)');
      await follow({ displayname: 'Work' });
      assert.equal(cache.text('displayname'), 'Work');
      await cache.storage.open(info).follow?.({ ...info, properties: { displayname: 'Work' } });
      assert.equal(
        Buffer.from(cache.tree.read(cache.at('personal', 'home', 'displayname').ino)).toString(),
        'Work (home)',
      );
    });

    it('are no items and change no state', async () => {
      const { state } = await infoNow();
      await follow({ displayname: 'Work' });
      assert.deepEqual([(await cache.told()).changed, (await infoNow()).state], [[], state]);
    });
  });
}

describe('a file that shows a property', () => {
  const replace = (): void => {
    cache.remove('displayname');
    cache.tree.createFile(cache.folder, 'displayname', 0o644, cache.clock.nowMs());
  };
  const meanwhile: readonly (readonly [
    title: string,
    edit: () => unknown,
    text: string,
    wanted: string | undefined,
  ])[] = [
    ['written to', () => cache.save('displayname', 'mine'), 'mine', 'two'],
    ['replaced', replace, '', 'two'],
    ['replaced before it could be removed', replace, '', undefined],
  ];
  for (const [title, edit, text, displayname] of meanwhile) {
    it(`and was ${title} meanwhile is left alone until the next time`, async () => {
      const wanted = displayname === undefined ? {} : { displayname };
      await follow({ displayname: 'one' });
      const publisher = new TreePublisher(cache);
      cache.publisher = publisher;
      publisher.before = edit;
      await follow(wanted);
      assert.equal(cache.text('displayname'), text);
      publisher.before = undefined;
      await follow(wanted);
      assert.deepEqual((await infoNow()).properties, wanted);
    });
  }
});

describe('a collection that is read-only on the server', () => {
  it('is so for users, with all files in it, and tells the kernel', async () => {
    cache.save('a.ics', eventText());
    const publisher = new TreePublisher(cache);
    cache.publisher = publisher;
    await follow({}, true);
    assert.deepEqual(
      [cache.at('personal', 'work').readOnly, cache.file('a.ics').readOnly, cache.at('personal').readOnly],
      [true, true, false],
    );
    assert.deepEqual(
      publisher.published.map(({ type }) => type),
      ['touch'],
    );
    await follow({}, true);
    assert.equal(publisher.published.length, 1);
    await follow({}, false);
    assert.equal(cache.file('a.ics').readOnly, false);
  });
});
