import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BusyError, MountError } from '../../src/core/errors.ts';
import type { Mount } from '../../src/fs/mountinfo.ts';
import type { Outcome } from '../../src/fs/run-program.ts';
import { unmount } from '../../src/fs/unmount.ts';
import { watchMount } from '../../src/fs/mount-watch.ts';
import { silentLogger } from '../../src/lib/logger.ts';

const mount: Mount = { id: 7, mountPoint: '/m', type: 'fuse.pimsync', source: 'pimsync', device: '0:1' };

/** A machine whose programs answer in turn; `unmounts` names the one that really does it. */
function machine(answers: Record<string, Outcome>, unmounts?: string) {
  const calls: string[] = [];
  let mounted = true;
  return {
    calls,
    options: {
      mounts: async () => (mounted ? [mount] : []),
      run: async (program: string, args: readonly string[]): Promise<Outcome> => {
        calls.push([program, ...args].join(' '));
        if (program === unmounts) mounted = false;
        return answers[program] ?? { exitCode: undefined, message: 'not installed' };
      },
    },
  };
}

const fine = { exitCode: 0, message: '' };

describe('unmount', () => {
  it('asks fusermount3, with the path as one argument after --', async () => {
    const { calls, options } = machine({ fusermount3: fine }, 'fusermount3');
    await unmount('/m', options);
    assert.deepEqual(calls, ['fusermount3 -u -- /m']);
  });

  it('lazily only on demand', async () => {
    const { calls, options } = machine({ fusermount3: fine }, 'fusermount3');
    await unmount('/m', { ...options, lazy: true });
    assert.deepEqual(calls, ['fusermount3 -uz -- /m']);
  });

  it('falls back to the older name', async () => {
    const { calls, options } = machine({ fusermount: fine }, 'fusermount');
    await unmount('/m', options);
    assert.deepEqual(calls, ['fusermount3 -u -- /m', 'fusermount -u -- /m']);
  });

  it('as root falls back to umount', { skip: process.getuid?.() !== 0 }, async () => {
    const { calls, options } = machine({ umount: fine }, 'umount');
    await unmount('/m', { ...options, lazy: true });
    assert.equal(calls.at(-1), 'umount -l -- /m');
  });

  it('says when it is in use, and does not try on', async () => {
    const { calls, options } = machine({ fusermount3: { exitCode: 1, message: 'Device or resource busy' } });
    await assert.rejects(unmount('/m', options), BusyError);
    assert.equal(calls.length, 1);
  });

  it('tells what every helper said when none could', async () => {
    const { options } = machine({
      fusermount3: { exitCode: 1, message: 'bad luck' },
      fusermount: { exitCode: 2, message: '' },
    });
    await assert.rejects(unmount('/m', options), (error: unknown) => {
      assert.ok(error instanceof MountError);
      assert.match(error.message, /bad luck; fusermount failed/);
      return true;
    });
  });

  it('is content when the mount is gone, whatever the helper says', async () => {
    const { options } = machine(
      { fusermount3: { exitCode: 1, message: 'cannot write mtab' } },
      'fusermount3',
    );
    await unmount('/m', options);
  });

  it('does nothing where nothing of ours is mounted', async () => {
    const { calls, options } = machine({});
    await unmount('/other', options);
    assert.deepEqual(calls, []);
  });
});

describe('the watch over a mount', () => {
  it('tells once that the mount has gone', async () => {
    const lists = [[mount], [mount], []];
    let told = 0;
    await new Promise<void>((resolve) => {
      watchMount({
        id: 7,
        everyMs: 1,
        log: silentLogger,
        mounts: async () => lists.shift() ?? [],
        onGone() {
          told += 1;
          resolve();
        },
      });
    });
    assert.equal(told, 1);
  });

  it('another mount in the same place is not ours', async () => {
    await new Promise<void>((resolve) => {
      const mounts = async (): Promise<Mount[]> => [{ ...mount, id: 8 }];
      watchMount({ id: 7, everyMs: 1, log: silentLogger, mounts, onGone: resolve });
    });
  });

  it('a list that cannot be read says nothing', async () => {
    const warnings: string[] = [];
    const log = { ...silentLogger, warn: (_: object, message: string) => warnings.push(message) };
    let looks = 0;
    await new Promise<void>((resolve) => {
      const mounts = async (): Promise<Mount[]> => {
        looks += 1;
        if (looks < 3) throw new Error('unreadable');
        return [];
      };
      watchMount({ id: 7, everyMs: 1, log, mounts, onGone: resolve });
    });
    assert.deepEqual([looks, warnings.length], [3, 2]);
  });

  it('does not tell after it was stopped, even if it was looking just then', async () => {
    let told = false;
    await new Promise<void>((resolve) => {
      const stop = watchMount({
        id: 7,
        everyMs: 1,
        log: silentLogger,
        onGone: () => (told = true),
        mounts: async () => {
          stop();
          setImmediate(resolve);
          return [];
        },
      });
    });
    assert.equal(told, false);
  });
});
