import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { describe, it } from 'node:test';
import { testFileSystem, type TestFileSystem, type TestOptions } from '../support/test-file-system.ts';

type Call = (test: TestFileSystem) => unknown;
type Case = [rule: string, code: string | undefined, call: Call, options?: TestOptions];

const { O_RDONLY, O_WRONLY, O_RDWR } = constants;

const cases: readonly Case[] = [
  ['read-only collection: no new file', 'EACCES', ({ ops }) => ops.create('/dav/shared/x.ics', 0o644)],
  ['read-only collection: no scratch', 'EACCES', ({ ops }) => ops.create('/dav/shared/.x.swp', 0o644)],
  ['read-only collection: no folder', 'EACCES', ({ ops }) => ops.mkdir('/dav/shared/.x', 0o755)],
  [
    'read-only collection: no opening to write',
    'EACCES',
    (test) => {
      inShared(test);
      test.ops.open('/dav/shared/s.ics', O_RDWR);
    },
  ],
  [
    'read-only collection: no unlink',
    'EACCES',
    (test) => {
      inShared(test);
      test.ops.unlink('/dav/shared/s.ics');
    },
  ],
  [
    'read-only collection: no rename',
    'EACCES',
    (test) => {
      inShared(test);
      test.ops.rename('/dav/shared/s.ics', '/dav/shared/t.ics');
    },
  ],
  [
    'read-only collection: no rename out of it',
    'EACCES',
    (test) => {
      inShared(test);
      test.ops.rename('/dav/shared/s.ics', '/dav/cal/t.ics');
    },
  ],
  [
    'read-only collection: no rename into it',
    'EACCES',
    ({ ops }) => ops.rename('/dav/cal/a.ics', '/dav/shared/t.ics'),
  ],
  [
    'read-only collection: no link out of it',
    'EACCES',
    (test) => {
      inShared(test);
      test.ops.link('/dav/shared/s.ics', '/dav/cal/t.ics');
    },
  ],
  [
    'read-only collection: no truncation',
    'EACCES',
    (test) => {
      inShared(test);
      test.ops.truncate('/dav/shared/s.ics', 0);
    },
  ],
  [
    'read-only collection: no times',
    'EACCES',
    (test) => {
      inShared(test);
      test.ops.utimens('/dav/shared/s.ics', 0, 0);
    },
  ],
  [
    'read-only collection: a window lets no user through',
    'EACCES',
    (test) => {
      inShared(test);
      test.ops.chmod('/dav/shared/s.ics', 0o1644);
      test.ops.open('/dav/shared/s.ics', O_WRONLY);
    },
  ],
  [
    'read-only mount: no new file',
    'EROFS',
    ({ ops }) => ops.create('/dav/cal/x.ics', 0o644),
    { readOnly: true },
  ],
  [
    'read-only mount: no opening to write',
    'EROFS',
    ({ ops }) => ops.open('/dav/cal/a.ics', O_WRONLY),
    { readOnly: true },
  ],
  ['read-only mount: no unlink', 'EROFS', ({ ops }) => ops.unlink('/dav/cal/a.ics'), { readOnly: true }],
  [
    'read-only mount: reading',
    undefined,
    ({ ops }) => ops.release(ops.open('/dav/cal/a.ics', O_RDONLY)),
    { readOnly: true },
  ],
  [
    'a full disk refuses the write',
    'ENOSPC',
    ({ ops, disk, clock }) => {
      const fd = ops.create('/dav/cal/x.ics', 0o644);
      disk.freeBytes = 1000;
      clock.move(1000);
      ops.write(fd, Buffer.from('x'), 0);
    },
  ],
  [
    'a full disk refuses new files',
    'ENOSPC',
    ({ ops, disk }) => {
      disk.freeBytes = 1000;
      ops.create('/dav/cal/x.ics', 0o644);
    },
  ],
  [
    'a full disk lets delete',
    undefined,
    ({ ops, disk }) => {
      disk.freeBytes = 1000;
      ops.unlink('/dav/cal/a.ics');
    },
  ],
  [
    'a full disk lets cut to nothing',
    undefined,
    ({ ops, disk }) => {
      disk.freeBytes = 1000;
      ops.truncate('/dav/cal/a.ics', 0);
    },
  ],
  [
    'a file has a largest size when written',
    'EFBIG',
    ({ ops }) => ops.write(ops.create('/dav/cal/x', 0o644), Buffer.alloc(11), 0),
    { maxFileBytes: 10 },
  ],
  ['and when stretched', 'EFBIG', ({ ops }) => ops.truncate('/dav/cal/a.ics', 11), { maxFileBytes: 10 }],
  [
    'and when written behind its end',
    'EFBIG',
    ({ ops }) => ops.write(ops.create('/dav/cal/x', 0o644), Buffer.alloc(1), 10),
    { maxFileBytes: 10 },
  ],
];

describe('read-only places, and limits', () => {
  for (const [rule, code, call, options] of cases) {
    it(code === undefined ? rule : `${rule} (${code})`, () => {
      const test = testFileSystem(options);
      if (code === undefined) call(test);
      else assert.throws(() => call(test), { code });
    });
  }
});

function inShared({ tree, ino }: TestFileSystem): void {
  tree.addFile(ino.shared, 's.ics', 'shared');
}
