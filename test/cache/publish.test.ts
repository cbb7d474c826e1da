import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FileError, STAGED_PREFIX } from '../../src/cache/file-tree.ts';
import type { Publication } from '../../src/cache/publisher.ts';
import { recover, recoverEngine } from '../../src/cache/recover.ts';
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
  cache.db.prepare('SELECT count(*) FROM inode WHERE ino <> 1 AND ino NOT IN (SELECT ino FROM entry)').pluck().get();

async function create(uid: string, name = `${uid}.ics`): Promise<ItemRef> {
  const { href, etag } = await cache.collection.create(item(uid), { name });
  assert.ok(etag);
  return { href, etag };
}

describe('publishing a new item', () => {
  it('gives a staged file its name, as nobody’s edit', async () => {
    const before = cache.at('personal', 'work').mtimeMs;
    const ref = await create('a');
    assert.deepEqual(
      publisher.published.map(({ type }) => type),
      ['add'],
    );
    assert.equal(cache.text('a.ics'), event('a'));
    assert.deepEqual((await cache.collection.changes(undefined)).changed, [ref], 'settled at once');
    assert.ok(cache.at('personal', 'work').mtimeMs > before);
    assert.deepEqual([staged(), nameless()], [[], 0]);
  });

  it('shows the staged file under its token, with the inode it will have, and in no listing', async () => {
    let seen: unknown;
    publisher.before = (publication) => {
      assert.equal(publication.type, 'add');
      assert.ok(publication.token.startsWith(STAGED_PREFIX));
      const inode = cache.tree.stagedInode(cache.folder, publication.token);
      seen = { ino: inode?.ino, size: inode?.size, links: inode?.links };
      assert.equal(cache.tree.stagedInode(cache.tree.rootIno, publication.token), undefined);
      assert.equal(cache.tree.stagedInode(cache.folder, `${STAGED_PREFIX}other`), undefined);
      assert.deepEqual(cache.names(), []);
      cache.tree.forget(inode?.ino ?? 0);
    };
    await create('a');
    const { ino, size, links } = cache.file('a.ics');
    assert.deepEqual(seen, { ino, size, links });
  });

  it('is refused when a user takes the name meanwhile; the user’s file stays', async () => {
    publisher.before = () => {
      cache.save('a.ics', event('mine'));
    };
    await assert.rejects(create('a'), { code: 'already-exists' });
    assert.equal(cache.text('a.ics'), event('mine'));
    assert.deepEqual([staged(), nameless()], [[], 0]);
  });

  it('is refused when a user writes an item of that UID meanwhile', async () => {
    publisher.before = () => {
      cache.save('mine.ics', event('a'));
    };
    await assert.rejects(create('a'), { code: 'already-exists' });
    assert.deepEqual(cache.names(), ['mine.ics']);
  });

  it('does not let libfuse move a user’s open file out of the way first', async () => {
    publisher.before = () => {
      cache.save('a.ics', event('mine'));
      cache.tree.unlink(cache.folder, 'a.ics', cache.clock.nowMs());
    };
    await assert.rejects(create('a'), (error) => error instanceof FileError && error.code === 'EEXIST');
    assert.equal(cache.text('a.ics'), event('mine'));
  });

  it('is not possible without a staged row, or under another name than the staged one', async () => {
    const missing = (run: () => void): void => {
      assert.throws(run, (error) => error instanceof FileError && error.code === 'ENOENT');
    };
    missing(() => cache.tree.publishNew(cache.folder, `${STAGED_PREFIX}1`, 'a.ics'));
    publisher.before = (publication) => {
      assert.equal(publication.type, 'add');
      missing(() => cache.tree.publishNew(cache.folder, publication.token, 'b.ics'));
      missing(() => cache.tree.publishNew(cache.at('personal').ino, publication.token, 'a.ics'));
    };
    await create('a');
    assert.deepEqual(cache.names(), ['a.ics']);
  });

  it('is done one by one for a few, and in one go with one touch for many', async () => {
    const many = (count: number, from: string): { item: ReturnType<typeof itemOf> }[] =>
      Array.from({ length: count }, (_, index) => ({ item: item(`${from}${index}`) }));
    await cache.collection.createMany?.(many(8, 'few-'));
    assert.deepEqual(
      publisher.published.map(({ type }) => type),
      Array.from({ length: 8 }, () => 'add'),
    );
    publisher.published.length = 0;
    await cache.collection.createMany?.(many(300, 'many-'));
    assert.deepEqual(publisher.published, [{ type: 'touch', storage: 'personal', directory: 'work' }]);
    assert.equal(cache.names().length, 308);
  });

  it('of many stands although the mount does not answer', async () => {
    publisher.before = () => {
      throw new ServerError('no answer');
    };
    const results = await cache.collection.createMany?.(
      Array.from({ length: 20 }, (_, index) => ({ item: item(String(index)) })),
    );
    assert.equal(results?.filter((result) => 'href' in result).length, 20);
    assert.equal(cache.names().length, 20);
  });
});

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
      await assert.rejects(cache.collection.update(ref, item('a', 'remote')), { code: 'precondition-failed' });
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

/** An operation that the engine has stopped waiting for, and that reaches the tree all the same. */
describe('a late operation', () => {
  const late = async (write: (ref: ItemRef) => Promise<unknown>): Promise<Publication> => {
    const ref = await create('a');
    publisher.before = () => {
      throw new ServerError('no answer');
    };
    await assert.rejects(write(ref), { code: 'server' });
    publisher.before = undefined;
    const publication = publisher.published.at(-1);
    assert.ok(publication);
    return publication;
  };
  const writes: readonly (readonly [type: string, write: (ref: ItemRef) => Promise<unknown>])[] = [
    ['change', (ref) => cache.collection.update(ref, item('a', 'remote and longer'))],
    ['removal', (ref) => cache.collection.remove(ref)],
  ];
  for (const [type, write] of writes) {
    it(`is refused and not taken for a user's: ${type}`, async () => {
      const publication = await late(write);
      assert.throws(() => publisher.perform(publication), { code: 'ESTALE' });
      assert.equal(cache.text('a.ics'), event('a'));
    });

    it(`is refused by the next file server too: ${type}`, async () => {
      const publication = await late(write);
      recover(cache.db, cache.clock.nowMs());
      assert.throws(() => publisher.perform(publication), { code: 'ESTALE' });
      recoverEngine(cache.db, cache.clock.nowMs());
      assert.throws(() => publisher.perform(publication), { code: 'ESTALE' });
      assert.equal(cache.text('a.ics'), event('a'));
    });
  }

  it('of an engine that died is refused: it was staged for a former mount', async () => {
    const ref = await create('a');
    publisher.perform = () => {
      throw new Error('the engine died');
    };
    publisher.before = () => {
      recover(cache.db, cache.clock.nowMs());
    };
    await assert.rejects(cache.collection.update(ref, item('a', 'remote')), /died/);
    assert.throws(
      () => cache.tree.publishChange(cache.file('a.ics').ino, event('a', 'remote').length, false),
      { code: 'ESTALE' },
    );
  });

  it('leaves users in peace again after a while', async () => {
    await late((ref) => cache.collection.remove(ref));
    assert.throws(() => cache.tree.publishRemoval(cache.folder, 'a.ics', false), { code: 'ESTALE' });
    cache.clock.move(3_600_000);
    assert.equal(cache.tree.publishRemoval(cache.folder, 'a.ics', false), false);
    cache.remove('a.ics');
    assert.deepEqual(cache.names(), []);
  });

  it('that was to add a file finds nothing after a restart, and its inode is gone', async () => {
    publisher.before = () => {
      throw new ServerError('no answer');
    };
    await assert.rejects(create('a'), { code: 'server' });
    const [publication] = publisher.published;
    assert.ok(publication);
    assert.throws(() => publisher.perform(publication), { code: 'ENOENT' });
    recover(cache.db, cache.clock.nowMs());
    assert.deepEqual([staged(), nameless()], [[], 0]);
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
