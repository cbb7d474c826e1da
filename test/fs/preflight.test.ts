import assert from 'node:assert/strict';
import * as files from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BusyError, MountError } from '../../src/core/errors.ts';
import type { Mount } from '../../src/fs/mountinfo.ts';
import { assertMountable, type PreflightOptions, type System } from '../../src/fs/preflight.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('before a mount', () => {
  let folder: string;
  let close: () => Promise<void>;
  before(async () => {
    const made = await tempDir();
    folder = await files.realpath(made.path);
    close = made.close;
    await files.writeFile(at('file'), '');
    await files.mkdir(at('full'));
    for (const name of ['a', 'b', 'c', 'd']) await files.writeFile(at('full', name), '');
    await files.mkdir(at('bin'));
    await files.writeFile(at('bin', 'fusermount'), '', { mode: 0o755 });
    await files.writeFile(at('fuse.conf'), '# user_allow_other\n');
    await files.writeFile(at('fuse-open.conf'), 'mount_max = 5\nuser_allow_other\n');
    await files.symlink('empty', at('link'));
    await files.mkdir(at('empty'));
  });
  after(() => close());
  const at = (...names: string[]): string => path.join(folder, ...names);
  const ours = (mountPoint: string): Mount => ({
    id: 1,
    mountPoint,
    type: 'fuse.pimsync',
    source: 'pimsync',
    device: '0:9',
  });

  /** A machine on which all is well, but for what a case says. */
  const check = (
    name: string,
    system: Partial<System> = {},
    options: Partial<PreflightOptions> = {},
  ): Promise<string> =>
    assertMountable({
      mountpoint: at(name),
      allowOther: false,
      log: silentLogger,
      ...options,
      system: {
        device: at('file'),
        fuseConf: at('fuse.conf'),
        uid: 0,
        searchPath: at('bin'),
        mounts: async () => [],
        ...system,
      },
    });

  it('an empty folder will do', async () => assert.equal(await check('empty'), at('empty')));
  it('a link to one is followed', async () => assert.equal(await check('link'), at('empty')));

  it('the last folder of the path is made, for its owner alone', async () => {
    assert.equal(await check('new'), at('new'));
    assert.equal((await files.stat(at('new'))).mode & 0o777, 0o700);
  });

  type Refusal = [what: string, message: RegExp, run: () => Promise<string>];
  const refusals: readonly Refusal[] = [
    [
      'no /dev/fuse',
      /does not exist: load the kernel module with "modprobe fuse"/,
      () => check('empty', { device: at('none') }),
    ],
    ['a longer way that is missing', /far does not exist: create it/, () => check('far/away')],
    ['a file', /file is not a directory/, () => check('file')],
    ['a folder in a file', /is not a directory/, () => check('file/x')],
    ['a folder with files', /full is not empty \(it holds a, b, c, …\)/, () => check('full')],
    [
      'a mount point of something else',
      /is a mount point, a btrfs subvolume/,
      () => check('x', {}, { mountpoint: '/proc' }),
    ],
    [
      'a folder inside one of our mounts',
      /is inside the pimsync mount .*: choose another/,
      () => check('empty', { mounts: async () => [ours(folder)] }),
    ],
    [
      'our own state below it',
      /state, which pimsync itself needs, would end up under the mount/,
      () => check('empty', {}, { outside: [at('empty', 'state')] }),
    ],
    [
      'fusermount missing for a user',
      /fusermount is not installed.*package fuse3/,
      () => check('empty', { uid: 1000, searchPath: '' }),
    ],
    [
      'allow_other for a user',
      /allow_other is for root alone, unless/,
      () => check('empty', { uid: 1000 }, { allowOther: true }),
    ],
  ];
  for (const [what, message, run] of refusals) {
    it(`${what} is refused with what to do`, async () => {
      await assert.rejects(run(), (error: unknown) => {
        assert.ok(error instanceof MountError);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('a user with fusermount may', async () =>
    assert.equal(await check('empty', { uid: 1000 }), at('empty')));

  it('allow_other is for root without asking, for users where the system says so', async () => {
    await check('empty', {}, { allowOther: true });
    await check('empty', { uid: 1000, fuseConf: at('fuse-open.conf') }, { allowOther: true });
  });

  it('a living pimsync keeps its place', async () => {
    const run = async (): ReturnType<System['run']> => ({ exitCode: 0, message: '' });
    await assert.rejects(
      check('empty', { mounts: async () => [ours(at('empty'))], run }),
      (error: unknown) => {
        assert.ok(error instanceof BusyError);
        assert.match(error.message, /a running pimsync has .* mounted already/);
        return true;
      },
    );
  });

  it('one that does not answer does not hold us up', async () => {
    const run = async (): ReturnType<System['run']> => ({
      exitCode: undefined,
      message: 'no answer within 10 s',
    });
    await assert.rejects(check('empty', { mounts: async () => [ours(at('empty'))], run }), /fusermount3 -uz/);
  });

  it('what a dead one left is cleared', async () => {
    const calls: string[] = [];
    let mounted = true;
    const run = async (program: string, args: readonly string[]): ReturnType<System['run']> => {
      calls.push([program, ...args].join(' '));
      if (program === 'stat') return { exitCode: 1, message: 'Transport endpoint is not connected' };
      mounted = false;
      return { exitCode: 0, message: '' };
    };
    assert.equal(
      await check('empty', { mounts: async () => (mounted ? [ours(at('empty'))] : []), run }),
      at('empty'),
    );
    assert.deepEqual(calls, [`stat -f -- ${at('empty')}`, `fusermount3 -uz -- ${at('empty')}`]);
  });
});
