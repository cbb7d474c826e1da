import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { describe, it } from 'node:test';
import { FileError } from '../../src/cache/file-tree.ts';
import { testFileSystem, type TestFileSystem } from '../support/test-file-system.ts';

const { O_APPEND, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const A = '/dav/cal/a.ics';

function readAll({ ops }: TestFileSystem, fd: number): string {
  const buffer = Buffer.alloc(100);
  return buffer.subarray(0, ops.read(fd, buffer, 0)).toString();
}

describe('open files', () => {
  it('a reader keeps what was there when it opened', () => {
    const test = testFileSystem();
    const fd = test.ops.open(A, O_RDONLY);
    test.save(A, 'something new');
    assert.equal(readAll(test, fd), 'old');
  });

  it('a reader sees what another has written and not committed', () => {
    const test = testFileSystem();
    const writer = test.ops.open(A, O_WRONLY);
    test.ops.write(writer, Buffer.from('new'), 0);
    const reader = test.ops.open(A, O_RDONLY);
    test.ops.write(writer, Buffer.from('newer'), 0);
    assert.equal(readAll(test, reader), 'new');
  });

  it('all writers share one content', () => {
    const test = testFileSystem();
    const [one, two] = [test.ops.open(A, O_RDWR), test.ops.open(A, O_RDWR)];
    test.ops.write(one, Buffer.from('n'), 0);
    test.ops.write(two, Buffer.from('e'), 1);
    assert.equal(readAll(test, one), 'ned');
  });

  it('appends go to the end, wherever the kernel thinks that is', () => {
    const test = testFileSystem();
    const fd = test.ops.open(A, O_WRONLY | O_APPEND);
    test.ops.write(fd, Buffer.from('er'), 0);
    test.ops.write(fd, Buffer.from('!'), 1);
    test.ops.release(fd);
    assert.equal(test.text(A), 'older!');
  });

  it('a gap reads as zeros, also where there had been text before', () => {
    const test = testFileSystem();
    const fd = test.ops.open(A, O_RDWR);
    test.ops.ftruncate(fd, 1);
    test.ops.write(fd, Buffer.from('x'), 3);
    assert.equal(readAll(test, fd), 'o\0\0x');
  });

  it('reading behind the end gives nothing', () => {
    const { ops } = testFileSystem();
    assert.equal(ops.read(ops.open(A, O_RDONLY), Buffer.alloc(4), 3), 0);
  });

  it('a close without a write commits nothing', () => {
    const { ops, tree, told } = testFileSystem();
    const fd = ops.open(A, O_RDWR);
    ops.flush(A, fd);
    ops.release(fd);
    assert.deepEqual([tree.log, told], [[], []]);
  });

  it('each flush commits what is new, and only the last close says finished', () => {
    const { ops, tree, told, ino } = testFileSystem();
    const [one, two] = [ops.open(A, O_WRONLY), ops.open(A, O_WRONLY)];
    ops.write(one, Buffer.from('n'), 0);
    ops.flush(A, one);
    ops.flush(A, one);
    ops.release(one);
    assert.deepEqual(tree.log, [`commit ${ino.a}`]);
    assert.ok(tree.written.has(ino.a), 'still being written');
    ops.release(two);
    assert.deepEqual(tree.log, [`commit ${ino.a}`, `release ${ino.a}`]);
    assert.deepEqual(told, ['touched', 'edited a.ics']);
  });

  it('the next round of writers starts anew', () => {
    const { ops, told, save } = testFileSystem();
    const reader = ops.open(A, O_RDONLY);
    save(A, 'new');
    ops.release(ops.open(A, O_WRONLY));
    ops.release(reader);
    assert.deepEqual(told, ['touched', 'edited a.ics']);
  });

  it('a commit that fails is told at the close, tried again at the release, and the file stays usable', () => {
    const test = testFileSystem();
    const fd = test.ops.open(A, O_WRONLY);
    test.ops.write(fd, Buffer.from('new'), 0);
    test.tree.failure = new FileError('ENOSPC', 'disk full');
    assert.throws(() => test.ops.flush(A, fd), { code: 'ENOSPC' });
    test.ops.release(fd);
    assert.equal(test.text(A), 'new');
  });

  it('a release whose commit fails still gives the handle back', () => {
    const test = testFileSystem();
    const fd = test.ops.open(A, O_WRONLY);
    test.ops.write(fd, Buffer.from('new'), 0);
    test.tree.failure = new FileError('EIO', 'broken');
    assert.throws(() => test.ops.release(fd), { code: 'EIO' });
    assert.throws(() => test.ops.flush(A, fd), { code: 'EBADF' });
    assert.equal(test.fs.files.isBusy(test.ino.a), false);
    assert.equal(test.text(A), 'old');
  });

  it('what was committed does not change under its new owner', () => {
    const { ops, tree, ino } = testFileSystem();
    const fd = ops.open(A, O_WRONLY);
    const kept: Uint8Array[] = [];
    const commit = tree.commit.bind(tree);
    tree.commit = (content, options) => {
      kept.push(content.body);
      return commit(content, options);
    };
    for (const text of ['one', 'two']) {
      ops.write(fd, Buffer.from(text), 0);
      ops.flush(A, fd);
    }
    assert.deepEqual(
      kept.map((body) => Buffer.from(body).toString()),
      ['one', 'two'],
    );
    assert.equal(tree.inode(ino.a)?.size, 3);
  });

  it('an unlinked file lives as long as it is open, and goes with its last handle', () => {
    const test = testFileSystem();
    const { ops, tree, ino } = test;
    const [one, two] = [ops.open(A, O_RDWR), ops.open(A, O_RDONLY)];
    ops.unlink(A);
    ops.write(one, Buffer.from('new'), 0);
    assert.equal(readAll(test, one), 'new');
    ops.release(one);
    assert.equal(readAll(test, two), 'old');
    assert.ok(tree.inode(ino.a));
    ops.release(two);
    assert.equal(tree.inode(ino.a), undefined);
  });

  it('a file that is unlinked while nobody has it open goes at once', () => {
    const { ops, tree, ino } = testFileSystem();
    ops.unlink(A);
    assert.equal(tree.inode(ino.a), undefined);
  });

  it('a file that is replaced while nobody has it open goes at once', () => {
    const { ops, tree, ino, save } = testFileSystem();
    save('/dav/cal/tmp', 'new');
    ops.rename('/dav/cal/tmp', A);
    assert.equal(tree.inode(ino.a), undefined);
  });

  it('a rename to another name of the same file keeps both', () => {
    const { ops, contents } = testFileSystem();
    ops.link(A, '/dav/cal/b.ics');
    ops.rename(A, '/dav/cal/b.ics');
    assert.deepEqual(contents('/dav/cal'), { 'a.ics': 'old', 'b.ics': 'old' });
  });

  it('a truncation by path goes into what a writer has open, and is stored with it', () => {
    const { ops, tree, text } = testFileSystem();
    const fd = ops.open(A, O_WRONLY);
    ops.truncate(A, 0);
    assert.deepEqual([ops.getattr(A).size, tree.log], [0, []], 'a crash now leaves the old text');
    ops.write(fd, Buffer.from('new'), 0);
    ops.release(fd);
    assert.equal(text(A), 'new');
  });

  it('a truncation of a file that nobody has open is an edit by itself', () => {
    const { ops, told, text } = testFileSystem();
    ops.truncate(A, 2);
    assert.deepEqual([text(A), told], ['ol', ['touched', 'edited a.ics']]);
  });

  it('a close of an item is durable, of scratch not', () => {
    const { ops, tree } = testFileSystem();
    const durable: boolean[] = [];
    const commit = tree.commit.bind(tree);
    tree.commit = (content, options) => {
      durable.push(options.durable);
      return commit(content, options);
    };
    for (const path of [A, '/dav/cal/tmp']) {
      const fd = path === A ? ops.open(A, O_WRONLY) : ops.create(path, 0o600);
      ops.write(fd, Buffer.from('new'), 0);
      ops.flush(path, fd);
    }
    assert.deepEqual(durable, [true, false]);
  });

  for (const move of ['rename', 'link'] as const)
    it(`a ${move} of what is being written stores it, for the new name may mean that it is complete`, () => {
      const { ops, tree, ino } = testFileSystem();
      ops.write(ops.create('/dav/cal/tmp', 0o600), Buffer.from('item'), 0);
      ops[move]('/dav/cal/tmp', '/dav/cal/n.ics');
      const stored = tree.read(tree.lookup(ino.cal, 'n.ics')?.ino ?? 0);
      assert.equal(Buffer.from(stored).toString(), 'item');
    });

  it('a close by a reader stores nothing for a writer', () => {
    const { ops, tree } = testFileSystem();
    const [writer, reader] = [ops.open(A, O_WRONLY), ops.open(A, O_RDONLY)];
    ops.write(writer, Buffer.from('half'), 0);
    ops.flush(A, reader);
    ops.release(reader);
    assert.deepEqual(tree.log, []);
  });

  it('fsync makes even what was committed before durable', () => {
    const { ops, tree, ino } = testFileSystem();
    const fd = ops.open(A, O_WRONLY);
    ops.write(fd, Buffer.from('new'), 0);
    ops.flush(A, fd);
    ops.fsync(fd);
    ops.fsyncdir();
    assert.deepEqual(tree.log, [`commit ${ino.a}`, 'sync', 'sync']);
  });
});
