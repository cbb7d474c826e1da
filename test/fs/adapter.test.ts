import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FuseAdapter } from '../../src/fs/adapter.ts';
import type { FuseConstructor } from '../../src/fs/binding.ts';
import { fuseOptions } from '../../src/fs/fuse-options.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { FakeFuse } from '../support/fake-fuse.ts';
import { testFileSystem, type TestFileSystem } from '../support/test-file-system.ts';

describe('the adapter around fuse-native', () => {
  let test: TestFileSystem;
  let adapter: FuseAdapter;
  let fuse: FakeFuse;
  const warnings: string[] = [];
  beforeEach(() => {
    test = testFileSystem();
    warnings.length = 0;
    const log = { ...silentLogger, warn: (_: object, message: string) => warnings.push(message) };
    // The fake is what the adapter touches of the real class.
    const Binding = FakeFuse as unknown as FuseConstructor;
    adapter = new FuseAdapter(Binding, { mountpoint: '/m', allowOther: false, operations: test.ops, log });
    fuse = FakeFuse.last;
  });

  it('gives libfuse the tested options and none of the binding', () => {
    assert.equal(
      fuse._fuseOptions(),
      '-odirect_io,use_ino,big_writes,default_permissions,fsname=pimsync,subtype=pimsync,attr_timeout=3600,entry_timeout=3600,negative_timeout=0',
    );
    assert.match(fuseOptions({ allowOther: true }), /,allow_other$/);
    assert.ok(fuse._fuseOptions().length < 1023);
  });

  it('answers within a minute should an answer ever get lost', () =>
    assert.equal(fuse.options.timeout, 60_000));

  it('leaves out what makes programs slow or the binding crash', () => {
    const names = Object.keys(fuse.handlers);
    for (const name of [
      'getxattr',
      'setxattr',
      'listxattr',
      'removexattr',
      'fgetattr',
      'access',
      'mknod',
      'init',
      'error',
    ])
      assert.equal(names.includes(name), false, name);
  });

  it('never calls the shell that the binding would unmount with', async () => {
    await adapter.close();
    assert.deepEqual(fuse.calls, ['unmount /m']);
    FakeFuse.unmount('/m', (error) => assert.equal(error, null));
  });

  it('opens, and passes a failure on', async () => {
    await adapter.open();
    fuse.failure = new Error('fuse failed');
    await assert.rejects(adapter.open(), /fuse failed/);
    await assert.rejects(adapter.close(), /fuse failed/);
  });

  const names: readonly [what: string, path: string, code: number][] = [
    ['a name of 255 bytes', `/dav/cal/${'x'.repeat(255)}`, -2],
    ['a name of 256 bytes', `/dav/cal/${'x'.repeat(256)}`, -36],
    ['128 letters of two bytes', `/dav/cal/${'ä'.repeat(128)}`, -36],
    ['a long path of short names', `/dav/cal${'/x'.repeat(300)}`, -2],
    ['a name that was not UTF-8', '/dav/cal/\uFFFD.ics', -84],
  ];
  for (const [what, path, code] of names)
    it(`${what} gets ${code}`, () => {
      const codes: number[] = [];
      fuse.handlers.getattr(path, (...[answered]) => void codes.push(answered));
      assert.deepEqual(codes, [code]);
    });

  it('a target that was not UTF-8, or is too long, is refused', () => {
    const codes: number[] = [];
    fuse.handlers.symlink('\uFFFD', '/dav/cal/.x', (...[code]) => void codes.push(code));
    fuse.handlers.symlink('x'.repeat(4096), '/dav/cal/.x', (...[code]) => void codes.push(code));
    assert.deepEqual(codes, [-84, -36]);
  });

  it('an exception in an operation becomes EIO', () => {
    test.tree.lookup = () => {
      throw new TypeError('a bug');
    };
    const codes: number[] = [];
    fuse.handlers.getattr('/dav', (...[code]) => void codes.push(code));
    assert.deepEqual(codes, [-5]);
  });

  describe('utimens, whose second time the binding loses', () => {
    const times: readonly [what: string, atimeMs: number, mtimeMs: number][] = [
      ['two times', 1_000_000_000_123, 1_700_000_000_456],
      ['a time before 1970', -1000, -86_400_001],
      ['times that differ by a millisecond', 1, 2],
    ];
    for (const [what, atimeMs, mtimeMs] of times)
      it(`${what} arrive as they are`, () => {
        assert.equal(fuse.utimens('/dav/cal/a.ics', atimeMs, mtimeMs), 0);
        const inode = test.tree.inode(test.ino.a);
        assert.deepEqual([inode?.atimeMs, inode?.mtimeMs], [atimeMs, mtimeMs]);
        assert.deepEqual(warnings, []);
      });

    it('a record of another layout is not trusted, and told once', () => {
      fuse.offset = 96;
      for (const atimeMs of [5000, 6000]) fuse.utimens('/dav/cal/a.ics', atimeMs, 7000);
      assert.equal(test.tree.inode(test.ino.a)?.mtimeMs, 6000);
      assert.equal(warnings.length, 1);
    });
  });

  it('passes every operation through', () => {
    const { handlers } = fuse;
    const codes: [string, number][] = [];
    const done = (op: string) => (code: number) => void codes.push([op, code]);
    const at = (name: string): string => `/dav/cal/${name}`;
    let fd = 0;
    handlers.create(at('tmp'), 0o644, (...[, given]) => void (fd = given ?? 0));
    handlers.write(at('tmp'), fd, Buffer.from('text, and more'), 4, 0, done('write'));
    handlers.read(at('tmp'), fd, Buffer.alloc(10), 10, 0, done('read'));
    handlers.ftruncate(at('tmp'), fd, 2, done('ftruncate'));
    handlers.truncate(at('tmp'), 3, done('truncate'));
    handlers.fsync(at('tmp'), 0, fd, done('fsync'));
    handlers.fsyncdir('/dav/cal', 0, 0, done('fsyncdir'));
    handlers.flush(at('tmp'), fd, done('flush'));
    handlers.release(at('tmp'), fd, done('release'));
    handlers.link(at('tmp'), at('tmp2'), done('link'));
    handlers.rename(at('tmp'), at('b.ics'), done('rename'));
    handlers.chmod(at('b.ics'), 0o600, done('chmod'));
    handlers.chown(at('b.ics'), 1, 1, done('chown'));
    handlers.unlink(at('b.ics'), done('unlink'));
    handlers.mkdir(at('.x'), 0o755, done('mkdir'));
    handlers.rmdir(at('.x'), done('rmdir'));
    handlers.symlink('target', at('.y'), done('symlink'));
    handlers.readlink(at('.y'), (...[code, target]) => void codes.push([`readlink ${target}`, code]));
    handlers.open(at('a.ics'), 0, (...[code, given]) => void codes.push([`open ${given}`, code]));
    handlers.statfs('/', (...[code, figures]) => void codes.push([`statfs ${figures?.namemax}`, code]));
    handlers.readdir(
      '/dav',
      (...[code, entries]) => void codes.push([`readdir ${entries?.join(' ')}`, code]),
    );
    const wanted = new Map([
      ['write', 4],
      ['read', 4],
    ]);
    for (const [op, code] of codes) assert.equal(code, wanted.get(op) ?? 0, op);
    assert.deepEqual(
      codes.slice(-4).map(([op]) => op),
      ['readlink target', 'open 2', 'statfs 255', 'readdir . .. cal friends shared'],
    );
    const called = new Set([...codes.map(([op]) => op.split(' ')[0] ?? ''), 'create', 'getattr', 'utimens']);
    assert.deepEqual([...called].sort(), Object.keys(handlers).sort());
  });
});
