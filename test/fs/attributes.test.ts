import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { describe, it } from 'node:test';
import { testFileSystem, type TestFileSystem } from '../support/test-file-system.ts';

const FILE = 0o100000;
const FOLDER = 0o040000;

const mode = ({ ops }: TestFileSystem, path: string): string => ops.getattr(path).mode.toString(8);

describe('modes', () => {
  const cases: readonly [
    what: string,
    path: string,
    mode: number,
    prepare?: (test: TestFileSystem) => void,
  ][] = [
    ['the root', '/', FOLDER | 0o755],
    ['a storage', '/dav', FOLDER | 0o755],
    ['a collection', '/dav/cal', FOLDER | 0o755],
    ['a read-only collection', '/dav/shared', FOLDER | 0o555],
    ['an item', '/dav/cal/a.ics', FILE | 0o644],
    ['an item after chmod', '/dav/cal/a.ics', FILE | 0o644, ({ ops }) => ops.chmod('/dav/cal/a.ics', 0o600)],
    [
      'an item in a read-only collection',
      '/dav/shared/s.ics',
      FILE | 0o444,
      ({ tree, ino }) => tree.addFile(ino.shared, 's.ics', ''),
    ],
    ['metadata', '/dav/cal/color', FILE | 0o644, ({ tree, ino }) => tree.addFile(ino.cal, 'color', '#fff')],
    [
      'scratch keeps its mode',
      '/dav/cal/tmp1',
      FILE | 0o600,
      ({ ops }) => ops.create('/dav/cal/tmp1', 0o600),
    ],
    [
      'scratch takes another',
      '/dav/cal/tmp1',
      FILE | 0o640,
      ({ ops }) => {
        ops.create('/dav/cal/tmp1', 0o600);
        ops.chmod('/dav/cal/tmp1', 0o640);
      },
    ],
    [
      'a hidden folder keeps its mode',
      '/dav/cal/.x',
      FOLDER | 0o700,
      ({ ops }) => ops.mkdir('/dav/cal/.x', 0o700),
    ],
    ['a symbolic link', '/dav/cal/.x', 0o120777, ({ ops }) => ops.symlink('y', '/dav/cal/.x')],
    [
      'a window shows the right to write',
      '/dav/shared',
      FOLDER | 0o755,
      ({ ops }) => ops.chmod('/dav/shared', 0o1755),
    ],
    ['a plain chmod shows none', '/dav/shared', FOLDER | 0o555, ({ ops }) => ops.chmod('/dav/shared', 0o755)],
    [
      'another bit closes a window',
      '/dav/shared',
      FOLDER | 0o555,
      ({ ops }) => {
        ops.chmod('/dav/shared', 0o1755);
        ops.chmod('/dav/shared', 0o4755);
      },
    ],
  ];
  for (const [what, path, want, prepare] of cases) {
    it(what, () => {
      const test = testFileSystem();
      prepare?.(test);
      assert.equal(mode(test, path), want.toString(8));
    });
  }

  it('a read-only mount shows no right to write', () => {
    const test = testFileSystem({ readOnly: true });
    assert.deepEqual([mode(test, '/dav/cal'), mode(test, '/dav/cal/a.ics')], ['40555', '100444']);
  });
});

describe('attributes', () => {
  it('belong to whoever mounted, with numbers of blocks', () => {
    const { ops, tree, ino } = testFileSystem();
    tree.addFile(ino.cal, 'b.ics', 'x'.repeat(600));
    const { uid, gid, size, blocks, nlink } = ops.getattr('/dav/cal/b.ics');
    assert.deepEqual(
      { uid, gid, size, blocks, nlink },
      { uid: 1000, gid: 100, size: 600, blocks: 2, nlink: 1 },
    );
  });

  it('keep the inode number through link, rename and rewriting', () => {
    const { ops, save, ino } = testFileSystem();
    ops.link('/dav/cal/a.ics', '/dav/cal/b.ics');
    ops.unlink('/dav/cal/a.ics');
    ops.rename('/dav/cal/b.ics', '/dav/cal/c.ics');
    save('/dav/cal/c.ics', 'new');
    assert.equal(ops.getattr('/dav/cal/c.ics').ino, ino.a);
  });

  it('show times before 1970 as 1970, which is all the binding can tell', () => {
    const { ops } = testFileSystem();
    ops.utimens('/dav/cal/a.ics', -5000, -5000);
    assert.equal(ops.getattr('/dav/cal/a.ics').mtime, 0);
  });

  it('show what was written and not committed yet', () => {
    const { ops, clock } = testFileSystem();
    const fd = ops.open('/dav/cal/a.ics', constants.O_WRONLY);
    ops.write(fd, Buffer.from('longer'), 0);
    const { size, mtime } = ops.getattr('/dav/cal/a.ics');
    assert.deepEqual([size, mtime], [6, clock.nowMs()]);
  });
});

describe('a listing', () => {
  it('has numbers and types, and the two dots', () => {
    const { ops, ino } = testFileSystem();
    const { names, attributes } = ops.readdir('/dav/cal');
    assert.deepEqual(names, ['.', '..', 'a.ics']);
    assert.deepEqual(
      attributes.map((entry) => [entry.ino, entry.mode.toString(8)]),
      [
        [ino.cal, '40000'],
        [ino.dav, '40000'],
        [ino.a, '100000'],
      ],
    );
  });

  it('leaves out scratch that khal and todoman would take for items, and what libfuse hides', () => {
    const { ops } = testFileSystem();
    for (const name of ['.x.ics', '#x.ics', '.#y.ics', 'x.ics~', 'tmpab', 'notes.vcf', '.y.swp'])
      ops.create(`/dav/cal/${name}`, 0o600);
    ops.rename('/dav/cal/a.ics', '/dav/cal/.fuse_hidden01');
    assert.deepEqual(ops.readdir('/dav/cal').names.slice(2), ['x.ics~', 'tmpab', 'notes.vcf', '.y.swp']);
    assert.ok(ops.getattr('/dav/cal/.x.ics'), 'though it is there');
  });
});

describe('times of a file', () => {
  it('are set by utimens and no write before it', () => {
    const { ops } = testFileSystem();
    const fd = ops.create('/dav/cal/x.ics', 0o644);
    ops.write(fd, Buffer.from('x'), 0);
    ops.utimens('/dav/cal/x.ics', 111, 222);
    ops.flush('/dav/cal/x.ics', fd);
    ops.release(fd);
    const { atime, mtime } = ops.getattr('/dav/cal/x.ics');
    assert.deepEqual([atime, mtime], [111, 222]);
  });

  it('of a folder are not set by anybody', () => {
    const { ops } = testFileSystem();
    const before = ops.getattr('/dav/cal').mtime;
    ops.utimens('/dav/cal', 1234, 5678);
    assert.equal(ops.getattr('/dav/cal').mtime, before);
  });

  it('move forward with each change, though the clock stands still or steps back', () => {
    const { ops, save, clock } = testFileSystem();
    const seen: number[] = [];
    for (const step of [0, 0, -10_000, 0]) {
      clock.move(step);
      save('/dav/cal/a.ics', `text ${seen.length}`);
      seen.push(ops.getattr('/dav/cal/a.ics').mtime);
    }
    assert.deepEqual(
      seen,
      [...new Set(seen)].sort((a, b) => a - b),
    );
  });

  it('stay as fstat showed them through fsync, close, link, rename and chmod (F4)', () => {
    const { ops, clock } = testFileSystem();
    const fd = ops.create('/dav/cal/tmpx', 0o600);
    for (const text of ['one', 'two']) ops.write(fd, Buffer.from(text), 0);
    const { mtime } = ops.getattr('/dav/cal/tmpx');
    const after = (run: () => void): void => {
      clock.move(1234);
      run();
    };
    after(() => ops.fsync(fd));
    after(() => ops.flush('/dav/cal/x.ics', fd));
    after(() => ops.release(fd));
    after(() => ops.chmod('/dav/cal/tmpx', 0o644));
    after(() => ops.link('/dav/cal/tmpx', '/dav/cal/x.ics'));
    after(() => ops.unlink('/dav/cal/tmpx'));
    after(() => ops.rename('/dav/cal/x.ics', '/dav/cal/y.ics'));
    assert.equal(ops.getattr('/dav/cal/y.ics').mtime, mtime);
  });

  it('stay when a truncation changes nothing', () => {
    const { ops, tree, ino } = testFileSystem();
    ops.truncate('/dav/cal/a.ics', 3);
    assert.equal(ops.getattr('/dav/cal/a.ics').mtime, 1000);
    assert.equal(tree.inode(ino.a)?.version, 1);
  });
});

it('statfs tells the disk that holds the database', () => {
  const { ops } = testFileSystem();
  assert.equal(ops.statfs().bavail, 2 ** 30);
});
