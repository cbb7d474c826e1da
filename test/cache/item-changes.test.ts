import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { pendingCount } from '../../src/cache/pending.ts';
import { recoverEngine } from '../../src/cache/recover.ts';
import { syncToken } from '../../src/core/storage.ts';
import { eventText, itemOf } from '../support/items.ts';
import { DELETE_DELAY_MS, MountedCache, WRITE_DELAY_MS } from '../support/mounted-cache.ts';

let cache: MountedCache;
beforeEach(async () => {
  cache = await MountedCache.open();
});

const event = (uid: string, summary = 'tea'): string => eventText({ uid, summary });
const state = async (): Promise<string | undefined> => (await cache.storage.discover())[0]?.state;
const NOTHING = { complete: false, changed: [], removed: [], unclear: [] };
/** What is told since the token, without the next token. */
const told = async (token?: Awaited<ReturnType<MountedCache['told']>>['token']): Promise<unknown> => {
  const { complete, changed, removed, unclear } = await cache.told(token);
  return { complete, changed, removed, unclear };
};

describe('an edit', () => {
  it('is unclear during its quiet time, then told, and only once', async () => {
    const { token } = await cache.told();
    cache.save('a.ics', event('a'));
    assert.deepEqual(await told(token), { ...NOTHING, unclear: ['a.ics'] });
    cache.clock.move(WRITE_DELAY_MS - 1);
    assert.deepEqual(await told(token), { ...NOTHING, unclear: ['a.ics'] });
    cache.clock.move(1);
    const answer = await cache.told(token);
    assert.deepEqual(answer.changed, ['a.ics']);
    assert.deepEqual(await told(answer.token), NOTHING);
  });

  it('comes again with the token that was given while it was unclear', async () => {
    cache.save('a.ics', event('a'));
    const during = await cache.told();
    assert.deepEqual([during.changed, during.unclear], [[], ['a.ics']]);
    cache.settle();
    assert.deepEqual(await told(during.token), { ...NOTHING, changed: ['a.ics'] });
  });

  it('does not hide settled ones that came after it', async () => {
    const { token } = await cache.told();
    cache.save('slow.ics', event('slow'), { writers: true });
    cache.save('quick.ics', event('quick'));
    cache.settle();
    const answer = await cache.told(token);
    assert.deepEqual([answer.changed, answer.unclear], [['quick.ics'], ['slow.ics']]);
    assert.deepEqual((await cache.told(answer.token)).changed, ['quick.ics']);
    cache.tree.release(cache.file('slow.ics').ino, cache.clock.nowMs());
    cache.settle();
    assert.deepEqual((await cache.told(answer.token)).changed, ['quick.ics', 'slow.ics']);
  });

  it('carries the identity and the weight that nobody needs to hear of', async () => {
    cache.save('a.ics', event('a'));
    const { unclear } = await cache.collection.changes(undefined);
    assert.deepEqual(
      unclear.map(({ href, ident, weight }) => [href, ident, weight]),
      [['work/a.ics', 'a', 'passing']],
    );
  });

  it('waits no longer than its quiet time when the clock is set back', async () => {
    cache.save('a.ics', event('a'));
    cache.clock.move(-3_600_000);
    assert.deepEqual((await cache.told()).changed, ['a.ics']);
  });

  it('is none when a writer leaves things as the engine brought them', async () => {
    const { href } = await cache.collection.create(itemOf('calendar', 'a', 'tea'));
    const { token } = await cache.told();
    cache.save(href.slice('work/'.length), event('a'), { writers: true });
    assert.deepEqual((await cache.told()).unclear, ['a.ics']);
    cache.tree.release(cache.file('a.ics').ino, cache.clock.nowMs());
    assert.deepEqual(await told(token), NOTHING);
    assert.notEqual(await state(), undefined);
  });

  it('has the number of the change as its etag', async () => {
    cache.save('a.ics', event('a'));
    cache.settle();
    const [first] = (await cache.collection.changes(undefined)).changed;
    cache.save('a.ics', event('a', 'edited'));
    cache.settle();
    const [second] = (await cache.collection.changes(undefined)).changed;
    assert.ok(Number(second?.etag) > Number(first?.etag));
  });
});

describe('a deletion', () => {
  it('is unclear during its grace time, then told', async () => {
    cache.save('a.ics', event('a'));
    cache.settle();
    const { token } = await cache.told();
    cache.remove('a.ics');
    cache.clock.move(DELETE_DELAY_MS - 1);
    assert.deepEqual(await told(token), { ...NOTHING, unclear: ['a.ics'] });
    assert.deepEqual((await cache.told()).unclear, ['a.ics'], 'also in a complete listing');
    cache.clock.move(1);
    const after = await cache.told(token);
    assert.deepEqual(after.removed, ['a.ics']);
    assert.deepEqual(await told(after.token), NOTHING);
    assert.deepEqual((await cache.told()).changed, []);
  });

  it('becomes an update when the name comes back in time (F12)', async () => {
    cache.save('a.ics', event('a'));
    cache.settle();
    const { token } = await cache.told();
    cache.rename('a.ics', 'a.ics~');
    cache.save('a.ics', event('a', 'edited'));
    cache.remove('a.ics~');
    cache.settle();
    assert.deepEqual(await told(token), { ...NOTHING, changed: ['a.ics'] });
  });

  it('needs no grace time when the item lives on under another name', async () => {
    cache.save('a.ics', event('a'));
    cache.settle();
    const { token } = await cache.told();
    cache.rename('a.ics', 'b.ics');
    cache.clock.move(WRITE_DELAY_MS);
    assert.deepEqual(await told(token), { ...NOTHING, changed: ['b.ics'], removed: ['a.ics'] });
  });

  it('needs none either when the other name came first, by a link', async () => {
    cache.save('a.ics', event('a'));
    cache.settle();
    const { token } = await cache.told();
    cache.tree.link(cache.file('a.ics').ino, cache.folder, 'b.ics', cache.clock.nowMs());
    cache.remove('a.ics');
    cache.clock.move(WRITE_DELAY_MS);
    assert.deepEqual(await told(token), { ...NOTHING, changed: ['b.ics'], removed: ['a.ics'] });
  });

  it('is told to whoever reads from before it, however late, and after its record is purged by a complete listing', async () => {
    cache.save('a.ics', event('a'));
    cache.save('b.ics', event('b'));
    cache.settle();
    const { token } = await cache.told();
    cache.remove('a.ics');
    cache.clock.move(29 * 24 * 3_600_000);
    recoverEngine(cache.db, cache.clock.nowMs());
    assert.deepEqual(await told(token), { ...NOTHING, removed: ['a.ics'] });
    cache.clock.move(2 * 24 * 3_600_000);
    recoverEngine(cache.db, cache.clock.nowMs());
    const answer = await cache.told(token);
    assert.deepEqual([answer.complete, answer.changed], [true, ['b.ics']]);
    assert.deepEqual(await told(answer.token), NOTHING);
  });
});

describe('a file that is not fit to be sent', () => {
  const cases: readonly (readonly [
    what: string,
    bytes: string | Uint8Array,
    weight: string,
    reason: RegExp,
  ])[] = [
    ['empty', '', 'passing', /the file is empty/],
    ['half-written', event('a').slice(0, -5), 'passing', /without its END/],
    ['not UTF-8', Buffer.from(event('a', 'Müll'), 'latin1'), 'problem', /not UTF-8/],
  ];
  for (const [what, bytes, weight, reason] of cases) {
    it(`because it is ${what} is unclear at every look`, async () => {
      cache.save('a.ics', bytes);
      cache.save('b.ics', event('b'));
      cache.settle();
      const answer = await cache.collection.changes(undefined);
      for (const { unclear } of [answer, await cache.collection.changes(answer.token)]) {
        assert.deepEqual(
          unclear.map((ref) => [ref.href, ref.weight]),
          [['work/a.ics', weight]],
        );
        assert.match(unclear[0]?.reason ?? '', reason);
      }
      const [fetched] = await cache.fetch('a.ics');
      assert.equal(fetched?.type, 'unreadable');
      assert.match(fetched.error.message, reason);
    });
  }

  it('keeps the last good version from being overwritten by the engine', async () => {
    const { href, etag } = await cache.collection.create(itemOf('calendar', 'a', 'tea'));
    assert.ok(etag);
    cache.save(href.slice('work/'.length), event('a').slice(0, -5));
    cache.settle();
    await assert.rejects(cache.collection.update({ href, etag }, itemOf('calendar', 'a', 'remote')), {
      code: 'precondition-failed',
    });
    await assert.rejects(cache.collection.remove({ href, etag }), { code: 'precondition-failed' });
  });

  it('is told once it is whole', async () => {
    cache.save('a.ics', '');
    cache.settle();
    const { token } = await cache.told();
    cache.save('a.ics', event('a'));
    cache.settle();
    assert.deepEqual(await told(token), { ...NOTHING, changed: ['a.ics'] });
  });

  it('does not concern what the engine itself brought: servers have broken items too', async () => {
    const broken = { ...itemOf('calendar', 'a', 'tea'), text: event('a').slice(0, -20) };
    const { href } = await cache.collection.create(broken);
    const { changed, unclear } = await cache.collection.changes(undefined);
    assert.deepEqual([changed.map((ref) => ref.href), unclear], [[href], []]);
    const [fetched] = await cache.fetch(href.slice('work/'.length));
    assert.equal(fetched?.type, 'item');
  });
});

describe('two files with one UID', () => {
  it('are both listed', async () => {
    cache.save('a.ics', event('same'));
    cache.save('b.ics', event('same'));
    cache.settle();
    assert.deepEqual((await cache.told()).changed, ['a.ics', 'b.ics']);
  });
});

describe('scratch', () => {
  it('is never told', async () => {
    for (const name of ['tmpabcd', '.a.ics.swp', 'a.ics~', '.a.ics', '#a.ics#', '4913']) {
      cache.save(name, event('a'));
    }
    cache.settle();
    assert.deepEqual((await cache.told()).changed, []);
    assert.equal(pendingCount(cache.db), 0);
  });
});

describe('a token', () => {
  it('of another life is answered with everything', async () => {
    cache.save('a.ics', event('a'));
    cache.settle();
    for (const token of ['99999', '-1', '1.5', 'x', '']) {
      assert.deepEqual(await told(syncToken(token)), { ...NOTHING, complete: true, changed: ['a.ics'] });
    }
  });
});

describe('the state of a collection', () => {
  it('is the same while nothing changes and another after each change', async () => {
    const seen = [await state()];
    assert.equal(await state(), seen[0]);
    for (const change of [
      () => cache.save('a.ics', event('a')),
      () => cache.save('a.ics', event('a', 'edited')),
      () => cache.rename('a.ics', 'b.ics'),
      () => cache.remove('b.ics'),
    ]) {
      change();
      cache.settle();
      const now = await state();
      assert.ok(now !== undefined && !seen.includes(now));
      seen.push(now);
    }
    cache.save('.scratch', 'x');
    assert.equal(await state(), seen.at(-1));
  });

  const unclear: readonly (readonly [title: string, make: () => unknown])[] = [
    ['an edit has its quiet time', () => cache.save('a.ics', event('a'))],
    [
      'a file is open for writing',
      () => [cache.save('a.ics', event('a'), { writers: true }), cache.settle()],
    ],
    ['a file is half-written', () => [cache.save('a.ics', 'BEGIN'), cache.settle()]],
    [
      'a deletion has its grace time',
      () => [cache.save('a.ics', event('a')), cache.settle(), cache.remove('a.ics')],
    ],
  ];
  for (const [title, make] of unclear) {
    it(`is unknown while ${title}, for that passes without a change`, async () => {
      make();
      assert.equal(await state(), undefined);
    });
  }
});
