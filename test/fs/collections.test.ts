import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { describe, it } from 'node:test';
import { testFileSystem, type TestFileSystem, type TestOptions } from '../support/test-file-system.ts';

type Call = (test: TestFileSystem) => unknown;
type Case = [rule: string, code: string | undefined, call: Call, options?: TestOptions];

const BOTH = { storages: ['dav', 'web'] } as const;
const FLAT = { layout: 'flat' } as const;

const cases: readonly Case[] = [
  ['a folder in a storage is a collection', undefined, ({ ops }) => ops.mkdir('/dav/new', 0o755)],
  [
    'an item can be put in at once',
    undefined,
    ({ ops, save, text }) => {
      ops.mkdir('/dav/new', 0o755);
      save('/dav/new/a.ics', 'x');
      assert.equal(text('/dav/new/a.ics'), 'x');
    },
  ],
  ['not twice', 'EEXIST', ({ ops }) => ops.mkdir('/dav/cal', 0o755)],
  ['not with a hidden name', 'EPERM', ({ ops }) => ops.mkdir('/dav/.new', 0o755)],
  ['not for the trash of a file manager', 'EACCES', ({ ops }) => ops.mkdir('/dav/.Trash-1000', 0o700)],
  ['not with a control character', 'EINVAL', ({ ops }) => ops.mkdir('/dav/a\nb', 0o755)],
  ['not beside the storages', 'EPERM', ({ ops }) => ops.mkdir('/new', 0o755)],
  ['not in a mount for reading', 'EROFS', ({ ops }) => ops.mkdir('/dav/new', 0o755), { readOnly: true }],
  ['in a flat mount, in the root', undefined, ({ ops }) => ops.mkdir('/new', 0o755), FLAT],
  [
    'but not where it could be in one storage or another',
    'EPERM',
    ({ ops }) => ops.mkdir('/new', 0o755),
    { ...FLAT, ...BOTH },
  ],
  ['an empty collection is removed', undefined, ({ ops }) => ops.rmdir('/dav/friends')],
  [
    'one with properties alone too',
    undefined,
    ({ ops, save }) => {
      save('/dav/friends/displayname', 'x');
      ops.rmdir('/dav/friends');
      assert.throws(() => ops.getattr('/dav/friends'), { code: 'ENOENT' });
    },
  ],
  [
    'also while one of them is open',
    undefined,
    ({ ops, save, text }) => {
      save('/dav/friends/displayname', 'x');
      const fd = ops.open('/dav/friends/displayname', constants.O_RDWR);
      ops.rmdir('/dav/friends');
      ops.mkdir('/dav/friends', 0o755);
      ops.write(fd, Buffer.from('late'), 0);
      ops.flush('-', fd);
      ops.release(fd);
      save('/dav/friends/displayname', 'new');
      assert.equal(text('/dav/friends/displayname'), 'new');
    },
  ],
  ['one with items is not', 'ENOTEMPTY', ({ ops }) => ops.rmdir('/dav/cal')],
  ['a read-only one is not', 'EACCES', ({ ops }) => ops.rmdir('/dav/shared')],
  ['nor one of a mount for reading', 'EROFS', ({ ops }) => ops.rmdir('/dav/friends'), { readOnly: true }],
  ['a flat one is removed', undefined, ({ ops }) => ops.rmdir('/friends'), FLAT],
  [
    'a collection gets another name with all that is in it, and its number',
    undefined,
    ({ ops, text, ino }) => {
      ops.getattr('/dav/cal/a.ics');
      ops.rename('/dav/cal', '/dav/work');
      assert.deepEqual([text('/dav/work/a.ics'), ops.getattr('/dav/work').ino], ['old', ino.cal]);
      assert.throws(() => ops.getattr('/dav/cal/a.ics'), { code: 'ENOENT' });
    },
  ],
  ['also in a flat mount', undefined, ({ ops }) => ops.rename('/cal', '/work'), FLAT],
  [
    'also in one of several storages',
    undefined,
    ({ ops }) => ops.rename('/cal', '/work'),
    { ...FLAT, ...BOTH },
  ],
  ['its own name is no change', undefined, ({ ops }) => ops.rename('/dav/cal', '/dav/cal')],
  ['it takes the place of an empty one', undefined, ({ ops }) => ops.rename('/dav/cal', '/dav/friends')],
  ['but not of one with items', 'ENOTEMPTY', ({ ops }) => ops.rename('/dav/friends', '/dav/cal')],
  ['nor of a read-only one', 'EACCES', ({ ops }) => ops.rename('/dav/cal', '/dav/shared')],
  ['it gets no hidden name', 'EPERM', ({ ops }) => ops.rename('/dav/cal', '/dav/.cal')],
  ['it goes into no other collection', 'EPERM', ({ ops }) => ops.rename('/dav/cal', '/dav/friends/cal')],
  ['nor to the storages', 'EPERM', ({ ops }) => ops.rename('/dav/cal', '/cal')],
  ['nor over one', 'EPERM', ({ ops }) => ops.rename('/dav/cal', '/web'), BOTH],
  ['to another storage it is copied', 'EXDEV', ({ ops }) => ops.rename('/dav/cal', '/web/cal'), BOTH],
  [
    'in a mount for reading it keeps its name',
    'EROFS',
    ({ ops }) => ops.rename('/dav/cal', '/dav/work'),
    { readOnly: true },
  ],
  ['storages keep theirs', 'EPERM', ({ ops }) => ops.rename('/dav', '/cal')],
  [
    'a hidden folder becomes no collection',
    'EPERM',
    ({ ops }) => {
      ops.mkdir('/dav/cal/.x', 0o700);
      ops.rename('/dav/cal/.x', '/dav/x');
    },
  ],
];

describe('collections, as users make, rename and remove them', () => {
  for (const [rule, code, call, options] of cases)
    it(code === undefined ? rule : `${rule} (${code})`, () => {
      const test = testFileSystem(options);
      if (code === undefined) call(test);
      else assert.throws(() => call(test), { code });
    });

  it('are told to the engine', () => {
    const { ops, events, ino } = testFileSystem();
    ops.mkdir('/dav/new', 0o755);
    const made = ops.getattr('/dav/new').ino;
    ops.rename('/dav/friends', '/dav/people');
    ops.rmdir('/dav/new');
    assert.deepEqual(events, [
      { type: 'edited', ino: made, collection: made },
      { type: 'edited', ino: ino.friends, collection: ino.friends },
      { type: 'removed', collection: undefined },
    ]);
  });
});

describe('properties that users set', () => {
  it('are told to the engine as items are', () => {
    const { ops, save, told } = testFileSystem();
    save('/dav/cal/color', '#fff');
    save('/dav/cal/tmp1', 'Work');
    ops.rename('/dav/cal/tmp1', '/dav/cal/displayname');
    ops.link('/dav/cal/displayname', '/dav/cal/description');
    ops.unlink('/dav/cal/color');
    assert.deepEqual(
      told.filter((event) => event !== 'touched'),
      ['edited -', 'edited -', 'edited -', 'edited -', 'removed'],
    );
  });
});
