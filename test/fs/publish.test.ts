import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { describe, it } from 'node:test';
import { isClosingMode, isOpeningMode, isPublishingOpen, PUBLISHING_OPEN } from '../../src/fs/publish.ts';
import type { Operations } from '../../src/fs/operations.ts';
import { testFileSystem } from '../support/test-file-system.ts';

const A = '/dav/cal/a.ics';
const { O_RDONLY, O_RDWR } = constants;

function readAll(ops: Operations, fd: number): string {
  const buffer = Buffer.alloc(100);
  return buffer.subarray(0, ops.read(fd, buffer, 0)).toString();
}

/** As publishChangedFile() arrives from the kernel. */
function publish(ops: Operations, path: string, size: number): void {
  const fd = ops.open(path, PUBLISHING_OPEN);
  try {
    ops.ftruncate(fd, size);
  } finally {
    ops.flush(A, fd);
    ops.release(fd);
  }
}

describe('what the engine staged', () => {
  it('a change takes effect with the truncation by the engine, and is no edit', () => {
    const { ops, tree, ino, told, text } = testFileSystem();
    tree.stageChange(ino.a, 'from the server');
    const before = ops.getattr(A).mtime;
    publish(ops, A, 15);
    assert.equal(text(A), 'from the server');
    assert.ok(ops.getattr(A).mtime > before);
    assert.deepEqual(told, []);
  });

  const lengths: readonly [what: string, text: string, seen: string][] = [
    ['a longer text', 'from the server', 'old'],
    ['a shorter text', 'x', 'x'],
  ];
  for (const [what, staged, seen] of lengths)
    it(`while the kernel may still tell the old size or the new one, readers see the shorter (${what})`, () => {
      const { ops, tree, ino, text } = testFileSystem();
      tree.stageChange(ino.a, staged);
      const fd = ops.open(A, PUBLISHING_OPEN);
      ops.ftruncate(fd, staged.length);
      assert.equal(readAll(ops, ops.open(A, O_RDONLY)), seen);
      ops.flush(A, fd);
      assert.equal(text(A), staged);
    });

  it('a truncation by the user, even to that size, is an edit', () => {
    const { ops, tree, ino, told, text } = testFileSystem();
    tree.stageChange(ino.a, 'from the server');
    ops.truncate(A, 15);
    assert.deepEqual([text(A), told], [`old${'\0'.repeat(12)}`, ['touched', 'edited a.ics']]);
  });

  it('a truncation by the engine with nothing staged changes nothing', () => {
    const { ops, tree, ino, told, text } = testFileSystem();
    tree.stageChange(ino.a, 'from the server');
    assert.throws(() => publish(ops, A, 14), { code: 'ESTALE' });
    assert.deepEqual([text(A), told, tree.log], ['old', [], []]);
  });

  it("the engine's handle neither reads nor writes", () => {
    const { ops } = testFileSystem();
    const fd = ops.open(A, PUBLISHING_OPEN);
    assert.throws(() => ops.write(fd, Buffer.from('x'), 0), { code: 'EBADF' });
    assert.throws(() => ops.read(fd, Buffer.alloc(1), 0), { code: 'EBADF' });
  });

  it('a change leaves those who have begun to read what they opened', () => {
    const { ops, tree, ino } = testFileSystem();
    const fd = ops.open(A, O_RDONLY);
    assert.equal(ops.read(fd, Buffer.alloc(1), 0), 1);
    tree.stageChange(ino.a, 'x');
    publish(ops, A, 1);
    assert.equal(readAll(ops, fd), 'old');
  });

  it('a change gives those who have not begun the shorter text, for they may have been told either size', () => {
    const { ops, tree, ino } = testFileSystem();
    const fds = [1, 2].map(() => ops.open(A, O_RDONLY));
    const texts = ['longer', 'x'].map((text) => {
      tree.stageChange(ino.a, text);
      publish(ops, A, text.length);
      return readAll(ops, fds.shift() ?? 0);
    });
    assert.deepEqual(texts, ['old', 'x']);
  });

  it('a change waits while somebody may write', () => {
    const { ops, tree, ino, text } = testFileSystem();
    ops.open(A, O_RDWR);
    tree.stageChange(ino.a, 'from the server');
    assert.throws(() => publish(ops, A, 15), { code: 'ESTALE' });
    assert.equal(text(A), 'old');
  });

  it('a change gives way to an edit made meanwhile', () => {
    const { ops, tree, ino, save, text } = testFileSystem();
    tree.stageChange(ino.a, 'from the server');
    save(A, 'mine');
    assert.throws(() => publish(ops, A, 15), { code: 'ESTALE' });
    assert.equal(text(A), 'mine');
  });

  it('a removal takes effect with the unlink, and is no removal by the user', () => {
    const { ops, tree, ino, told } = testFileSystem();
    tree.stageRemoval(ino.cal, 'a.ics');
    ops.chmod('/dav/cal', 0o1755);
    ops.unlink(A);
    assert.throws(() => ops.getattr(A), { code: 'ENOENT' });
    assert.deepEqual([told, tree.inode(ino.a)], [[], undefined]);
  });

  it('a removal of a file that is being read keeps it for its readers', () => {
    const { ops, tree, ino, told } = testFileSystem();
    const fd = ops.open(A, O_RDONLY);
    tree.stageRemoval(ino.cal, 'a.ics');
    ops.chmod('/dav/cal', 0o1755);
    ops.rename(A, '/dav/cal/.fuse_hidden01');
    assert.throws(() => ops.getattr(A), { code: 'ENOENT' });
    assert.equal(ops.getattr('/dav/cal/.fuse_hidden01').ino, ino.a);
    assert.equal(ops.read(fd, Buffer.alloc(3), 0), 3);
    ops.release(fd);
    ops.unlink('/dav/cal/.fuse_hidden01');
    assert.deepEqual([told, tree.inode(ino.a)], [[], undefined]);
    assert.throws(() => ops.unlink('/dav/cal/.fuse_hidden01'), { code: 'ENOENT' });
  });

  it('a removal gives way to an edit made meanwhile', () => {
    const { ops, tree, ino, save, text } = testFileSystem();
    tree.stageRemoval(ino.cal, 'a.ics');
    ops.chmod('/dav/cal', 0o1755);
    save(A, 'mine');
    assert.throws(() => ops.unlink(A), { code: 'ESTALE' });
    assert.equal(text(A), 'mine');
  });

  it('a removal by the user is a removal by the user, whatever is staged', () => {
    const { ops, tree, ino, told } = testFileSystem();
    tree.stageRemoval(ino.cal, 'a.ics');
    ops.unlink(A);
    assert.deepEqual(told, ['removed']);
  });

  it('two removals in one folder at once do not close each other the window', () => {
    const { ops, tree, ino, told } = testFileSystem();
    tree.addFile(ino.cal, 'b.ics', 'x');
    for (const name of ['a.ics', 'b.ics']) {
      tree.stageRemoval(ino.cal, name);
      ops.chmod('/dav/cal', 0o1755);
    }
    for (const name of ['a.ics', 'b.ics']) ops.unlink(`/dav/cal/${name}`);
    assert.deepEqual(told, []);
  });

  it('a window given up is closed', () => {
    const { ops, tree, ino, told } = testFileSystem();
    tree.stageRemoval(ino.cal, 'a.ics');
    for (const mode of [0o1755, 0o4755]) ops.chmod('/dav/cal', mode);
    ops.unlink(A);
    assert.deepEqual(told, ['removed']);
  });

  it('a collection goes with the rmdir, and another may come under its name at once', () => {
    const { ops, tree, ino } = testFileSystem();
    tree.stageRemoval(ino.dav, 'friends');
    ops.readdir('/dav/friends');
    assert.throws(() => ops.getattr('/dav/friends/x.vcf'), { code: 'ENOENT' });
    ops.chmod('/dav', 0o1755);
    ops.rmdir('/dav/friends');
    assert.throws(() => ops.getattr('/dav/friends'), { code: 'ENOENT' });
    tree.addFile(tree.addCollection(ino.dav, 'friends', 'contact'), 'x.vcf', 'new');
    assert.equal(ops.getattr('/dav/friends/x.vcf').size, 3);
    assert.throws(() => ops.rmdir('/dav/friends'), { code: 'ENOTEMPTY' });
  });

  it('a collection stays when it has something in it, and a window is no way to one that users may not remove', () => {
    const { ops, tree, ino } = testFileSystem();
    tree.stageRemoval(ino.dav, 'cal');
    ops.chmod('/dav', 0o1755);
    assert.throws(() => ops.rmdir('/dav/cal'), { code: 'ESTALE' });
    assert.throws(() => ops.rmdir('/dav/shared'), { code: 'EACCES' });
    assert.deepEqual(ops.readdir('/dav').names.slice(2), ['cal', 'friends', 'shared']);
  });

  it('a collection that nobody opened a window for is removed by a user, whatever is staged', () => {
    const { ops, tree, ino, told } = testFileSystem();
    tree.stageRemoval(ino.dav, 'friends');
    ops.rmdir('/dav/friends');
    assert.deepEqual(told, ['removed']);
  });

  it('a new file gets its name with the rename, under its number', () => {
    const { ops, tree, ino, told, text } = testFileSystem();
    const staged = `/dav/cal/${tree.stageNew(ino.cal, 'n.ics', 'from the server')}`;
    const { ino: number } = ops.getattr(staged);
    ops.rename(staged, '/dav/cal/n.ics');
    assert.equal(ops.getattr('/dav/cal/n.ics').ino, number);
    assert.deepEqual([text('/dav/cal/n.ics'), told], ['from the server', []]);
    assert.throws(() => ops.getattr(staged), { code: 'ENOENT' });
  });

  it('a new file is not listed before', () => {
    const { contents, tree, ino } = testFileSystem();
    tree.stageNew(ino.cal, 'n.ics', 'from the server');
    assert.deepEqual(contents('/dav/cal'), { 'a.ics': 'old' });
  });

  it('a new file does not replace what a user made meanwhile', () => {
    const { ops, tree, ino, save, text } = testFileSystem();
    const staged = `/dav/cal/${tree.stageNew(ino.cal, 'n.ics', 'from the server')}`;
    save('/dav/cal/n.ics', 'mine');
    assert.throws(() => ops.rename(staged, '/dav/cal/n.ics'), { code: 'EEXIST' });
    assert.equal(text('/dav/cal/n.ics'), 'mine');
  });

  it('nor what is open: libfuse may not move that out of the way', () => {
    const { ops, tree, ino, text } = testFileSystem();
    tree.stageNew(ino.cal, 'n.ics', 'from the server');
    ops.create('/dav/cal/n.ics', 0o644);
    assert.throws(() => ops.rename('/dav/cal/n.ics', '/dav/cal/.fuse_hidden01'), { code: 'EEXIST' });
    assert.equal(text('/dav/cal/n.ics'), '');
  });

  it('a new file goes into its own collection only', () => {
    const { ops, tree, ino } = testFileSystem();
    const staged = tree.stageNew(ino.cal, 'n.ics', 'from the server');
    assert.throws(() => ops.rename(`/dav/cal/${staged}`, '/dav/friends/n.ics'), { code: 'EPERM' });
  });

  it('reaches read-only collections, and closes the window behind it', () => {
    const { ops, tree, ino, text } = testFileSystem();
    const s = tree.addFile(ino.shared, 's.ics', 'old');
    const staged = tree.stageNew(ino.shared, 'n.ics', 'new');
    tree.stageChange(s, 'changed');
    ops.chmod('/dav/shared/s.ics', 0o1644);
    publish(ops, '/dav/shared/s.ics', 7);
    assert.equal(ops.getattr('/dav/shared/s.ics').mode & 0o777, 0o444);
    ops.chmod('/dav/shared', 0o1755);
    ops.rename(`/dav/shared/${staged}`, '/dav/shared/n.ics');
    assert.deepEqual([text('/dav/shared/s.ics'), text('/dav/shared/n.ics')], ['changed', 'new']);
    ops.chmod('/dav/shared', 0o1755);
    tree.stageRemoval(ino.shared, 's.ics');
    ops.unlink('/dav/shared/s.ics');
    const modes = ['/dav/shared', '/dav/shared/n.ics'].map((path) => ops.getattr(path).mode & 0o777);
    assert.deepEqual(modes, [0o555, 0o444]);
  });

  it('reaches a read-only mount', () => {
    const { ops, tree, ino, text } = testFileSystem({ readOnly: true });
    tree.stageChange(ino.a, 'changed');
    publish(ops, A, 7);
    assert.equal(text(A), 'changed');
  });

  it('reaches metadata, which users cannot write', () => {
    const { ops, tree, ino, text } = testFileSystem();
    tree.stageChange(tree.addFile(ino.cal, 'color', '#000000'), '#ffffff0');
    publish(ops, '/dav/cal/color', 8);
    assert.equal(text('/dav/cal/color'), '#ffffff0');
  });
});

it('the engine is known by three flags together', () => {
  const { O_NOATIME, O_NONBLOCK, O_WRONLY } = constants;
  const opens = [
    PUBLISHING_OPEN,
    O_WRONLY | O_NONBLOCK,
    O_RDONLY | O_NOATIME | O_NONBLOCK,
    O_RDWR | O_NOATIME,
  ];
  assert.deepEqual(opens.map(isPublishingOpen), [true, false, false, false]);
});

it('a window is opened by one bit and closed by another', () => {
  assert.deepEqual([0o1644, 0o644, 0o4755].map(isOpeningMode), [true, false, false]);
  assert.deepEqual([0o1644, 0o644, 0o4755].map(isClosingMode), [false, false, true]);
});
