import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { describe, it } from 'node:test';
import { testFileSystem, type TestFileSystem, type TestOptions } from '../support/test-file-system.ts';

type Call = (test: TestFileSystem) => unknown;
type Case = [rule: string, code: string | undefined, call: Call, options?: TestOptions];

const { O_RDONLY } = constants;

const cases: readonly Case[] = [
  ['the root takes no files', 'EPERM', ({ ops }) => ops.create('/x.ics', 0o644)],
  ['the root takes no scratch either', 'EPERM', ({ ops }) => ops.create('/.x', 0o644)],
  ['a storage takes no files', 'EPERM', ({ ops }) => ops.create('/dav/x.ics', 0o644)],
  ['a storage takes no scratch either', 'EPERM', ({ ops }) => ops.create('/dav/.x', 0o644)],
  ['no folder is made in the root', 'EPERM', ({ ops }) => ops.mkdir('/x', 0o755)],
  [
    'a trash in the root is refused so that file managers delete',
    'EACCES',
    ({ ops }) => ops.mkdir('/.Trash-1000', 0o700),
  ],
  ['a trash in a collection too', 'EACCES', ({ ops }) => ops.mkdir('/dav/cal/.Trash-1000', 0o700)],
  ['a collection holds no visible folder', 'EPERM', ({ ops }) => ops.mkdir('/dav/cal/x.ics', 0o755)],
  ['a collection holds hidden folders', undefined, ({ ops }) => ops.mkdir('/dav/cal/.~tmp~', 0o700)],
  [
    'a hidden folder holds any folder',
    undefined,
    ({ ops }) => {
      ops.mkdir('/dav/cal/.x', 0o700);
      ops.mkdir('/dav/cal/.x/y', 0o700);
      ops.rmdir('/dav/cal/.x/y');
    },
  ],
  [
    'a folder with something in it stays',
    'ENOTEMPTY',
    ({ ops, save }) => {
      ops.mkdir('/dav/cal/.x', 0o700);
      save('/dav/cal/.x/f', 'x');
      ops.rmdir('/dav/cal/.x');
    },
  ],
  [
    'a hidden folder does not become a visible one',
    'EPERM',
    ({ ops }) => {
      ops.mkdir('/dav/cal/.x', 0o700);
      ops.rename('/dav/cal/.x', '/dav/cal/x');
    },
  ],
  [
    'a hidden folder becomes no item',
    'EPERM',
    ({ ops }) => {
      ops.mkdir('/dav/cal/.x', 0o700);
      ops.rename('/dav/cal/.x', '/dav/cal/x.ics');
    },
  ],
  [
    'a hidden folder may get another hidden name',
    undefined,
    ({ ops }) => {
      ops.mkdir('/dav/cal/.x', 0o700);
      ops.rename('/dav/cal/.x', '/dav/cal/.y');
    },
  ],
  ['a storage is not removed', 'EPERM', ({ ops }) => ops.rmdir('/dav')],
  ['the root is not removed', 'EPERM', ({ ops }) => ops.rmdir('/')],
  [
    'a collection does not move into another',
    'EPERM',
    ({ ops }) => ops.rename('/dav/cal', '/dav/friends/.x'),
  ],
  ['rmdir is for folders', 'ENOTDIR', ({ ops }) => ops.rmdir('/dav/cal/a.ics')],
  ['unlink is not for folders', 'EPERM', ({ ops }) => ops.unlink('/dav/cal')],
  [
    'nor for hidden ones',
    'EISDIR',
    ({ ops }) => {
      ops.mkdir('/dav/cal/.x', 0o700);
      ops.unlink('/dav/cal/.x');
    },
  ],
  [
    'a file does not replace a folder',
    'EISDIR',
    ({ ops }) => {
      ops.mkdir('/dav/cal/.x', 0o700);
      ops.rename('/dav/cal/a.ics', '/dav/cal/.x');
    },
  ],
  ['a folder is not opened as a file', 'EISDIR', ({ ops }) => ops.open('/dav/cal', O_RDONLY)],
  ['a file is not listed', 'ENOTDIR', ({ ops }) => ops.readdir('/dav/cal/a.ics')],
  ['a file holds no names', 'ENOTDIR', ({ ops }) => ops.create('/dav/cal/a.ics/x', 0o644)],
  ['what is not there is not there', 'ENOENT', ({ ops }) => ops.getattr('/dav/cal/b.ics')],
  ['nor is what would be below it', 'ENOENT', ({ ops }) => ops.getattr('/dav/cal/b.ics/c')],
  ['a storage that is not mounted is not there', 'ENOENT', ({ ops }) => ops.getattr('/web')],
  ['O_EXCL: a name is taken once', 'EEXIST', ({ ops }) => ops.create('/dav/cal/a.ics', 0o644)],
  ['a link does not replace', 'EEXIST', ({ ops }) => ops.link('/dav/cal/a.ics', '/dav/cal/a.ics')],
  ['only files have two names', 'EPERM', ({ ops }) => ops.link('/dav/cal', '/dav/friends/.x')],
  ['an item is no symbolic link', 'EPERM', ({ ops }) => ops.symlink('nowhere', '/dav/cal/x.ics')],
  ['scratch may be one', undefined, ({ ops }) => ops.symlink('nowhere', '/dav/cal/.#x.ics')],
  ['readlink is for symbolic links', 'EINVAL', ({ ops }) => ops.readlink('/dav/cal/a.ics')],
  [
    'a symbolic link does not become an item',
    'EPERM',
    ({ ops }) => {
      ops.symlink('nowhere', '/dav/cal/.x');
      ops.rename('/dav/cal/.x', '/dav/cal/x.ics');
    },
  ],
  [
    'a property is written',
    undefined,
    ({ ops, save, text }) => {
      save('/dav/cal/color', '#fff');
      save('/dav/cal/color', '#f00');
      assert.equal(text('/dav/cal/color'), '#f00');
      ops.truncate('/dav/cal/color', 0);
      ops.unlink('/dav/cal/color');
    },
  ],
  [
    'renamed to and linked to',
    undefined,
    ({ ops, save }) => {
      save('/dav/cal/tmp1', 'Work');
      ops.link('/dav/cal/tmp1', '/dav/cal/description');
      ops.rename('/dav/cal/tmp1', '/dav/cal/displayname');
    },
  ],
  ['but not on a read-only collection', 'EACCES', ({ ops }) => ops.create('/dav/shared/color', 0o644)],
  [
    'nor cut there',
    'EACCES',
    ({ ops, tree, ino }) => {
      tree.addFile(ino.shared, 'color', '#fff');
      ops.truncate('/dav/shared/color', 0);
    },
  ],
  ['a property is no symbolic link', 'EPERM', ({ ops }) => ops.symlink('nowhere', '/dav/cal/color')],
  [
    'nor becomes one',
    'EPERM',
    ({ ops }) => {
      ops.symlink('nowhere', '/dav/cal/.x');
      ops.rename('/dav/cal/.x', '/dav/cal/color');
    },
  ],
  [
    'such names are free in hidden folders',
    undefined,
    ({ ops }) => {
      ops.mkdir('/dav/cal/.x', 0o700);
      ops.create('/dav/cal/.x/color', 0o644);
    },
  ],
  ["the engine's names are not created", 'EPERM', ({ ops }) => ops.create('/dav/cal/.pimsync-x', 0o644)],
  ['nor renamed to', 'EPERM', ({ ops }) => ops.rename('/dav/cal/a.ics', '/dav/cal/.pimsync-x')],
  [
    'nor opened',
    'EPERM',
    ({ ops, tree, ino }) => ops.open(`/dav/cal/${tree.stageNew(ino.cal, 'n.ics', 'x')}`, O_RDONLY),
  ],
  [
    'nor unlinked',
    'EPERM',
    ({ ops, tree, ino }) => ops.unlink(`/dav/cal/${tree.stageNew(ino.cal, 'n.ics', 'x')}`),
  ],
  ["libfuse's names are not created", 'EPERM', ({ ops }) => ops.create('/dav/cal/.fuse_hidden01', 0o644)],
  [
    'a closed handle is no handle',
    'EBADF',
    ({ ops }) => {
      const fd = ops.open('/dav/cal/a.ics', O_RDONLY);
      ops.release(fd);
      ops.read(fd, Buffer.alloc(1), 0);
    },
  ],
  [
    'a reader does not write',
    'EBADF',
    ({ ops }) => ops.write(ops.open('/dav/cal/a.ics', O_RDONLY), Buffer.from('x'), 0),
  ],
  [
    'a reader does not truncate',
    'EINVAL',
    ({ ops }) => ops.ftruncate(ops.open('/dav/cal/a.ics', O_RDONLY), 0),
  ],
  ['owners can be set by those who must', undefined, ({ ops }) => ops.chown('/dav/cal/a.ics')],
  ['a time on a folder is accepted', undefined, ({ ops }) => ops.utimens('/dav/cal', 0, 0)],
  [
    'items move between calendars',
    undefined,
    ({ ops, tree, ino }) => {
      tree.addCollection(ino.dav, 'home');
      ops.rename('/dav/cal/a.ics', '/dav/home/a.ics');
      assert.ok(ops.getattr('/dav/home/a.ics'));
    },
  ],
];

describe('what the mount accepts and refuses', () => {
  for (const [rule, code, call, options] of cases) {
    it(code === undefined ? rule : `${rule} (${code})`, () => {
      const test = testFileSystem(options);
      if (code === undefined) call(test);
      else assert.throws(() => call(test), { code });
    });
  }
});
