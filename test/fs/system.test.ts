import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, statfsSync } from 'node:fs';
import * as files from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { text } from 'node:stream/consumers';
import type { FuseConstructor } from '../../src/fs/binding.ts';
import { loadFuse } from '../../src/fs/binding.ts';
import { DiskSpace, RESERVED_BYTES } from '../../src/fs/disk-space.ts';
import { findHolders } from '../../src/fs/holders.ts';
import { mountFileSystem } from '../../src/fs/mount.ts';
import { preloadLibfuse } from '../../src/fs/preload.ts';
import { runProgram } from '../../src/fs/run-program.ts';
import { fuseDescriptors, withoutFuse } from '../../src/fs/shield.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { MemoryTree } from '../support/memory-tree.ts';
import { requirement } from '../support/requirements.ts';
import { tempDir } from '../support/temp-dir.ts';
import { HandClock } from '../support/test-file-system.ts';

describe('children get none of our /dev/fuse', { skip: requirement('fuse') }, () => {
  const listDescriptors = async (shielded: boolean): Promise<string> => {
    const fd = openSync('/dev/fuse', 'r+');
    try {
      assert.deepEqual(fuseDescriptors(), [fd]);
      const start = (stdio: Parameters<typeof spawn>[2]['stdio']) =>
        spawn('ls', ['-l', '/proc/self/fd'], { stdio });
      // Node opens its files so that children do not get them; libfuse does not. Handing it over makes it the same.
      const plain: (number | 'ignore' | 'pipe')[] = ['ignore', 'pipe', 'ignore'];
      while (plain.length < fd) plain.push('ignore');
      plain[fd] = fd;
      const child = shielded ? withoutFuse(plain, start) : start(plain);
      assert.ok(child.stdout);
      const [listing] = await Promise.all([text(child.stdout), once(child, 'close')]);
      return listing;
    } finally {
      closeSync(fd);
    }
  };

  it('they would', async () => assert.match(await listDescriptors(false), /\/dev\/fuse/));
  it('but for the shield', async () => assert.doesNotMatch(await listDescriptors(true), /\/dev\/fuse/));
  it('which changes nothing where there is none', () => {
    assert.deepEqual(
      withoutFuse(['ignore', 'pipe'], (stdio) => stdio),
      ['ignore', 'pipe'],
    );
  });
});

describe('programs of the system', () => {
  it('are run without a shell', async () => {
    assert.deepEqual(await runProgram('test', ['$(echo x)', '=', '$(echo x)']), { exitCode: 0, message: '' });
  });
  it('tell what they say in English', async () => {
    const { exitCode, message } = await runProgram('stat', ['--', '/nowhere']);
    assert.equal(exitCode, 1);
    assert.match(message, /No such file or directory/);
  });
  it('may be missing', async () => {
    const { exitCode, message } = await runProgram('no-such-program', []);
    assert.equal(exitCode, undefined);
    assert.match(message, /ENOENT/);
  });
});

describe('who holds a mount', () => {
  it('is found by working directory and by open files', async () => {
    const { path: folder, close } = await tempDir();
    const process = path.join(folder, '4711');
    await files.mkdir(path.join(process, 'fd'), { recursive: true });
    await files.writeFile(path.join(process, 'comm'), 'vim\n');
    await files.symlink('/home', path.join(process, 'cwd'));
    await files.symlink('/', path.join(process, 'root'));
    await files.symlink('/m/dav/cal/a.ics', path.join(process, 'fd', '3'));
    await files.symlink('socket:[1]', path.join(process, 'fd', '4'));
    await files.mkdir(path.join(folder, '4712'));
    await files.symlink('/m2', path.join(folder, '4712', 'cwd'));
    await files.mkdir(path.join(folder, 'self'));
    assert.deepEqual(await findHolders('/m', folder), [{ pid: 4711, name: 'vim' }]);
    assert.deepEqual(await findHolders('/m2', folder), [{ pid: 4712, name: 'unknown' }]);
    await close();
  });
});

describe('the disk that holds the database', () => {
  const figures = { bsize: 4096, blocks: 100, bfree: 50, bavail: 40, files: 10, ffree: 5 };

  it('is asked at most once a second', () => {
    const clock = new HandClock();
    let asked = 0;
    const space = new DiskSpace('/x', clock, () => {
      asked += 1;
      return figures;
    });
    for (const ms of [0, 999, 1, -5000]) {
      clock.move(ms);
      space.figures();
    }
    assert.equal(asked, 3);
  });

  it('may be larger than 32 bits can tell', () => {
    const huge = {
      ...figures,
      blocks: 2 ** 40,
      bfree: 2 ** 39,
      bavail: 2 ** 38,
      files: 2 ** 40,
      ffree: 2 ** 35,
    };
    const {
      bsize,
      blocks,
      bavail,
      files: inodes,
    } = new DiskSpace('/x', new HandClock(), () => huge).figures();
    assert.ok(blocks < 2 ** 32 && inodes < 2 ** 32);
    assert.deepEqual([bsize * blocks, bsize * bavail], [4096 * 2 ** 40, 4096 * 2 ** 38]);
  });

  it('keeps a reserve', () => {
    const clock = new HandClock();
    const withFree = (bytes: number): DiskSpace =>
      new DiskSpace('/x', clock, () => ({ ...figures, bsize: 1, bavail: bytes }));
    withFree(RESERVED_BYTES).assertRoom();
    assert.throws(() => withFree(RESERVED_BYTES - 1).assertRoom(), { code: 'ENOSPC' });
  });

  it('is the real one', () => {
    assert.equal(new DiskSpace('/').figures().bsize, statfsSync('/').bsize);
  });
});

describe('mounting', { skip: requirement('fuse') }, () => {
  it('where it cannot be done says so, and leaves nothing mounted', async () => {
    const options = {
      tree: new MemoryTree(),
      view: { layout: 'nested', storages: [] } as const,
      mountpoint: '/nonexistent/mountpoint',
      readOnly: false,
      allowOther: false,
      stateFolder: '/',
      log: silentLogger,
      onEvent() {},
      onExternalUnmount() {},
    };
    await assert.rejects(mountFileSystem(options), /^MountError: cannot mount at \/nonexistent\/mountpoint/);
  });
});

describe('loading the binding', () => {
  it('loads the libfuse of the package first, and is content with the complaint that this is no addon', () => {
    const loaded: [string, number][] = [];
    preloadLibfuse((_, file, flags) => {
      loaded.push([path.basename(file), flags]);
      throw new Error('Module did not self-register');
    });
    for (const [file, flags] of loaded) assert.deepEqual([file, flags & 0x1002], ['libfuse.so', 0x1002]);
  });

  it('works here', { skip: requirement('fuse') }, async () =>
    assert.equal(typeof (await loadFuse()), 'function'),
  );

  const failures: readonly [what: string, error: Error, remedy: RegExp][] = [
    [
      'missing',
      Object.assign(new Error("Cannot find package 'fuse-native'"), { code: 'ERR_MODULE_NOT_FOUND' }),
      /npm install/,
    ],
    ['not loadable', new Error('libfuse.so.2: cannot open shared object file\n  at x'), /libfuse/],
  ];
  for (const [what, error, remedy] of failures)
    it(`says what to do when it is ${what}`, async () => {
      const load = async (): Promise<{ default: FuseConstructor }> => {
        throw error;
      };
      await assert.rejects(loadFuse(load), (refused: unknown) => {
        assert.ok(refused instanceof Error && 'code' in refused);
        assert.deepEqual([refused.code, refused.cause], ['mount', error]);
        assert.match(refused.message, remedy);
        assert.doesNotMatch(refused.message, /\n/);
        return true;
      });
    });
});
