import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { collectionId, type CollectionProperties } from '../../src/core/storage.ts';
import { recover } from '../../src/cache/recover.ts';
import { eventText } from '../support/items.ts';
import { MountedCache, TreePublisher, WRITE_DELAY_MS } from '../support/mounted-cache.ts';

let cache: MountedCache;
beforeEach(async () => {
  cache = await MountedCache.open();
});

const set = (properties: CollectionProperties): ReturnType<MountedCache['setAll']> =>
  cache.setAll(properties);
const told = async (): Promise<CollectionProperties> => (await cache.infoNow()).properties;
const unsettled = async (): Promise<readonly string[]> => (await cache.infoNow()).unsettled ?? [];
const follow = async (readOnly = false): Promise<void> =>
  cache.collection.follow?.({ ...cache.info, readOnly });
const makeHome = (displayname: string): ReturnType<typeof cache.storage.createCollection> =>
  cache.storage.createCollection({
    id: collectionId('home'),
    kind: 'calendar',
    properties: { displayname },
  });

for (const mounted of [false, true]) {
  describe(`the files of properties, as the engine sets them, ${mounted ? 'published' : 'without a mount'}`, () => {
    beforeEach(() => {
      cache.publisher = mounted ? new TreePublisher(cache) : undefined;
    });

    it("are there for what has a value, and the users' to write", async () => {
      await set({ displayname: 'Büro', color: '#00AA7F', description: ' two\nlines ', order: '3' });
      assert.deepEqual(
        ['displayname', 'color', 'description', 'order'].map((name) => [
          cache.text(name),
          cache.file(name).readOnly,
        ]),
        [
          ['Büro', false],
          ['#00AA7F', false],
          ['two\nlines', false],
          ['3', false],
        ],
      );
      assert.deepEqual(await told(), {
        displayname: 'Büro',
        color: '#00AA7F',
        description: 'two\nlines',
        order: '3',
      });
      assert.deepEqual(await unsettled(), []);
      await set({ displayname: '', color: '  ' });
      assert.deepEqual([cache.names(), await told()], [[], {}]);
    });

    for (const color of ['#1a2B3c', '#1A2B3C80', '1a2b3c'])
      it(`show the colour ${color} as programs read it`, async () => {
        await set({ color });
        assert.deepEqual([cache.text('color'), await told()], ['#1A2B3C', { color: '#1A2B3C' }]);
      });

    it('do not show what makes no sense', async () => {
      await set({ color: '#112233' });
      assert.deepEqual([...(await set({ color: 'red' })).keys()], ['color']);
      assert.equal(cache.text('color'), '#112233');
    });

    it('change in place with a later time, and are left alone when they say the same', async () => {
      await set({ displayname: 'one' });
      const first = cache.file('displayname');
      const folder = cache.at('personal', 'work');
      cache.clock.move(1000);
      await set({ displayname: 'one' });
      await follow();
      assert.deepEqual([cache.file('displayname'), cache.at('personal', 'work')], [first, folder]);
      cache.clock.move(-5000);
      await set({ displayname: 'two' });
      const second = cache.file('displayname');
      assert.equal(second.ino, first.ino);
      assert.ok(second.mtimeMs > first.mtimeMs);
      assert.ok(cache.at('personal', 'work').mtimeMs > folder.mtimeMs);
    });

    it('never show one display name twice, which todoman cannot stand, and stand for the one that they have', async () => {
      await set({ displayname: 'Work' });
      const info = await makeHome('Work');
      const home = (): string =>
        Buffer.from(cache.tree.read(cache.at('personal', 'home', 'displayname').ino)).toString();
      assert.deepEqual([info.properties.displayname, home()], ['Work', 'Work (home)']);
      await set({ displayname: 'Office' });
      assert.equal(home(), 'Work (home)');
      await cache.storage.open(info).follow?.(info);
      assert.equal(home(), 'Work');
    });

    it('are no items and change no state', async () => {
      const { state } = await cache.infoNow();
      await set({ displayname: 'Work' });
      cache.save('color', '#112233');
      assert.deepEqual([(await cache.told()).changed, (await cache.infoNow()).state], [[], state]);
    });

    it('keep what a user wrote, byte for byte, as long as it means the same', async () => {
      cache.save('color', '#00aa7f\n');
      cache.save('order', '1');
      cache.settle();
      const before = cache.file('color');
      assert.deepEqual(await set({ color: '#00AA7FFF', order: '1' }), new Map());
      await follow();
      assert.deepEqual([cache.text('color'), cache.file('color')], ['#00aa7f\n', before]);
      await set({ color: '#00AA80', order: '1' });
      assert.equal(cache.text('color'), '#00AA80');
    });
  });
}

describe('what users write into the files of properties', () => {
  const edits: readonly (readonly [what: string, edit: () => unknown, value: CollectionProperties])[] = [
    ['in place', () => cache.save('displayname', 'Büro\n'), { displayname: 'Büro', color: '#112233' }],
    [
      'by a temporary file that is renamed',
      () => [cache.save('tmp1', 'Büro'), cache.rename('tmp1', 'displayname')],
      { displayname: 'Büro', color: '#112233' },
    ],
    [
      'by a link, as khal and vdirsyncer do',
      () => [
        cache.remove('displayname'),
        cache.save('tmp1', 'Büro'),
        cache.tree.link(cache.file('tmp1').ino, cache.folder, 'displayname', cache.clock.nowMs()),
        cache.remove('tmp1'),
      ],
      { displayname: 'Büro', color: '#112233' },
    ],
    [
      'as vim does, over a copy',
      () => [
        cache.rename('displayname', 'displayname~'),
        cache.save('displayname', 'Büro'),
        cache.remove('displayname~'),
      ],
      { displayname: 'Büro', color: '#112233' },
    ],
    ['by taking them away', () => cache.remove('displayname'), { color: '#112233' }],
    ['by renaming them away', () => cache.rename('displayname', 'x'), { color: '#112233' }],
    ['by leaving them blank', () => cache.save('displayname', ' \n'), { color: '#112233' }],
    ['in another spelling', () => cache.save('color', 'ABC\n'), { displayname: 'Work', color: '#AABBCC' }],
    ['that makes no sense', () => cache.save('color', ' red!\n'), { displayname: 'Work', color: 'red!' }],
  ];
  for (const [what, edit, value] of edits)
    it(`${what} is told after its quiet time, and not before`, async () => {
      await set({ displayname: 'Work', color: '#112233' });
      edit();
      assert.equal((await unsettled()).length, 1);
      cache.clock.move(WRITE_DELAY_MS);
      assert.deepEqual([await told(), await unsettled()], [value, []]);
    });

  it('is unsettled as long as the file is open for writing, also over a crash', async () => {
    cache.save('displayname', 'half', { writers: true });
    cache.settle();
    assert.deepEqual(await unsettled(), ['displayname']);
    cache.tree.release(cache.file('displayname').ino, cache.clock.nowMs());
    assert.deepEqual(await unsettled(), ['displayname']);
    cache.settle();
    cache.save('displayname', 'whole', { writers: true });
    cache.settle();
    recover(cache.db, cache.clock.nowMs());
    assert.deepEqual([await unsettled(), await told()], [['displayname'], { displayname: 'whole' }]);
    cache.settle();
    assert.deepEqual(await unsettled(), []);
  });

  it('is nothing new when an editor saves what was made unique', async () => {
    await makeHome('Work');
    await set({ displayname: 'Work' });
    assert.equal(cache.text('displayname'), 'Work (work)');
    cache.rename('displayname', 'displayname~');
    cache.save('displayname', 'Work (work)\n');
    cache.settle();
    assert.deepEqual(await told(), { displayname: 'Work' });
  });

  it('is the number that it was when only its spelling is another one', async () => {
    await set({ order: '1' });
    cache.save('order', '1.0');
    cache.settle();
    assert.deepEqual([await told(), cache.text('order')], [{ order: '1' }, '1.0']);
  });

  it('is told in every collection that a file has a name in, and in none below', async () => {
    const folder = cache.tree.createDirectory(cache.folder, '.d', 0o755, 0).ino;
    cache.save('color', '#112233', { folder });
    assert.deepEqual(await told(), {});
    const { ino } = cache.tree.inode(cache.tree.lookup(folder, 'color')?.ino ?? 0) ?? { ino: 0 };
    cache.tree.link(ino, cache.folder, 'color', cache.clock.nowMs());
    cache.save('color', '#445566', { folder });
    cache.settle();
    assert.deepEqual(await told(), { color: '#445566' });
  });
});

describe('a file of a property', () => {
  const replace = (): void => {
    cache.remove('displayname');
    cache.save('displayname', 'mine');
  };
  for (const [title, edit] of [
    ['written to', () => cache.save('displayname', 'mine')],
    ['replaced', replace],
  ] as const)
    for (const wanted of [{ displayname: 'two' }, {}])
      it(`that was ${title} before ${wanted.displayname ?? 'nothing'} could be put there is left alone`, async () => {
        await set({ displayname: 'one' });
        const publisher = new TreePublisher(cache);
        cache.publisher = publisher;
        publisher.before = edit;
        assert.deepEqual([...(await set(wanted)).keys()], ['displayname']);
        assert.deepEqual([cache.text('displayname'), await unsettled()], ['mine', ['displayname']]);
        cache.settle();
        assert.deepEqual(await told(), { displayname: 'mine' });
      });

  it('that was written to since the engine looked is left alone', async () => {
    await set({ displayname: 'one' });
    const info = await cache.infoNow();
    cache.save('displayname', 'mine');
    const left = await cache.storage.setProperties(info, new Map([['displayname', 'two']]));
    assert.deepEqual([[...left.keys()], cache.text('displayname')], [['displayname'], 'mine']);
  });
});

describe('a collection that is read-only on the server', () => {
  it('is so for users, with all files in it, and tells the kernel', async () => {
    cache.save('a.ics', eventText());
    await set({ color: '#112233' });
    const publisher = new TreePublisher(cache);
    cache.publisher = publisher;
    await follow(true);
    assert.deepEqual(
      [
        cache.at('personal', 'work').readOnly,
        cache.file('a.ics').readOnly,
        cache.file('color').readOnly,
        cache.at('personal').readOnly,
      ],
      [true, true, true, false],
    );
    assert.deepEqual(
      publisher.published.map(({ type }) => type),
      ['touch'],
    );
    await follow(true);
    assert.equal(publisher.published.length, 1);
    await follow(false);
    assert.equal(cache.file('a.ics').readOnly, false);
  });
});
