import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Limiter } from '../../src/lib/limiter.ts';

/** A task that says when it starts and ends when it is told to. */
function task(name: string, started: string[]): { run: () => Promise<string>; end: (error?: Error) => void } {
  let end: (error?: Error) => void = () => assert.fail(`${name} was ended before it started`);
  const run = (): Promise<string> => {
    started.push(name);
    return new Promise((resolve, reject) => {
      end = (error) => (error ? reject(error) : resolve(name));
    });
  };
  return { run, end: (error) => end(error) };
}

/** Lets everything run that waits for nothing but its turn. */
const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('Limiter', () => {
  it('runs as many at once as it may, and the others in the order they came', async () => {
    const started: string[] = [];
    const limiter = new Limiter(2);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => task(name, started));
    assert.ok(a && b && c && d);
    const all = [a, b, c, d].map(({ run }) => limiter.run(run));
    await settle();
    assert.deepEqual(started, ['a', 'b']);
    b.end();
    await settle();
    assert.deepEqual(started, ['a', 'b', 'c']);
    a.end();
    await settle();
    assert.deepEqual(started, ['a', 'b', 'c', 'd']);
    c.end();
    d.end();
    assert.deepEqual(await Promise.all(all), ['a', 'b', 'c', 'd']);
  });

  it('gives the place of a task that failed to the next', async () => {
    const started: string[] = [];
    const limiter = new Limiter(1);
    const [a, b] = [task('a', started), task('b', started)];
    const first = limiter.run(a.run);
    const second = limiter.run(b.run);
    await settle();
    a.end(new Error('broken'));
    await assert.rejects(first, /broken/);
    await settle();
    b.end();
    assert.equal(await second, 'b');
  });

  it('gives the place of a task that throws at once to the next', async () => {
    const limiter = new Limiter(1);
    const throwing = (): Promise<never> => {
      throw new Error('at once');
    };
    await assert.rejects(limiter.run(throwing), /at once/);
    assert.equal(await limiter.run(async () => 'next'), 'next');
  });

  it('lets nobody overtake who comes just when a place becomes free', async () => {
    const started: string[] = [];
    const limiter = new Limiter(1);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => task(name, started));
    assert.ok(a && b && c);
    const late: Promise<string>[] = [];
    const first = limiter.run(a.run).then(() => void late.push(limiter.run(c.run)));
    const second = limiter.run(b.run);
    await settle();
    a.end();
    await first;
    await settle();
    assert.deepEqual(started, ['a', 'b']);
    b.end();
    await second;
    await settle();
    c.end();
    await Promise.all(late);
    assert.deepEqual(started, ['a', 'b', 'c']);
  });

  it('starts nothing when it is told to stop beforehand, and takes no place', async () => {
    const limiter = new Limiter(1);
    const reason = new Error('stop');
    await assert.rejects(
      limiter.run(async () => assert.fail('it ran'), AbortSignal.abort(reason)),
      reason,
    );
    assert.equal(await limiter.run(async () => 'free'), 'free');
  });

  it('gives up a place in the queue when it is told to stop, and leaves the others in order', async () => {
    const started: string[] = [];
    const limiter = new Limiter(1);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => task(name, started));
    assert.ok(a && b && c);
    const controller = new AbortController();
    const first = limiter.run(a.run);
    const second = limiter.run(b.run, controller.signal);
    const third = limiter.run(c.run);
    const reason = new Error('stop');
    controller.abort(reason);
    await assert.rejects(second, reason);
    a.end();
    await first;
    await settle();
    c.end();
    assert.equal(await third, 'c');
    assert.deepEqual(started, ['a', 'c']);
  });

  it('does not stop a task that runs already', async () => {
    const started: string[] = [];
    const controller = new AbortController();
    const a = task('a', started);
    const running = new Limiter(1).run(a.run, controller.signal);
    await settle();
    controller.abort();
    a.end();
    assert.equal(await running, 'a');
  });
});
