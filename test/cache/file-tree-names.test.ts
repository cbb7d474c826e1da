import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FileError, type FileErrorCode } from '../../src/cache/file-tree.ts';
import { eventText } from '../support/items.ts';
import { MountedCache } from '../support/mounted-cache.ts';

let cache: MountedCache;
beforeEach(async () => {
  cache = await MountedCache.open();
});

const now = (): number => cache.clock.nowMs();
const create = (name: string, parent = cache.folder): number =>
  cache.tree.createFile(parent, name, 0o600, now()).ino;
const mkdir = (name: string, parent = cache.folder): number =>
  cache.tree.createDirectory(parent, name, 0o700, now()).ino;
const rename = (from: string, to: string): void => cache.rename(from, to);
const fails = (code: FileErrorCode, run: () => unknown): void => {
  assert.throws(run, (error) => error instanceof FileError && error.code === code);
};

describe('the tree', () => {
  it('has a root, a directory for each storage and one for each collection', () => {
    const root = cache.tree.inode(cache.tree.rootIno);
    assert.deepEqual([root?.type, root?.links, root?.collection], ['root', 1, undefined]);
    assert.deepEqual(
      cache.tree.children(cache.tree.rootIno).map(({ name, type }) => [name, type]),
      [['personal', 'storage']],
    );
    const work = cache.at('personal', 'work');
    assert.deepEqual([work.type, work.kind, work.collection], ['collection', 'calendar', work.ino]);
  });

  it('makes an empty file with the mode and time given, in the collection around it', () => {
    const inode = cache.tree.createFile(cache.folder, 'tmp1', 0o640, 5000);
    assert.deepEqual(inode, {
      ino: inode.ino,
      type: 'file',
      mode: 0o640,
      size: 0,
      mtimeMs: 5000,
      ctimeMs: 5000,
      atimeMs: 5000,
      links: 1,
      version: 1,
      readOnly: false,
      kind: undefined,
      collection: cache.folder,
    });
    assert.deepEqual(cache.tree.inode(inode.ino), inode);
    assert.deepEqual(cache.tree.lookup(cache.folder, 'tmp1'), inode);
  });

  it('keeps the target of a symbolic link', () => {
    const link = cache.tree.createSymlink(cache.folder, '.#x.ics', 'me@host.1', now());
    assert.equal(cache.tree.readlink(link.ino), 'me@host.1');
    assert.equal(link.size, 9);
    fails('EINVAL', () => cache.tree.readlink(create('tmp1')));
  });

  it('tells small letters from capital ones', () => {
    assert.notEqual(create('a.ics'), create('A.ics'));
  });

  it('never gives a number to another file', () => {
    const first = create('tmp1');
    cache.remove('tmp1');
    assert.equal(cache.tree.inode(first), undefined);
    assert.ok(create('tmp1') > first);
  });

  it('gives an inode a second name and counts both', () => {
    const { ino } = cache.save('tmp1', 'text');
    assert.equal(cache.tree.link(ino, cache.folder, 'tmp2', now()).links, 2);
    assert.equal(cache.file('tmp2').ino, ino);
    cache.tree.unlink(cache.folder, 'tmp1', now());
    assert.equal(cache.tree.inode(ino)?.links, 1);
    assert.equal(cache.text('tmp2'), 'text');
  });

  it('keeps an unlinked inode readable and writable until it is forgotten', () => {
    const { ino } = cache.save('tmp1', 'text');
    cache.tree.unlink(cache.folder, 'tmp1', now());
    assert.equal(cache.tree.inode(ino)?.links, 0);
    assert.equal(Buffer.from(cache.tree.read(ino)).toString(), 'text');
    cache.tree.commit(
      { ino, body: Buffer.from('more'), mtimeMs: now(), writers: false },
      { durable: false, nowMs: now() },
    );
    assert.equal(Buffer.from(cache.tree.read(ino)).toString(), 'more');
    cache.tree.forget(ino);
    assert.equal(cache.tree.inode(ino), undefined);
  });

  it('does not forget an inode that has a name', () => {
    const ino = create('tmp1');
    cache.tree.forget(ino);
    assert.equal(cache.file('tmp1').ino, ino);
    cache.tree.forget(cache.tree.rootIno);
    assert.ok(cache.tree.inode(cache.tree.rootIno));
  });

  it('renames in one directory and to another, keeping the inode', () => {
    const ino = create('tmp1');
    rename('tmp1', 'tmp2');
    assert.deepEqual([cache.file('tmp2').ino, cache.names()], [ino, ['tmp2']]);
    const below = mkdir('.~tmp~');
    cache.rename('tmp2', 'tmp3', below);
    assert.deepEqual([cache.names(below), cache.names()], [['tmp3'], ['.~tmp~']]);
  });

  it('replaces a file by rename and leaves the old inode without names', () => {
    const { ino: old } = cache.save('target', 'old');
    const { ino } = cache.save('source', 'new');
    rename('source', 'target');
    assert.equal(cache.file('target').ino, ino);
    assert.equal(cache.tree.inode(old)?.links, 0);
  });

  it('does nothing when both names are of one inode', () => {
    const ino = create('tmp1');
    cache.tree.link(ino, cache.folder, 'tmp2', now());
    rename('tmp1', 'tmp2');
    assert.deepEqual(cache.names(), ['tmp1', 'tmp2']);
  });

  it('takes everything below along when a scratch directory moves to another collection', async () => {
    const home = cache.tree.createDirectory(cache.at('personal').ino, 'home', 0o755, now()).ino;
    const outer = mkdir('.outer');
    const inner = mkdir('.inner', outer);
    const file = create('file', inner);
    cache.rename('.outer', '.moved', home);
    assert.deepEqual(
      [outer, inner, file].map((ino) => cache.tree.inode(ino)?.collection),
      [home, home, home],
    );
  });

  it('makes a collection of a directory in a storage, of the kind of that storage', async () => {
    const inode = cache.tree.createDirectory(cache.at('personal').ino, 'home', 0o755, now());
    assert.deepEqual([inode.type, inode.kind, inode.collection], ['collection', 'calendar', inode.ino]);
    assert.deepEqual(
      (await cache.storage.discover()).map(({ id }) => id),
      ['home', 'work'],
    );
  });

  it('removes an empty collection with the files that show its properties', async () => {
    await cache.setAll({ displayname: 'Work', color: '#112233' });
    assert.deepEqual(cache.names(), ['color', 'displayname']);
    cache.tree.removeDirectory(cache.at('personal').ino, 'work', now());
    assert.deepEqual(await cache.storage.discover(), []);
    assert.equal(cache.db.prepare('SELECT count(*) FROM body').pluck().get(), 0);
  });

  it('keeps a mode, and takes the times of files but not of directories', () => {
    const ino = create('tmp1');
    cache.tree.setMode(ino, 0o100755, now() + 1);
    cache.tree.setTimes(ino, -1000.5, 1_234_567.891, now() + 2);
    const { mode, atimeMs, mtimeMs, ctimeMs } = cache.file('tmp1');
    assert.deepEqual([mode, atimeMs, mtimeMs, ctimeMs], [0o755, -1000.5, 1_234_567.891, now() + 2]);
    const before = cache.at('personal', 'work');
    cache.tree.setTimes(cache.folder, 1, 1, now());
    assert.deepEqual(cache.at('personal', 'work'), before);
  });
});

describe('the tree refuses', () => {
  const cases: readonly (readonly [title: string, code: FileErrorCode, run: () => unknown])[] = [
    ['a name that exists', 'EEXIST', () => [create('tmp1'), create('tmp1')]],
    ['a directory of a name that exists', 'EEXIST', () => [create('tmp1'), mkdir('tmp1')]],
    [
      'a link to a name that exists',
      'EEXIST',
      () => cache.tree.link(create('a'), cache.folder, nameOf('b'), 0),
    ],
    ['a collection of a name that exists', 'EEXIST', () => mkdir('work', cache.at('personal').ino)],
    ['a second name of a directory', 'EPERM', () => cache.tree.link(mkdir('.d'), cache.folder, 'e', 0)],
    ['a file in a storage', 'EPERM', () => create('tmp1', cache.at('personal').ino)],
    ['a file in the root', 'EPERM', () => create('tmp1', cache.tree.rootIno)],
    ['a directory in the root', 'EPERM', () => mkdir('new', cache.tree.rootIno)],
    ['a file in a file', 'ENOTDIR', () => create('tmp2', create('tmp1'))],
    ['a file in a directory that is gone', 'ENOENT', () => create('tmp1', 99_999)],
    ["a name of the engine's", 'EPERM', () => create('.pimsync-1')],
    ["a rename to a name of the engine's", 'EPERM', () => [create('a'), rename('a', '.pimsync-1')]],
    ['to unlink what is not there', 'ENOENT', () => cache.tree.unlink(cache.folder, 'nothing', 0)],
    ['to unlink a directory', 'EISDIR', () => [mkdir('.d'), cache.tree.unlink(cache.folder, '.d', 0)]],
    ['to rename what is not there', 'ENOENT', () => rename('nothing', 'a')],
    ['to rename onto a directory', 'EISDIR', () => [create('a'), mkdir('.d'), rename('a', '.d')]],
    ['to rename a directory onto a file', 'ENOTDIR', () => [create('a'), mkdir('.d'), rename('.d', 'a')]],
    ['to rename a directory onto another', 'EEXIST', () => [mkdir('.d'), mkdir('.e'), rename('.d', '.e')]],
    [
      'to rename a directory into itself',
      'EINVAL',
      () => cache.rename(nameOfDirectory('.d'), '.e', mkdir('.in', folderOf('.d'))),
    ],
    ['to rename a collection', 'EPERM', () => moveWork(cache.folder)],
    [
      'to remove a directory with something in it',
      'ENOTEMPTY',
      () => [create('a', mkdir('.d')), rmdir('.d')],
    ],
    ['to remove a collection with an item', 'ENOTEMPTY', () => [create('a.ics'), removeWork()]],
    ['to remove a collection with scratch', 'ENOTEMPTY', () => [create('.a.swp'), removeWork()]],
    ['to remove a collection with a note of the user', 'ENOTEMPTY', () => [create('notes'), removeWork()]],
    ['to remove a storage', 'EPERM', () => cache.tree.removeDirectory(cache.tree.rootIno, 'personal', 0)],
    ['to remove a file as a directory', 'ENOTDIR', () => [create('a'), rmdir('a')]],
    ['to read an inode that is gone', 'ENOENT', () => cache.tree.read(99_999)],
    ['to write to an inode that is gone', 'ENOENT', () => commitTo(99_999)],
    ['to write to a directory', 'EISDIR', () => commitTo(cache.folder)],
  ];

  for (const [title, code, run] of cases) {
    it(title, () => {
      fails(code, run);
    });
  }

  const nameOf = (name: string): string => (create(name), name);
  const nameOfDirectory = (name: string): string => (mkdir(name), name);
  const folderOf = (name: string): number => cache.file(name).ino;
  const rmdir = (name: string): void => cache.tree.removeDirectory(cache.folder, name, 0);
  const removeWork = (): void => cache.tree.removeDirectory(cache.at('personal').ino, 'work', 0);
  const moveWork = (to: number): void => {
    cache.tree.rename({ parent: cache.at('personal').ino, name: 'work' }, { parent: to, name: 'x' }, 0);
  };
  const commitTo = (ino: number): unknown =>
    cache.tree.commit(
      { ino, body: Buffer.from(''), mtimeMs: 0, writers: false },
      { durable: false, nowMs: 0 },
    );

  it('leaves everything as it was', () => {
    cache.save('a.ics', eventText({ uid: 'a' }));
    mkdir('.d');
    const before = dump();
    for (const run of [
      () => rename('a.ics', '.d'),
      () => create('a.ics'),
      () => rename('a.ics', '.pimsync-1'),
      () => removeWork(),
      () => cache.rename('a.ics', 'x', cache.at('personal').ino),
    ]) {
      assert.throws(run, FileError);
    }
    assert.deepEqual(dump(), before);
  });
});

describe('a listing', () => {
  it('leaves out staged and hidden names, and scratch that looks like an item', () => {
    for (const name of [
      'a.ics',
      '.a.ics',
      '#a.ics',
      'a.ics~',
      'a.vcf',
      '.a.vcf',
      '.a.ics.swp',
      '.fuse_hidden1',
    ]) {
      create(name);
    }
    assert.deepEqual(cache.names(), ['.a.ics.swp', '.a.vcf', 'a.ics', 'a.ics~', 'a.vcf']);
    assert.ok(cache.file('.a.ics'), 'what is not listed can be looked up all the same');
  });

  it('goes by the kind of the collection, and hides nothing of scratch directories', async () => {
    const contacts = await MountedCache.open({ kind: 'contact' });
    for (const name of ['a.vcf', '.a.vcf', '.a.ics']) contacts.save(name, '');
    assert.deepEqual(contacts.names(), ['.a.ics', 'a.vcf']);
    const below = mkdir('.~tmp~');
    create('.a.ics', below);
    assert.deepEqual(cache.names(below), ['.a.ics']);
  });

  it('is empty for what is not there', () => {
    assert.deepEqual(cache.tree.children(99_999), []);
  });
});

const dump = (): unknown =>
  ['inode', 'entry', 'item', 'tombstone', 'body', 'collection'].map((table) =>
    cache.db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all(),
  );
