import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { onStopSignal, Wishes } from '../../src/app/signals.ts';

const PROGRAM = fileURLToPath(new URL('programs/two-signals.ts', import.meta.url));

describe('onStopSignal', () => {
  for (const [first, second] of [
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGINT'],
    ['SIGINT', 'SIGTERM'],
  ] as const) {
    it(`lets a second signal end the process at once: ${first}, ${second}`, async () => {
      const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const said = child.stdout.setEncoding('utf8');
      assert.deepEqual(await once(said, 'data'), ['ready\n']);
      child.kill(first);
      assert.deepEqual(await once(said, 'data'), ['stopping\n']);
      child.kill(second);
      assert.deepEqual(await once(child, 'exit'), [null, second]);
    });
  }

  it('calls back no more once the listeners are taken away', () => {
    const before = process.listenerCount('SIGTERM');
    const letGo = onStopSignal(() => assert.fail('called'));
    assert.equal(process.listenerCount('SIGTERM'), before + 1);
    letGo();
    assert.equal(process.listenerCount('SIGTERM'), before);
  });
});

describe('Wishes', () => {
  it('come in order, stopping before all others', async () => {
    const wishes = new Wishes();
    for (const signal of ['SIGUSR1', 'SIGHUP', 'SIGTERM'] as const) process.emit(signal, signal);
    assert.deepEqual(
      [await wishes.next(), await wishes.next(), await wishes.next()],
      ['stop', 'sync', 'reload'],
    );
    wishes.letGo();
  });

  it('can be waited for', async () => {
    const wishes = new Wishes();
    const next = wishes.next();
    process.emit('SIGUSR1', 'SIGUSR1');
    assert.equal(await next, 'sync');
    wishes.letGo();
  });

  it('leave no listener behind', () => {
    const counts = (): number[] =>
      (['SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGHUP'] as const).map((signal) => process.listenerCount(signal));
    const before = counts();
    new Wishes().letGo();
    assert.deepEqual(counts(), before);
  });
});
