import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Haste, onStopSignal, onStopSignals, Wishes } from '../../src/app/signals.ts';

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

describe('onStopSignals', () => {
  const cases: readonly (readonly [
    title: string,
    signals: readonly ('SIGINT' | 'SIGTERM' | 'SIGUSR2')[],
    Haste[],
  ])[] = [
    ['takes the second signal for haste', ['SIGINT', 'SIGINT'], ['in peace', 'at once']],
    ['takes one of the other kind for the second', ['SIGTERM', 'SIGINT'], ['in peace', 'at once']],
    [
      'takes no SIGUSR2 for haste, and none for a first signal',
      ['SIGUSR2', 'SIGUSR2', 'SIGINT', 'SIGUSR2', 'SIGINT'],
      ['in peace', 'in peace', 'in peace', 'in peace', 'at once'],
    ],
  ];
  for (const [title, signals, want] of cases)
    it(title, () => {
      const heard: Haste[] = [];
      const before = process.listenerCount('SIGUSR2');
      const letGo = onStopSignals((how) => heard.push(how));
      for (const signal of signals) process.emit(signal, signal);
      letGo();
      assert.equal(process.listenerCount('SIGUSR2'), before);
      assert.deepEqual(heard, want);
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
