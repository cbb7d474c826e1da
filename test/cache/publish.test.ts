import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ServerError } from '../../src/core/errors.ts';
import type { ItemRef } from '../../src/core/storage.ts';
import { eventText, itemOf } from '../support/items.ts';
import { MountedCache, TreePublisher } from '../support/mounted-cache.ts';

let cache: MountedCache;
let publisher: TreePublisher;
beforeEach(async () => {
  cache = await MountedCache.open();
  publisher = new TreePublisher(cache);
  cache.publisher = publisher;
});

const event = (uid: string, summary = 'tea'): string => eventText({ uid, summary });
const item = (uid: string, summary = 'tea'): ReturnType<typeof itemOf> => itemOf('calendar', uid, summary);
const staged = (): unknown[] => cache.db.prepare('SELECT op, state FROM staged').all();
const nameless = (): unknown =>
  cache.db
    .prepare('SELECT count(*) FROM inode WHERE ino <> 1 AND ino NOT IN (SELECT ino FROM entry)')
    .pluck()
    .get();

async function create(uid: string, name = `${uid}.ics`): Promise<ItemRef> {
  const { href, etag } = await cache.collection.create(item(uid), { name });
  assert.ok(etag);
  return { href, etag };
}

describe('publishing a changed item', () => {
  it('swaps the bytes in, as nobody’s edit: same inode, later time, new etag', async () => {
    const ref = await create('a');
    const before = cache.file('a.ics');
    const folder = cache.at('personal', 'work').mtimeMs;
    cache.clock.move(-60_000);
    const { etag } = await cache.collection.update(ref, item('a', 'remote'));
    const now = cache.file('a.ics');
    assert.equal(cache.text('a.ics'), event('a', 'remote'));
    assert.equal(now.ino, before.ino);
    assert.ok(now.mtimeMs - before.mtimeMs >= 1);
    assert.ok(now.version > before.version);
    assert.ok(cache.at('personal', 'work').mtimeMs > folder);
    assert.deepEqual((await cache.collection.changes(undefined)).changed, [{ href: ref.href, etag }]);
    assert.notEqual(etag, ref.etag);
    assert.deepEqual(staged(), []);
  });

  it('changes nothing that can be seen when the text is the same (F14)', async () => {
    const ref = await create('a');
    const before = [cache.file('a.ics'), cache.at('personal', 'work')];
    publisher.published.length = 0;
    cache.clock.move(1000);
    assert.deepEqual(await cache.collection.update(ref, item('a')), ref);
    assert.deepEqual([cache.file('a.ics'), cache.at('personal', 'work')], before);
    assert.deepEqual(publisher.published, []);
  });

  const meanwhile: readonly (readonly [title: string, edit: () => void, name: string, text: string])[] = [
    ['edits the file', () => cache.save('a.ics', event('a', 'mine')), 'a.ics', event('a', 'mine')],
    [
      'edits the file to the very size of the new version',
      () => cache.save('a.ics', event('a', 'MINE!!')),
      'a.ics',
      event('a', 'MINE!!'),
    ],
    [
      'puts another file in its place',
      () => {
        cache.save('tmp1', event('a', 'mine'));
        cache.rename('tmp1', 'a.ics');
      },
      'a.ics',
      event('a', 'mine'),
    ],
    [
      'renames it away and writes it anew',
      () => {
        cache.rename('a.ics', 'a.ics~');
        cache.save('a.ics', event('a', 'mine'));
      },
      'a.ics',
      event('a', 'mine'),
    ],
    ['renames it', () => cache.rename('a.ics', 'b.ics'), 'b.ics', event('a')],
    [
      'renames it away and back',
      () => {
        cache.rename('a.ics', 'a.ics~');
        cache.rename('a.ics~', 'a.ics');
      },
      'a.ics',
      event('a'),
    ],
    [
      'is writing, and has committed once',
      () => cache.save('a.ics', event('a'), { writers: true }),
      'a.ics',
      event('a'),
    ],
    ['has it open for writing', () => publisher.busy.add(cache.file('a.ics').ino), 'a.ics', event('a')],
  ];
  for (const [title, edit, name, text] of meanwhile) {
    it(`is refused when a user ${title}, also when the kernel asks twice`, async () => {
      const ref = await create('a');
      publisher.before = edit;
      await assert.rejects(cache.collection.update(ref, item('a', 'remote')), {
        code: 'precondition-failed',
      });
      assert.equal(cache.text(name), text);
      assert.deepEqual(staged(), []);
    });

    it(`removes nothing when a user ${title}`, async () => {
      const ref = await create('a');
      publisher.before = edit;
      await cache.collection.remove(ref).catch((error: unknown) => {
        assert.equal((error as { code: string }).code, 'precondition-failed');
      });
      assert.equal(cache.text(name), text);
      assert.deepEqual(staged(), []);
    });
  }

  it('leaves a user’s own truncation to another size alone, and is then refused', async () => {
    const ref = await create('a');
    publisher.before = () => {
      assert.equal(cache.tree.publishChange(cache.file('a.ics').ino, 3, false), false);
      cache.save('a.ics', 'abc');
    };
    await assert.rejects(cache.collection.update(ref, item('a', 'remote')), { code: 'precondition-failed' });
    assert.equal(cache.text('a.ics'), 'abc');
  });

  it('is a user’s edit under the other name of a hard link', async () => {
    const ref = await create('a');
    cache.tree.link(cache.file('a.ics').ino, cache.folder, 'b.ics', cache.clock.nowMs());
    cache.settle();
    await cache.collection.update(ref, item('a', 'remote'));
    const { changed, unclear } = await cache.told();
    assert.deepEqual([changed, unclear], [['a.ics'], ['b.ics']]);
  });

  it('counts as done when it was, although the answer got lost', async () => {
    const ref = await create('a');
    publisher.losesAnswers = new ServerError('no answer');
    const { etag } = await cache.collection.update(ref, item('a', 'remote'));
    assert.deepEqual((await cache.collection.changes(undefined)).changed, [{ href: ref.href, etag }]);
    assert.deepEqual(staged(), []);
  });

  it('tells the etag of what it wrote, not of an edit right behind it', async () => {
    const ref = await create('a');
    const perform = publisher.perform.bind(publisher);
    publisher.perform = (publication) => {
      perform(publication);
      cache.save('a.ics', event('a', 'mine'));
    };
    const { href, etag } = await cache.collection.update(ref, item('a', 'remote'));
    assert.ok(etag);
    publisher.perform = perform;
    await assert.rejects(cache.collection.remove({ href, etag }), { code: 'precondition-failed' });
    cache.settle();
    assert.deepEqual((await cache.told()).changed, ['a.ics']);
  });

  it('refuses an item without any text, which the kernel could not tell from a truncation', async () => {
    const ref = await create('a');
    const empty = { ...item('a'), text: '' };
    await assert.rejects(cache.collection.update(ref, empty), { code: 'refused' });
    await assert.rejects(cache.collection.create({ ...empty, uid: undefined }), { code: 'refused' });
    assert.equal(cache.text('a.ics'), event('a'));
  });
});

describe('publishing a removal', () => {
  it('takes the name away, as nobody’s deletion', async () => {
    const ref = await create('a');
    const { token } = await cache.told();
    await cache.collection.remove(ref);
    assert.deepEqual(cache.names(), []);
    const { removed, unclear } = await cache.told(token);
    assert.deepEqual([removed, unclear], [['a.ics'], []]);
    assert.deepEqual([staged(), nameless()], [[], 0]);
  });

  it('leaves the inode to a reader that has it open', async () => {
    const ref = await create('a');
    const { ino } = cache.file('a.ics');
    publisher.perform = ({ type }) => {
      assert.equal(type, 'remove');
      cache.tree.publishRemoval(cache.folder, 'a.ics', false);
    };
    await cache.collection.remove(ref);
    assert.equal(Buffer.from(cache.tree.read(ino)).toString(), event('a'));
    assert.equal(cache.tree.inode(ino)?.links, 0);
  });

  it('is done when a user removed the file first', async () => {
    const ref = await create('a');
    publisher.before = () => {
      cache.remove('a.ics');
    };
    await cache.collection.remove(ref);
    assert.deepEqual(cache.names(), []);
    assert.deepEqual(staged(), []);
  });
});

describe('without a mount', () => {
  beforeEach(() => {
    cache.publisher = undefined;
  });

  it('a write takes effect at once, and only on what was seen', async () => {
    const ref = await create('a');
    cache.save('a.ics', event('a', 'mine'));
    await assert.rejects(cache.collection.update(ref, item('a', 'remote')), { code: 'precondition-failed' });
    await assert.rejects(cache.collection.remove(ref), { code: 'precondition-failed' });
    assert.equal(cache.text('a.ics'), event('a', 'mine'));
  });

  it('one write at a time is enough; through the kernel several at once gain', async () => {
    assert.equal(cache.collection.parallelWrites, 1);
    cache.publisher = publisher;
    assert.ok(cache.collection.parallelWrites > 1);
  });

  it('keeps neither the bytes nor the number when the note fails', async () => {
    const ref = await create('a');
    cache.db.exec(`CREATE TRIGGER refuse BEFORE UPDATE ON item BEGIN SELECT RAISE(ABORT, 'no note'); END`);
    await assert.rejects(cache.collection.update(ref, item('a', 'remote')), /no note/);
    assert.equal(cache.text('a.ics'), event('a'));
    assert.deepEqual((await cache.collection.changes(undefined)).changed, [ref]);
  });
});
