import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidItemError } from '../../src/core/errors.ts';
import { href } from '../../src/core/storage.ts';
import type { Progress } from '../../src/sync/engine.ts';
import { TextBudget } from '../../src/sync/text-pool.ts';
import { textOf } from '../support/items.ts';
import { put, type Trial, trial } from '../support/pair-trial.ts';
import { problemsIn, twoSides } from '../support/two-sides.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const event = (uid: string, title: string): string => textOf('calendar', uid, title);
const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`uid-${at}`, `event ${at}`]));

describe('the effort of a run', () => {
  it('is nothing at all for a quiet pair', async () => {
    const { sync, a, b } = await twoSides({ standup: 'at 9' });
    assert.equal((await sync()).outcome, 'quiet');
    assert.deepEqual([a.calls.changes, b.calls.changes], [0, 0]);
  });

  it('is one question to a side of which discovery does not tell the state, and none to the other', async () => {
    const { sync, a, b } = await twoSides({ standup: 'at 9' }, { a: { states: false } });
    assert.equal((await sync()).outcome, 'synced');
    assert.deepEqual([a.calls.changes, b.calls.changes], [1, 0]);
    assert.deepEqual([a.calls.complete, a.calls.fetches], [0, 0]);
  });

  it('does not hide what was written to a side that nothing was asked of', async () => {
    const { sync, put, holds, a, b } = await twoSides({ standup: 'at 9' }, { a: { states: false } });
    put('a', { standup: 'at 10' });
    await sync();
    put('b', { standup: 'at 11' });
    await sync();
    holds('a', { standup: 'at 11' });
    assert.deepEqual([a.writes, b.writes], [1, 1]);
  });

  for (const side of ['a', 'b'] as const)
    it(`does not hide what was made again on ${side} as it was before our own writes there`, async () => {
      const states = 'digest' as const;
      const { sync, put, holds } = await twoSides(
        { standup: 'at 9', review: 'at 14' },
        { a: { states }, b: { states } },
      );
      const other = side === 'a' ? 'b' : 'a';
      put(other, { standup: 'at 10' });
      await sync();
      holds(side, { standup: 'at 10' });
      put(side, { standup: 'at 9', review: 'at 14' });
      await sync();
      holds(other, { standup: 'at 9', review: 'at 14' });
    });

  it('does not hide that all was deleted again which a first run had brought', async () => {
    const { sync, put } = await twoSides({}, { b: { states: 'digest', bulk: true } });
    // So many that all of them are written while they are read.
    put('a', many(200));
    await sync();
    put('b', {});
    assert.equal((await sync()).error?.code, 'emptied');
  });

  it('is no write to the status where nothing changed, but for the time of a look at everything once an hour', async () => {
    const { sync, status, clock, a } = await twoSides(
      { standup: 'at 9' },
      { a: { tokens: false, states: false }, b: { tokens: false, states: false } },
    );
    a.put('standup.ics', 'BEGIN:VCALENDAR');
    await sync();
    let writes = 0;
    status.onWrite = () => (writes += 1);
    for (const minutes of [0, 10, 49]) {
      clock.ms += minutes * 60_000;
      assert.equal((await sync()).outcome, 'synced');
    }
    assert.equal(writes, 0);
    clock.ms += 60_000;
    await sync();
    assert.equal(writes, 2);
  });

  it('is a write to the status for each new reason, although no item changed', async () => {
    const { sync, status, a } = await twoSides({ standup: 'at 9' }, { a: { tokens: false, states: false } });
    a.touch('standup.ics');
    a.withheld.add(href('/one/work/standup.ics'));
    await sync();
    a.withheld.clear();
    a.unreadable.set(href('/one/work/standup.ics'), new InvalidItemError('not UTF-8 text'));
    await sync();
    assert.deepEqual(
      status.unfinished().map(({ reason }) => reason),
      ['not UTF-8 text'],
    );
  });

  it('is one fetch with one href for one new item', async () => {
    const { sync, a, b } = await twoSides(many(20));
    const { href } = a.put('new.ics', event('new', 'tea'));
    await sync();
    assert.deepEqual([a.calls.fetched, b.calls.fetched], [[href], []]);
    assert.deepEqual([a.calls.complete, b.calls.complete], [0, 0]);
    assert.deepEqual([a.writes, b.writes], [0, 1]);
  });

  it('is the same without tokens, but for the listings', async () => {
    const { sync, a, b } = await twoSides(many(20), { a: { tokens: false }, b: { tokens: false } });
    const { href } = a.put('new.ics', event('new', 'tea'));
    await sync();
    assert.deepEqual([a.calls.fetched, b.calls.fetched], [[href], []]);
    assert.deepEqual([a.calls.complete, b.calls.complete], [1, 0]);
  });

  it('comes to rest after a token was refused', async () => {
    const { a, put, sync, holds } = await twoSides({ standup: 'at 9', review: 'at 14' });
    a.expireTokens();
    put('a', { standup: 'at 10' });
    await sync();
    holds('b', { standup: 'at 10' });
    assert.deepEqual([a.calls.complete, a.calls.fetches], [1, 1]);
  });

  it('includes a look at everything once a day, even if nothing seems to have changed', async () => {
    const { sync, a, b, clock } = await twoSides({ standup: 'at 9' });
    clock.ms += DAY_MS - 1;
    assert.equal((await sync()).outcome, 'quiet');
    clock.ms += 1;
    assert.equal((await sync()).outcome, 'synced');
    assert.deepEqual([a.calls.complete, b.calls.complete, a.calls.fetches], [1, 1, 0]);
    assert.equal((await sync()).outcome, 'quiet');
  });

  it('finds within a day what a storage did not tell of', async () => {
    const { sync, put, holds, b, clock } = await twoSides({ standup: 'at 9', review: 'at 14' });
    const changes = b.changes.bind(b);
    b.changes = async (token, signal) => {
      const told = await changes(token, signal);
      return token === undefined ? told : { ...told, changed: [], removed: [] };
    };
    put('b', { standup: 'at 10' });
    await sync();
    holds('a', { standup: 'at 9', review: 'at 14' });
    clock.ms += DAY_MS;
    await sync();
    holds('a', { standup: 'at 10' });
  });

  it('includes a look at everything when the clock was set back', async () => {
    const { sync, a, clock } = await twoSides({ standup: 'at 9' });
    clock.ms -= 1;
    await sync();
    assert.equal(a.calls.complete, 1);
  });

  it('keeps to the number of writes that a side takes at once', async () => {
    const { put, sync, holds, options, b } = await twoSides({}, { b: { parallelWrites: 4 } });
    put('a', many(30));
    let [running, most] = [0, 0];
    const create = b.create.bind(b);
    b.create = async (...given) => {
      most = Math.max(most, (running += 1));
      await Promise.resolve();
      const result = await create(...given);
      running -= 1;
      return result;
    };
    await sync();
    assert.equal(most, options.b.parallelWrites);
    holds('b', many(30));
  });

  it('fetches texts once more, in chunks, where memory may not hold them', async () => {
    const { put, sync, holds, a } = await twoSides({});
    put('a', many(250));
    assert.deepEqual(problemsIn(await sync({ texts: new TextBudget(2000) })), []);
    holds('b', many(250));
    assert.equal(a.calls.fetches, 1 + 3);
    assert.ok(a.calls.fetched.length > 400);
  });

  it('tells how far it has come', async () => {
    const { put, sync } = await twoSides({});
    put('a', many(3));
    const seen: Progress[] = [];
    await sync({ onProgress: (progress) => seen.push(progress) });
    assert.deepEqual(
      seen.map(({ type, collection, done, total }) => `${type} ${collection} ${done}/${total}`),
      [
        'listing work 0/0',
        ...[0, 1, 2, 3].map((done) => `fetching work ${done}/3`),
        ...[1, 2, 3].map((done) => `writing work ${done}/3`),
      ],
    );
  });
});

describe('a first fill of 10,000 items', () => {
  it('in bulk: writes and records a hundred at a time, and a second run has nothing to do', async () => {
    const { a, b, sync, status } = await twoSides({}, { b: { bulk: true } });
    for (const [uid, title] of Object.entries(many(10_000))) a.put(`${uid}.ics`, event(uid, title));
    const { changes } = await sync();
    assert.equal(changes.length, 10_000);
    assert.deepEqual([status.count(), Object.keys(b.texts()).length], [10_000, 10_000]);
    assert.deepEqual([b.calls.createMany, status.puts.length, a.calls.fetches], [100, 100, 1]);
    assert.equal(Math.max(...status.puts), 100);
    assert.deepEqual((await sync()).changes, []);
    assert.deepEqual([a.calls.fetches, b.calls.fetches], [1, 0]);
  });
});

describe('the memory of a run', () => {
  const room = event('item-0', 'tea').length;
  const COLLECTIONS = ['one', 'two', 'three'];
  const fetched = ({ a }: Trial): number[] => COLLECTIONS.map((id) => a.collection(id).calls.fetched.length);

  it('is shared by collections that wait for each other', async () => {
    // What may be half of a move waits until all were looked at.
    const made = trial({ b: { moves: true } });
    for (const [at, id] of COLLECTIONS.entries()) put(made.a, id, `item-${at}`);
    await made.sync({ texts: new TextBudget(2 * room) });
    assert.deepEqual(fetched(made), [1, 1, 2]);
  });

  it('is free again for the next collection once one is done', async () => {
    const made = trial();
    // Two contents with one UID are written nowhere, so they stay in memory to the end.
    made.a.collection('one').put('double.ics', event('item-1', 'tea'));
    made.a.collection('one').put('copy.ics', event('item-1', 'cup'));
    put(made.a, 'two', 'item-0');
    await made.sync({ texts: new TextBudget(2 * room) });
    assert.deepEqual(fetched(made), [2, 1, 0]);
  });
});
