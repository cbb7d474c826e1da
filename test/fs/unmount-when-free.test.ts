import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BusyError, MountError } from '../../src/core/errors.ts';
import type { Holder } from '../../src/fs/holders.ts';
import { type Means, unmountWhenFree } from '../../src/fs/unmount-when-free.ts';

interface Scene {
  readonly means: Means;
  readonly calls: () => number;
}

/** A mount that is busy so many times, with these holders. */
function busy(times: number, holders: readonly Holder[] = []): Scene {
  let calls = 0;
  return {
    calls: () => calls,
    means: {
      async unmount() {
        calls += 1;
        if (calls <= times) throw new BusyError('/mnt is in use: Device or resource busy');
      },
      findHolders: async () => holders,
      pause: async () => {},
    },
  };
}

const vim = { pid: 12, name: 'vim' };

describe('unmountWhenFree', () => {
  it('goes at once when nobody is in it', async () => {
    const scene = busy(0);
    await unmountWhenFree('/mnt', scene.means);
    assert.equal(scene.calls(), 1);
  });

  it('waits for an operation that is under way', async () => {
    const scene = busy(4);
    await unmountWhenFree('/mnt', scene.means);
    assert.equal(scene.calls(), 5);
  });

  it('waits for a program that is just leaving', () => unmountWhenFree('/mnt', busy(2, [vim]).means));

  it('names who stays', async () => {
    const scene = busy(Infinity, [vim, { pid: 13, name: 'sh' }]);
    const error = new BusyError('/mnt is in use by vim (12), sh (13)');
    await assert.rejects(unmountWhenFree('/mnt', scene.means), { name: error.name, message: error.message });
    assert.equal(scene.calls(), 3);
  });

  it('gives up on who has no name, in the words of the system', async () => {
    const scene = busy(Infinity);
    await assert.rejects(unmountWhenFree('/mnt', scene.means), /in use: Device or resource busy/);
    assert.equal(scene.calls(), 20);
  });

  it('does not try again after another failure', async () => {
    let calls = 0;
    const unmount = async (): Promise<void> => {
      calls += 1;
      throw new MountError('no right to');
    };
    await assert.rejects(unmountWhenFree('/mnt', { ...busy(0).means, unmount }), MountError);
    assert.equal(calls, 1);
  });
});
