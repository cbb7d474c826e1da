import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { pendingCount, readPending } from '../../src/cache/pending.ts';
import { recover, recoverEngine } from '../../src/cache/recover.ts';
import { createPairStatus } from '../../src/cache/status-store.ts';
import { AlreadyExistsError } from '../../src/core/errors.ts';
import { collectionId, type CollectionInfo, type Storage } from '../../src/core/storage.ts';
import { eventText, itemOf } from '../support/items.ts';
import { DELETE_DELAY_MS, MountedCache, TreePublisher, WRITE_DELAY_MS } from '../support/mounted-cache.ts';

let cache: MountedCache;
let storageIno: number;
beforeEach(async () => {
  cache = await MountedCache.open();
  storageIno = cache.at('personal').ino;
});

const now = (): number => cache.clock.nowMs();
const make = (name: string): number => cache.tree.createDirectory(storageIno, name, 0o755, now()).ino;
const remove = (collection = cache.folder): readonly number[] =>
  cache.tree.removeCollection(collection, now());
const rename = (name: string, collection = cache.folder): readonly number[] =>
  cache.tree.renameCollection(collection, name, now());
const folders = (): string[] => cache.names(storageIno).toSorted();
const found = async (): Promise<readonly CollectionInfo[]> => cache.storage.discover();
/** `id`, or `id passing` */
const listed = async (): Promise<string[]> =>
  (await found()).map(({ id, passing }) => (passing === true ? `${id} passing` : id));
const create = (id: string, properties = {}): ReturnType<Storage['createCollection']> =>
  cache.storage.createCollection({ id: collectionId(id), kind: 'calendar', properties });
const standing = (): unknown[] =>
  readPending(cache.db, now()).map(({ directory, standing, unsent, waiting }) => [
    directory,
    standing,
    unsent,
    waiting,
  ]);

describe('a collection that a user makes', () => {
  it('is there at once, and told once its quiet time is over', async () => {
    const ino = make('new');
    cache.save('a.ics', eventText({ uid: 'a' }), { folder: ino });
    assert.deepEqual(
      [folders(), await listed()],
      [
        ['new', 'work'],
        ['new passing', 'work'],
      ],
    );
    assert.deepEqual(standing()[0], ['new', 'new', 2, 2]);
    cache.clock.move(WRITE_DELAY_MS);
    assert.deepEqual(
      [await listed(), standing()[0]],
      [
        ['new', 'work'],
        ['new', 'new', 2, 0],
      ],
    );
  });

  it('has its last name as its id, until the other side knows it', async () => {
    const ino = make('New Folder');
    cache.clock.move(WRITE_DELAY_MS);
    rename('garden', ino);
    assert.deepEqual(await listed(), ['garden passing', 'work']);
    cache.clock.move(WRITE_DELAY_MS);
    assert.deepEqual([await listed(), cache.at('personal', 'garden').ino], [['garden', 'work'], ino]);
  });

  it('is the one that the engine wanted to make just then', async () => {
    const ino = make('new');
    cache.save('a.ics', eventText({ uid: 'a' }), { folder: ino });
    const info = await create('new', { displayname: 'New' });
    assert.equal(info.href, `cache:${ino}`);
    assert.deepEqual(cache.names(ino), ['a.ics']);
    await assert.rejects(create('work'), AlreadyExistsError);
  });

  it('gets another id than one that only had its name at first', async () => {
    cache.tie();
    rename('job');
    make('work');
    cache.clock.move(WRITE_DELAY_MS);
    assert.deepEqual(
      [folders(), await listed()],
      [
        ['job', 'work'],
        ['work', 'work-2'],
      ],
    );
  });
});

describe('a collection that a user renames', () => {
  it('keeps its number, its id, its items and their hrefs, also over a restart', async () => {
    cache.tie();
    cache.save('a.ics', eventText({ uid: 'a' }));
    cache.settle();
    const before = await cache.collection.changes(undefined);
    const mtime = cache.at('personal').mtimeMs;
    rename('job');
    recover(cache.db, now());
    assert.deepEqual([folders(), cache.at('personal', 'job').ino], [['job'], cache.folder]);
    assert.ok(cache.at('personal').mtimeMs > mtime);
    const [info] = await found();
    assert.deepEqual([info?.id, info?.href], ['work', cache.info.href]);
    assert.deepEqual(await cache.collection.changes(before.token), {
      ...before,
      complete: false,
      changed: [],
    });
    assert.deepEqual(
      (await cache.fetch('a.ics')).map(({ type, href }) => [type, href]),
      [['item', 'work/a.ics']],
    );
  });

  it('and another one of its former name have hrefs of their own', async () => {
    cache.tie();
    cache.save('a.ics', eventText({ uid: 'a' }));
    rename('job');
    const ino = make('work');
    cache.save('a.ics', eventText({ uid: 'b' }), { folder: ino });
    cache.settle();
    const hrefs = await Promise.all(
      (await found()).map(async (info) =>
        (await cache.storage.open(info).changes(undefined)).changed.map(({ href }) => href),
      ),
    );
    assert.deepEqual(hrefs, [['work/a.ics'], ['work-2/a.ics']]);
  });

  it("while the engine is at it gets the engine's changes under its new name", async () => {
    const collection = cache.collection;
    const { href, etag } = await collection.create(itemOf('calendar', 'a', 'tea'));
    assert.ok(etag);
    const publisher = new TreePublisher(cache);
    cache.publisher = publisher;
    rename('job');
    await collection.update({ href, etag }, itemOf('calendar', 'a', 'coffee'));
    await collection.create(itemOf('calendar', 'b', 'cake'));
    assert.deepEqual(
      publisher.published.map(({ directory }) => directory),
      ['job', 'job'],
    );
    assert.deepEqual(cache.names(), ['a.ics', 'b.ics']);
  });

  it('takes the place of an empty one, which is removed then', async () => {
    cache.tie();
    const ino = make('old');
    cache.save('color', '#112233', { folder: ino });
    assert.equal(rename('old').length, 1);
    assert.deepEqual([folders(), cache.at('personal', 'old').ino], [['old'], cache.folder]);
    const full = make('full');
    cache.save('a.ics', eventText({ uid: 'a' }), { folder: full });
    assert.throws(() => rename('full'), { code: 'ENOTEMPTY' });
    assert.deepEqual(folders(), ['full', 'old']);
  });
});

describe('a collection that a user removes', () => {
  it('is told of as passing for its grace time, then no more', async () => {
    cache.tie();
    remove();
    assert.deepEqual(
      [folders(), await listed(), standing()],
      [[], ['work passing'], [['work', 'removed', 1, 1]]],
    );
    cache.clock.move(DELETE_DELAY_MS);
    assert.deepEqual(
      [await listed(), standing(), pendingCount(cache.db)],
      [[], [['work', 'removed', 1, 0]], 1],
    );
  });

  it("is nobody's affair when the other side never heard of it", async () => {
    remove();
    assert.deepEqual([await listed(), pendingCount(cache.db), standing()], [[], 0, []]);
  });

  const inside: readonly (readonly [what: string, name: string, code: string | undefined])[] = [
    ['an item', 'a.ics', 'ENOTEMPTY'],
    ['scratch', 'notes.txt', 'ENOTEMPTY'],
    ['hidden scratch', '.x.swp', 'ENOTEMPTY'],
    ['scratch that no listing shows', '.x.ics', undefined],
    ['a file deleted while open', '.fuse_hidden01', undefined],
    ['a property', 'color', undefined],
  ];
  for (const [what, name, code] of inside)
    it(`${code === undefined ? 'may hold' : 'holds nothing like'} ${what}`, () => {
      cache.tie();
      const { ino } = cache.save(name, 'x');
      if (code === undefined) assert.deepEqual(remove(), [ino]);
      else assert.throws(() => remove(), { code });
    });

  it('is the same one when it is made again, with its properties and what is to be deleted in it', async () => {
    const status = cache.tie();
    await cache.setAll({ displayname: 'Work', color: '#112233' });
    status.putProperties(
      new Map([
        ['displayname', { a: 'Work', b: 'Work' }],
        ['color', { a: '#112233', b: '#112233' }],
      ]),
    );
    const { href, etag } = await cache.collection.create(itemOf('calendar', 'a', 'tea'));
    assert.ok(etag);
    const { token } = await cache.collection.changes(undefined);
    // As rm -r does it.
    for (const name of cache.names()) cache.remove(name);
    remove();
    recover(cache.db, now());
    recoverEngine(cache.db, now());
    assert.equal(make('work'), cache.folder);
    assert.deepEqual([await listed(), cache.names().toSorted()], [['work'], ['color', 'displayname']]);
    cache.settle();
    const info = await cache.infoNow();
    assert.deepEqual(
      [info.properties, info.unsettled],
      [{ displayname: 'Work', color: '#112233' }, undefined],
    );
    assert.deepEqual((await cache.collection.changes(token)).removed, [href]);
    assert.equal(pendingCount(cache.db), 0);
  });

  it('comes back from the other side as the same one, under the name that it had', async () => {
    cache.tie();
    rename('job');
    cache.save('color', '#000000');
    remove();
    cache.settle();
    const info = await create('work', { color: '#112233' });
    assert.deepEqual(
      [info.href, info.properties, folders()],
      [cache.info.href, { color: '#112233' }, ['job']],
    );
  });

  it('is forgotten once the other side has followed, and its name is free', async () => {
    cache.tie();
    remove();
    const pair = createPairStatus(cache.db, 'mount:personal');
    for (const mapping of pair.mappings()) pair.forget(mapping);
    assert.deepEqual([await listed(), pendingCount(cache.db)], [[], 0]);
    recoverEngine(cache.db, now());
    assert.equal(cache.db.prepare('SELECT count(*) FROM collection').pluck().get(), 0);
    assert.notEqual(make('work'), cache.folder);
  });

  it('gets nothing more from an engine that was just at it', async () => {
    cache.tie();
    cache.publisher = new TreePublisher(cache);
    remove();
    await assert.rejects(cache.collection.create(itemOf('calendar', 'a', 'tea')), { code: 'not-found' });
    await assert.rejects(cache.collection.changes(undefined), { code: 'not-found' });
    await cache.storage.deleteCollection(cache.info);
  });
});
