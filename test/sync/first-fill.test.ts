import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RefusedError, UnreachableError } from '../../src/core/errors.ts';
import { textOf } from '../support/items.ts';
import type { MemoryCollection } from '../support/memory-collection.ts';
import { problemsIn, twoSides, type TwoSides } from '../support/two-sides.ts';

const COUNT = 250;
const name = (at: number): string => `uid-${String(at).padStart(3, '0')}`;
const contents = Object.fromEntries(Array.from({ length: COUNT }, (_, at) => [name(at), `event ${at}`]));

/** Side a has 250 items, in order of their UIDs; b has none, and takes many at once. */
async function beforeFirstFill(setup: Parameters<typeof twoSides>[1] = {}): Promise<TwoSides> {
  const made = await twoSides({}, { ...setup, b: { bulk: true, ...setup.b } });
  made.put('a', contents);
  return made;
}

const count = (collection: MemoryCollection): number => Object.keys(collection.texts()).length;

/** Has `step` happen when as many items were read from a collection. */
function whenRead(collection: MemoryCollection, items: number, step: () => void): void {
  const fetch = collection.fetch.bind(collection);
  collection.fetch = async function* (hrefs, signal) {
    let read = 0;
    for await (const fetched of fetch(hrefs, signal)) {
      yield fetched;
      read += 1;
      if (read === items) step();
    }
  };
}

describe('a first fill', () => {
  it('writes what was read while it still reads', async () => {
    const { a, b, sync, holds } = await beforeFirstFill();
    let written = 0;
    whenRead(a, 240, () => (written = count(b)));
    const report = await sync();
    assert.equal(written, 200);
    assert.equal(report.changes.length, COUNT);
    holds('b', contents);
    assert.deepEqual((await sync()).changes, []);
  });

  it('that is cut off keeps what it wrote, and goes on from there', async () => {
    const { a, b, sync, holds } = await beforeFirstFill();
    const fetch = a.fetch.bind(a);
    whenRead(a, 240, () => {
      throw new UnreachableError('the network went away');
    });
    assert.equal((await sync()).outcome, 'failed');
    assert.equal(count(b), 200);
    a.fetch = fetch;
    a.calls.fetched.length = 0;
    await sync();
    assert.equal(a.calls.fetched.length, 50);
    holds('b', contents);
  });

  it('that is aborted stops at once', async () => {
    const { a, b, sync } = await beforeFirstFill();
    const abort = new AbortController();
    whenRead(a, 150, () => abort.abort(new Error('enough')));
    await assert.rejects(sync({ signal: abort.signal }), /enough/);
    assert.equal(count(b), 100);
  });

  it('sets a second item of one UID aside, however far apart they are', async () => {
    const { a, b, sync } = await beforeFirstFill();
    a.put('zz.ics', textOf('calendar', name(0), 'its double'));
    const report = await sync();
    assert.deepEqual(problemsIn(report), [`unclear ${name(0)}`]);
    assert.equal(count(b), COUNT);
    assert.deepEqual(problemsIn(await sync()), [`unclear ${name(0)}`]);
  });

  it('writes neither of two items of one UID that it reads together', async () => {
    const { a, b, sync } = await twoSides({}, { b: { bulk: true } });
    a.put('00.ics', textOf('calendar', name(0), 'its double'));
    for (const [uid, title] of Object.entries(contents)) a.put(`${uid}.ics`, textOf('calendar', uid, title));
    assert.deepEqual(problemsIn(await sync()), [`unclear ${name(0)}`]);
    assert.equal(count(b), COUNT - 1);
  });

  it('tells a refused item once, and writes all others', async () => {
    const refuses = (_: unknown, uid: string): RefusedError | undefined =>
      uid === name(7) ? new RefusedError('not this one') : undefined;
    const { b, sync } = await beforeFirstFill({ b: { failsWrite: refuses } });
    assert.deepEqual(problemsIn(await sync()), [`refused ${name(7)}`]);
    assert.equal(count(b), COUNT - 1);
    assert.deepEqual((await sync()).changes, []);
  });

  it('ends with the failure that ends all', async () => {
    let left = 120;
    const fails = (): UnreachableError | undefined =>
      (left -= 1) < 0 ? new UnreachableError('the disk went away') : undefined;
    const { b, options, sync, holds } = await beforeFirstFill({ b: { failsWrite: fails } });
    assert.equal((await sync()).error?.code, 'unreachable');
    assert.equal(count(b), 120);
    options.b.failsWrite = undefined;
    await sync();
    holds('b', contents);
  });

  it('changes nothing in a dry run', async () => {
    const { b, sync } = await beforeFirstFill();
    assert.equal((await sync({ dryRun: true })).changes.length, COUNT);
    assert.equal(b.writes, 0);
  });

  it('leaves everything to the plan where the other side has something', async () => {
    const { a, b, put, sync, holds } = await beforeFirstFill();
    put('b', { 'uid-999': 'its own' });
    let written = 0;
    whenRead(a, 240, () => (written = b.calls.createMany));
    await sync();
    assert.equal(written, 0);
    holds('b', { ...contents, 'uid-999': 'its own' });
    holds('a', { ...contents, 'uid-999': 'its own' });
  });

  it('leaves everything to the plan on a side that is read-only', async () => {
    const { b, sync } = await beforeFirstFill({ b: { readOnly: true } });
    assert.equal((await sync()).problems.length, COUNT);
    assert.equal(b.writes, 0);
  });

  it('happens towards side a as well', async () => {
    const { a, put, sync, holds, b } = await twoSides({}, { a: { bulk: true } });
    put('b', contents);
    let written = 0;
    whenRead(b, 240, () => (written = count(a)));
    await sync();
    assert.equal(written, 200);
    holds('a', contents);
  });
});
