import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AlreadyExistsError,
  AuthError,
  type PimsyncError,
  RefusedError,
  ServerError,
  UnreachableError,
} from '../../src/core/errors.ts';
import { identOfUid } from '../../src/core/item.ts';
import { etag, href } from '../../src/core/storage.ts';
import { TextBudget } from '../../src/sync/text-pool.ts';
import { textOf } from '../support/items.ts';
import type { CallName } from '../support/memory-storage.ts';
import { changesIn, problemsIn, type TwoSides, twoSides } from '../support/two-sides.ts';

/** Lets somebody act just before that call takes effect, once. */
function before(call: CallName, { options }: TwoSides, act: () => void): void {
  let done = false;
  for (const side of [options.a, options.b])
    side.onCall = (name, when) => {
      if (done || name !== call || when !== 'before') return;
      done = true;
      act();
    };
}

describe('a run while somebody else writes', () => {
  it('finds a conflict in the same run when the target changed under its hands', async () => {
    const sides = await twoSides({ standup: 'at 9' });
    sides.put('a', { standup: 'at 10' });
    before('update', sides, () => sides.put('b', { standup: 'at 11' }));
    assert.deepEqual(problemsIn(await sides.sync()), ['conflict standup']);
    sides.holds('b', { standup: 'at 11' });
  });

  it('brings an edit back in the same run when the target was deleted under its hands', async () => {
    const sides = await twoSides({ standup: 'at 9', x: '' });
    sides.put('a', { standup: 'at 10', x: '' });
    before('update', sides, () => sides.put('b', { x: '' }));
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.holds('b', { standup: 'at 10', x: '' });
  });

  it('does not remove what was edited at the last moment', async () => {
    const sides = await twoSides({ standup: 'at 9', x: '' });
    sides.put('a', { x: '' });
    before('remove', sides, () => sides.put('b', { standup: 'at 11', x: '' }));
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.holds('a', { standup: 'at 11', x: '' });
  });

  it('takes the removal of what is gone for done', async () => {
    const sides = await twoSides({ standup: 'at 9', x: '' });
    sides.put('a', { x: '' });
    before('remove', sides, () => sides.put('b', { x: '' }));
    assert.deepEqual(problemsIn(await sides.sync()), []);
    assert.equal(sides.status.count(), 1);
  });

  it('gives the place of an item to a new one when that was deleted under its hands, in a first run too', async () => {
    const sides = await twoSides({}, { a: { bulk: false }, b: { bulk: false } });
    sides.a.put('standup.ics', textOf('calendar', 'review', 'at 9'));
    sides.b.put('standup.ics', textOf('calendar', 'standup', 'at 9'));
    sides.options.b.onCall = (call, when) => {
      if (call === 'create' && when === 'before') sides.b.drop('standup.ics');
    };
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.options.b.onCall = undefined;
    assert.match(sides.b.texts()['standup.ics'] ?? '', /UID:review/);
    await sides.sync();
    sides.forgetCalls();
    await sides.sync();
    for (const side of ['a', 'b'] as const) sides.writes(side, 0);
  });

  it('sees that what came while it looked is gone again, though the state is then as discovery told', async () => {
    const sides = await twoSides({ standup: 'at 9' }, { b: { states: 'digest' } });
    await sides.sync();
    before('changes', sides, () => sides.put('b', { standup: 'at 9', lunch: 'at 12' }));
    sides.options.a.states = false;
    await sides.sync();
    sides.put('b', { standup: 'at 9' });
    await sides.sync();
    sides.holds('a', { standup: 'at 9' });
  });

  it('adopts an equal item that was created there at the same time', async () => {
    const sides = await twoSides({});
    sides.put('a', { standup: 'at 9' });
    before('create', sides, () => sides.put('b', { standup: 'at 9' }));
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.writes('b', 1);
    sides.forgetCalls();
    await sides.sync();
    sides.writes('b', 0);
  });

  it('finds a conflict in the same run when another item was created there at the same time', async () => {
    const sides = await twoSides({});
    sides.put('a', { standup: 'at 9' });
    before('create', sides, () => sides.put('b', { standup: 'at 10' }));
    assert.deepEqual(problemsIn(await sides.sync()), ['conflict standup']);
  });

  it('sends the newest text when the source changes between looking and sending', async () => {
    const sides = await twoSides({});
    sides.put('a', { standup: 'at 9' });
    let fetches = 0;
    sides.options.a.onCall = (call, when) => {
      if (call !== 'fetch' || when !== 'before') return;
      fetches += 1;
      if (fetches === 2) sides.put('a', { standup: 'at 10' });
    };
    // Nothing is kept in memory, so that what is sent has to be fetched a second time.
    assert.deepEqual(problemsIn(await sides.sync({ texts: new TextBudget(0) })), []);
    sides.holds('b', { standup: 'at 10' });
    sides.writes('b', 1);
  });

  for (const [what, start, want] of [
    ['is new', {}, ['create walk on b']],
    ['was edited', { standup: 'at 9' }, ['remove standup on b', 'create walk on b']],
  ] as const)
    it(`sends nothing in place of a source that ${what}, when another item took its place meanwhile`, async () => {
      const { a, put, sync, options, holds, status } = await twoSides(start);
      put('a', { standup: 'at 10' });
      options.a.onCall = (call, when) => {
        if (call === 'fetch' && when === 'before' && a.calls.fetches === 2)
          a.put('standup.ics', textOf('calendar', 'walk', 'at 17'));
      };
      const report = await sync({ texts: new TextBudget(0) });
      assert.deepEqual([changesIn(report), problemsIn(report)], [want, []]);
      holds('b', { walk: 'at 17' });
      assert.deepEqual(
        [...status.all()].map(({ ident }) => ident),
        ['walk'],
      );
    });

  it('sends an edit made during an upload on top of that upload', async () => {
    const sides = await twoSides({ standup: 'at 9' });
    sides.put('a', { standup: 'at 10' });
    before('update', sides, () => sides.put('a', { standup: 'at 11' }));
    await sides.sync();
    assert.deepEqual(problemsIn(await sides.sync()), []);
    sides.holds('b', { standup: 'at 11' });
    sides.writes('b', 2);
    sides.writes('a', 0);
  });

  it('gives up after three rounds on a server where each write is too late, and goes on next time', async () => {
    const sides = await twoSides({ standup: 'at 9' });
    sides.put('a', { standup: 'at 10' });
    sides.options.b.onCall = (call, when) => {
      if (call === 'update' && when === 'before') sides.b.touch('standup.ics');
    };
    assert.deepEqual(problemsIn(await sides.sync()), ['failed standup']);
    sides.writes('b', 3);
    sides.options.b.onCall = undefined;
    assert.deepEqual(changesIn(await sides.sync()), ['update standup on b']);
  });

  it('finds an item that stands in the way though no change told of it', async () => {
    const { a, b, sync, status, writes } = await twoSides({ standup: 'at 9' });
    status.forget([identOfUid('standup')]);
    a.touch('standup.ics');
    assert.deepEqual(problemsIn(await sync()), []);
    writes('b', 1);
    assert.equal(b.calls.complete, 1);
    assert.equal(status.count(), 1);
  });

  it('looks at an item itself when its etag is another one though no change told so', async () => {
    const { put, sync, status, holds } = await twoSides({ standup: 'at 9' });
    const row = status.get(identOfUid('standup'));
    assert.ok(row);
    status.put([{ ...row, b: { ...row.b, etag: etag('"long gone"') }, text: undefined }]);
    put('a', { standup: 'at 10' });
    assert.deepEqual(problemsIn(await sync()), []);
    holds('b', { standup: 'at 10' });
  });

  it('is in doubt about an item that is no longer handed out when it is to be sent', async () => {
    const { a, put, sync, options, writes } = await twoSides({});
    put('a', { standup: 'at 9' });
    options.a.onCall = (call, when) => {
      // The first fetch is over by then.
      if (call === 'fetch' && when === 'before' && a.calls.fetches === 2)
        a.withheld.add(href('/one/work/standup.ics'));
    };
    assert.deepEqual(problemsIn(await sync({ texts: new TextBudget(0) })), ['unclear standup']);
    writes('b', 0);
  });

  it('keeps an item that another collection stands in the way of, lists everything for it only once, and tries again a day later', async () => {
    const error = new AlreadyExistsError('403 no-uid-conflict: /two/home/standup.ics');
    const failsWrite = (): AlreadyExistsError => error;
    const { put, sync, options, b, holds, clock, forgetCalls } = await twoSides({}, { b: { failsWrite } });
    put('a', { standup: 'at 9' });
    const { problems } = await sync();
    assert.deepEqual([problems[0]?.type, problems[0]?.reason], ['refused', error.message]);
    forgetCalls();
    await sync();
    assert.deepEqual([b.calls.complete, b.calls.create], [0, 0]);
    options.b.failsWrite = undefined;
    clock.ms += 25 * 60 * 60 * 1000;
    await sync();
    holds('b', { standup: 'at 9' });
  });
});

describe('a run that cannot go on', () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`uid-${at + 10}`, 'tea']));

  for (const error of [
    new UnreachableError('no route'),
    new AuthError('401'),
    new ServerError('503', { retryAfterSeconds: 60 }),
  ]) {
    it(`stops at the first write that tells so, and goes on from there: ${error.message}`, async () => {
      let writes = 0;
      const failsWrite = (): typeof error | undefined => ((writes += 1) > 5 ? error : undefined);
      const { put, sync, holds, options, b } = await twoSides({}, { b: { failsWrite } });
      put('a', many);
      const report = await sync();
      assert.deepEqual(
        [report.outcome, report.error?.code, report.changes.length],
        ['failed', error.code, 5],
      );
      assert.equal(b.writes, 6);
      options.b.failsWrite = undefined;
      assert.deepEqual(problemsIn(await sync()), []);
      holds('b', many);
      assert.equal(b.writes, 31);
    });
  }

  it('remembers what was refused before', async () => {
    const errors = new Map<string, PimsyncError>([
      ['uid-15', new RefusedError('415')],
      ['uid-39', new UnreachableError('no route')],
    ]);
    const failsWrite = (_: unknown, uid: string): PimsyncError | undefined => errors.get(uid);
    const { put, sync, status } = await twoSides({}, { b: { failsWrite } });
    put('a', many);
    await sync();
    assert.deepEqual(
      status.unfinished().map(({ ident, type }) => [ident, type]),
      [
        ['uid-15', 'refused'],
        // It may have arrived.
        ['uid-39', 'passing'],
      ],
    );
  });

  it('ends at once when it is aborted, at whatever step, and is finished by the next', async () => {
    for (let step = 0, ended = false; !ended; step += 1) {
      const { put, sync, holds, options, a, b } = await twoSides({ standup: 'at 9', review: 'at 14' });
      put('a', { standup: 'at 10', lunch: 'at 12' });
      const controller = new AbortController();
      const reason = new Error('stopping');
      let left = step;
      options.a.onCall = options.b.onCall = () => {
        left -= 1;
        if (left === 0) controller.abort(reason);
      };
      const outcome = await sync({ signal: controller.signal }).catch((error: unknown) => error);
      ended = !controller.signal.aborted;
      // Only the very last call may end in time.
      if (outcome !== reason) assert.ok(b.writes === 3);
      options.a.onCall = options.b.onCall = undefined;
      assert.deepEqual(problemsIn(await sync()), []);
      holds('a', { standup: 'at 10', lunch: 'at 12' });
      holds('b', { standup: 'at 10', lunch: 'at 12' });
      assert.equal(a.writes, 0);
    }
  });
});
