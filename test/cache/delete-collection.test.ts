import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FileError } from '../../src/cache/file-tree.ts';
import { recover } from '../../src/cache/recover.ts';
import {
  type PimsyncError,
  PreconditionFailedError,
  RefusedError,
  ServerError,
} from '../../src/core/errors.ts';
import { eventText, itemOf } from '../support/items.ts';
import { MountedCache, TreePublisher } from '../support/mounted-cache.ts';

let cache: MountedCache;
let publisher: TreePublisher;
beforeEach(async () => {
  cache = await MountedCache.open();
  publisher = new TreePublisher(cache);
});

const remove = (): Promise<void> => cache.storage.deleteCollection(cache.info);
const folders = (): string[] => cache.names(cache.at('personal').ino);
const staged = (): unknown[] => cache.db.prepare('SELECT op, state FROM staged').all();
const nameless = (): unknown =>
  cache.db
    .prepare('SELECT count(*) FROM inode WHERE ino <> 1 AND ino NOT IN (SELECT ino FROM entry)')
    .pluck()
    .get();

for (const isMounted of [false, true]) {
  describe(`deleting a collection, ${isMounted ? 'published' : 'without a mount'}`, () => {
    beforeEach(() => {
      cache.publisher = isMounted ? publisher : undefined;
    });

    it('takes its metadata files along, leaves nothing behind, and moves the time of the folder', async () => {
      await cache.setAll({ displayname: 'Work', color: '#00AA7F' });
      cache.save('order', '7');
      const before = cache.at('personal').mtimeMs;
      await remove();
      assert.deepEqual([folders(), nameless(), staged()], [[], 0, []]);
      assert.ok(cache.at('personal').mtimeMs > before);
    });

    const inside: readonly (readonly [what: string, make: () => unknown])[] = [
      ['an item', () => cache.save('x.ics', eventText())],
      ['a file of a user', () => cache.save('x.txt', 'mine')],
      ['a hidden folder', () => cache.tree.createDirectory(cache.folder, '.d', 0o755, 0)],
      ['a file that was deleted while open', () => cache.save('.fuse_hidden01', '')],
    ];
    for (const [what, make] of inside)
      it(`is refused over ${what}`, async () => {
        await cache.setAll({ displayname: 'Work' });
        make();
        await assert.rejects(remove(), RefusedError);
        assert.deepEqual([folders(), staged()], [['work'], []]);
        assert.equal(cache.text('displayname'), 'Work');
      });

    it('names a few of what is inside', async () => {
      for (let number = 1; number <= 7; number += 1) cache.save(`${number}.ics`, eventText());
      await assert.rejects(remove(), /still holds 1\.ics, 2\.ics, 3\.ics, 4\.ics, 5\.ics and 2 more/);
    });

    it('is possible when the items are gone, and forgets their removal', async () => {
      const { href, etag } = await cache.collection.create(itemOf('calendar', '1', 'tea'));
      assert.ok(etag);
      await cache.collection.remove({ href, etag });
      await remove();
      assert.equal(cache.db.prepare('SELECT count(*) FROM tombstone').pluck().get(), 0);
    });

    it('has nothing to do when it is gone', async () => {
      await remove();
      await remove();
      assert.deepEqual(folders(), []);
    });
  });
}

describe('deleting a collection under a mount', () => {
  beforeEach(() => {
    cache.publisher = publisher;
  });

  it('is one operation on it', async () => {
    await remove();
    assert.deepEqual(publisher.published, [
      { type: 'remove-directory', storage: 'personal', directory: 'work' },
    ]);
  });

  it('gives way to a user who put something in just before', async () => {
    publisher.before = () => cache.save('x.txt', 'mine');
    // ESTALE, which the kernel repeats and the engine understands; ENOTEMPTY would be a fault of the mount.
    await assert.rejects(
      remove(),
      ({ cause, code }: PimsyncError) =>
        code === 'precondition-failed' && cause instanceof FileError && cause.code === 'ESTALE',
    );
    assert.deepEqual([folders(), cache.text('x.txt')], [['work'], 'mine']);
    publisher.before = undefined;
    await assert.rejects(remove(), RefusedError);
    cache.remove('x.txt');
    await remove();
    assert.deepEqual(folders(), []);
  });

  it('is done when it was gone just before', async () => {
    publisher.before = (): never => {
      cache.tree.removeDirectory(cache.at('personal').ino, 'work', 0);
      throw new PreconditionFailedError('gone');
    };
    await remove();
    assert.deepEqual(folders(), []);
  });

  it('is done when only the answer was lost', async () => {
    publisher.losesAnswers = new ServerError('no answer');
    await remove();
    assert.deepEqual([folders(), staged()], [[], []]);
  });

  for (const restart of [false, true])
    it(`does not happen later when it was given up${restart ? ', nor under the next file server' : ''}`, async () => {
      publisher.before = (): never => {
        throw new ServerError('no answer');
      };
      await assert.rejects(remove(), ServerError);
      publisher.before = undefined;
      const [publication] = publisher.published;
      assert.ok(publication);
      if (restart) recover(cache.db, cache.clock.nowMs());
      assert.throws(() => publisher.perform(publication), { code: 'ESTALE' });
      assert.deepEqual(folders(), ['work']);
      await remove();
      assert.deepEqual(folders(), []);
    });
});

describe('setting properties of a mounted collection', () => {
  const set = async (color: string | undefined): ReturnType<typeof cache.storage.setProperties> =>
    cache.storage.setProperties(await cache.infoNow(), new Map([['color', color]]));

  it('writes the files that show them, and leaves the others alone', async () => {
    await cache.setAll({ displayname: 'Work' });
    cache.publisher = publisher;
    assert.deepEqual(await set('#00aa7f'), new Map());
    assert.deepEqual(
      publisher.published.map(({ type }) => type),
      ['add'],
    );
    assert.deepEqual([cache.text('color'), cache.text('displayname')], ['#00AA7F', 'Work']);
    assert.equal(cache.file('color').readOnly, false);
    assert.deepEqual(await set(undefined), new Map());
    assert.deepEqual(cache.names(), ['displayname']);
  });

  it('tells which of them a user was at just then', async () => {
    await set('#00AA7F');
    cache.publisher = publisher;
    publisher.before = () => cache.save('color', 'mine');
    assert.deepEqual([...(await set('#123456')).keys()], ['color']);
    assert.equal(cache.text('color'), 'mine');
  });

  it('tells which of them a user made just then', async () => {
    cache.publisher = publisher;
    publisher.before = () => cache.save('color', 'mine');
    assert.deepEqual([...(await set('#123456')).keys()], ['color']);
    assert.equal(cache.text('color'), 'mine');
  });

  it('fails when the mount does not answer', async () => {
    cache.publisher = publisher;
    publisher.before = (): never => {
      throw new ServerError('no answer');
    };
    await assert.rejects(set('#123456'), ServerError);
  });
});
