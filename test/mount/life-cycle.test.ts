import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as files from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { findOwnMount, readMounts } from '../../src/fs/mountinfo.ts';
import { itemOf } from '../support/items.ts';
import { Mounted } from '../support/mounted.ts';
import { requirement } from '../support/requirements.ts';

const run = promisify(execFile);

const isMounted = async ({ mountpoint }: Mounted): Promise<boolean> =>
  findOwnMount(await readMounts(), mountpoint) !== undefined;

describe('the life of a mount', { skip: requirement('fuse') }, () => {
  const withMount = async (
    test: (mounted: Mounted) => Promise<void>,
    prepare = Mounted.start(),
  ): Promise<void> => {
    const mounted = await prepare;
    try {
      await test(mounted);
    } finally {
      await mounted.close();
    }
  };

  it('names, content, times and numbers are the same after the next mount', () =>
    withMount(async (mounted) => {
      await files.writeFile(mounted.at('a.ics'), 'text');
      await files.utimes(mounted.at('a.ics'), 1000, 2000);
      const before = await files.stat(mounted.at('a.ics'));
      assert.equal(await mounted.unmount(), undefined);
      assert.deepEqual(await files.readdir(mounted.mountpoint), []);
      await mounted.mount();
      const { ino, mtimeMs, size } = await files.stat(mounted.at('a.ics'));
      assert.deepEqual([ino, mtimeMs, size], [before.ino, before.mtimeMs, 4]);
      assert.equal(await mounted.unmount(), undefined);
    }));

  it('an unmount from outside is noticed, and the process ends', () =>
    withMount(async (mounted) => {
      await run('umount', [mounted.mountpoint]);
      await mounted.report(['external']);
      await mounted.exited();
      mounted.stderr = mounted.stderr.replace(/^warning: unmounted from outside .*\n/, '');
    }));

  it('a mount in use stays, names who uses it, and goes on working', () =>
    withMount(async (mounted) => {
      await files.writeFile(mounted.at('a.ics'), 'text');
      const handle = await files.open(mounted.at('a.ics'));
      assert.match(
        (await mounted.unmount()) ?? '',
        new RegExp(`^BusyError: .* in use by .*\\(${process.pid}\\)`),
      );
      assert.equal(await files.readFile(mounted.at('a.ics'), 'utf8'), 'text');
      await handle.close();
      assert.equal(await mounted.unmount(), undefined);
    }));

  it('a lazy unmount takes it out of the tree, in use or not', () =>
    withMount(async (mounted) => {
      await files.writeFile(mounted.at('a.ics'), 'text');
      const handle = await files.open(mounted.at('a.ics'));
      assert.equal(await mounted.unmount('lazy'), undefined);
      assert.equal(await isMounted(mounted), false);
      await handle.close().catch(() => {});
    }));

  it('what a killed server leaves is cleared by the next mount, with everything that was closed', () =>
    withMount(async (mounted) => {
      await files.writeFile(mounted.at('a.ics'), 'text');
      const handle = await files.open(mounted.at('b.ics'), 'wx');
      await handle.write('synced');
      await handle.sync();
      await mounted.kill();
      await handle.close().catch(() => {});
      await assert.rejects(files.stat(mounted.at('a.ics')), { code: 'ENOTCONN' });
      await mounted.mount();
      assert.equal(await files.readFile(mounted.at('a.ics'), 'utf8'), 'text');
      assert.equal(await files.readFile(mounted.at('b.ics'), 'utf8'), 'synced');
      assert.equal(await mounted.unmount(), undefined);
      mounted.stderr = mounted.stderr.replace(/^warning: clearing a mount .*\n/, '');
    }));

  it('no second mount goes over a living one, nor into it', () =>
    withMount(async (mounted) => {
      const over = await Mounted.prepare({ mountpoint: mounted.mountpoint });
      const inside = await Mounted.prepare({ mountpoint: mounted.at('') });
      await assert.rejects(over.mount(), /BusyError: a running pimsync has .* mounted already/);
      await assert.rejects(inside.mount(), /MountError: .* is inside the pimsync mount/);
      await over.exited();
      await inside.exited();
      over.db.close();
      inside.db.close();
      await files.rm(over.folder, { recursive: true });
      await files.rm(inside.folder, { recursive: true });
      assert.equal(await mounted.unmount(), undefined);
    }));

  it('a folder with something in it is not covered', () =>
    withMount(async (mounted) => {
      await files.writeFile(path.join(mounted.mountpoint, 'x'), '');
      await assert.rejects(mounted.mount(), /MountError: .* is not empty \(it holds x\)/);
      await mounted.exited();
    }, Mounted.prepare()));

  it('a path with blanks, quotes and shell signs is only a path', () =>
    withMount(async (mounted) => {
      const odd = path.join(mounted.folder, 'my "$(touch oops)" \'mount\' é #1');
      const other = await Mounted.prepare({ mountpoint: odd });
      await other.mount();
      assert.deepEqual(await files.readdir(odd), []);
      assert.equal(await other.unmount(), undefined);
      await other.close();
    }, Mounted.prepare()));

  it('a read-only mount refuses every change and shows no right to it', () =>
    withMount(
      async (mounted) => {
        const collection = await mounted.collection('cal');
        await collection.create(itemOf('calendar', 'u1', 'one'), { name: 'a.ics' });
        await mounted.mount();
        const changes = [
          () => files.writeFile(mounted.at('b.ics'), ''),
          () => files.writeFile(mounted.at('a.ics'), ''),
          () => files.unlink(mounted.at('a.ics')),
          () => files.rename(mounted.at('a.ics'), mounted.at('b.ics')),
          () => files.mkdir(mounted.at('.x')),
        ];
        // To users the kernel itself says no, by the modes; root comes as far as the file server.
        const code = process.getuid?.() === 0 ? 'EROFS' : 'EACCES';
        for (const change of changes) await assert.rejects(change, { code });
        assert.equal((await files.stat(mounted.at('a.ics'))).mode & 0o777, 0o444);
        assert.match(await files.readFile(mounted.at('a.ics'), 'utf8'), /SUMMARY:one/);
        assert.equal(await mounted.unmount(), undefined);
      },
      Mounted.prepare({ readOnly: true }),
    ));

  it('the flat layout shows collections in the root', () =>
    withMount(
      async (mounted) => {
        await mounted.collection('cal');
        await mounted.mount();
        assert.deepEqual(await files.readdir(mounted.mountpoint), ['cal']);
        await files.writeFile(path.join(mounted.mountpoint, 'cal', 'a.ics'), 'text');
        assert.equal(await files.readFile(path.join(mounted.mountpoint, 'cal', 'a.ics'), 'utf8'), 'text');
        assert.equal(await mounted.unmount(), undefined);
      },
      Mounted.prepare({ layout: 'flat' }),
    ));

  it('events tell the engine what happened', () =>
    withMount(async (mounted) => {
      await files.writeFile(mounted.at('a.ics'), 'text');
      await files.unlink(mounted.at('a.ics'));
      assert.equal(await mounted.unmount(), undefined);
      assert.deepEqual(
        mounted.events.map(({ type }) => type),
        ['touched', 'edited', 'removed'],
      );
    }));
});
