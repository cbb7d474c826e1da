import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServerError } from '../../src/core/errors.ts';
import { type Changes } from '../../src/core/storage.ts';
import { fetched, hrefsIn, ICS, only, openOnly, PATH, THREE, trial, TWO } from '../support/feed-trial.ts';
import { calendar, event } from '../support/feeds.ts';

describe('a later look at a feed', () => {
  const validators: [name: string, headers: (version: number) => Record<string, string>, sent: string][] = [
    ['an etag', (version) => ({ etag: `"${version}"` }), 'if-none-match'],
    [
      'a date',
      (version) => ({ 'last-modified': `Thu, 0${version} Jan 2026 00:00:00 GMT` }),
      'if-modified-since',
    ],
  ];
  for (const [name, headers, sent] of validators) {
    it(`costs no download while ${name} stays, even in another process`, async (t) => {
      const { feeds, start } = await trial(t);
      feeds.show(PATH, { headers: { ...ICS, ...headers(1) }, body: TWO });
      const before = await only(start());
      const storage = start();
      const collection = await openOnly(storage);
      assert.deepEqual(collection.info, before);
      assert.equal(feeds.asked[1]?.headers[sent], Object.values(headers(1))[0]);
      const { token } = await collection.changes(undefined);
      assert.equal(
        feeds.asked.length,
        3,
        'what is wanted in full is downloaded, whatever the validators say',
      );
      assert.equal(feeds.asked[2]?.headers[sent], undefined);
      const quiet = await (await openOnly(storage)).changes(token);
      assert.deepEqual(quiet, { complete: false, changed: [], removed: [], unclear: [], token });
      assert.equal(feeds.asked.length, 4);
    });

    it(`tells what changed when ${name} changes`, async (t) => {
      const { feeds, start } = await trial(t);
      const storage = start();
      feeds.show(PATH, { headers: { ...ICS, ...headers(1) }, body: TWO });
      const first = await (await openOnly(storage)).changes(undefined);
      feeds.show(PATH, { headers: { ...ICS, ...headers(2) }, body: THREE });
      const collection = await openOnly(storage);
      const second = await collection.changes(first.token);
      assert.deepEqual(hrefsIn(second), ['1.ics', '2.ics', '3.ics']);
      const etagOf = ({ changed }: Changes, href: string): string | undefined =>
        changed.find((one) => one.href === href)?.etag;
      assert.equal(etagOf(first, '1.ics'), etagOf(second, '1.ics'));
      assert.notEqual(etagOf(first, '2.ics'), etagOf(second, '2.ics'));
      assert.deepEqual(await fetched(collection, ['3.ics']), { '3.ics': calendar([event('3', 'cake')]) });
    });
  }

  it('sends the etag alone where there are both', async (t) => {
    const { feeds, start } = await trial(t);
    const headers = { ...ICS, etag: '"1"', 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' };
    feeds.show(PATH, { headers, body: TWO });
    await only(start());
    await only(start());
    assert.equal(feeds.asked[1]?.headers['if-none-match'], '"1"');
    assert.equal(feeds.asked[1]?.headers['if-modified-since'], undefined);
  });

  it('finds the same state where the server cannot tell and only invented UIDs and time stamps', async (t) => {
    const { feeds, memo, start } = await trial(t);
    let downloads = 0;
    feeds.show(PATH, () => {
      downloads += 1;
      return {
        headers: ICS,
        body: TWO.replaceAll('UID:', `UID:${downloads}-`).replaceAll('20260101', `2026010${downloads}`),
      };
    });
    const first = await (await openOnly(start())).changes(undefined);
    const collection = await openOnly(start());
    assert.equal(collection.info.state, first.token);
    assert.deepEqual((await collection.changes(undefined)).changed, first.changed);
    const remembered = memo.get('feed-identities');
    await only(start());
    assert.equal(memo.get('feed-identities'), remembered);
  });

  it('still has everything when the last run stopped before it was done', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.show(PATH, { headers: { ...ICS, etag: '"1"' }, body: TWO });
    const { token } = await (await openOnly(start())).changes(undefined);
    feeds.show(PATH, { headers: { ...ICS, etag: '"2"' }, body: THREE });
    await only(start());
    const changes = await (await openOnly(start())).changes(token);
    assert.equal(changes.complete, true);
    assert.deepEqual(hrefsIn(changes), ['1.ics', '2.ics', '3.ics']);
  });

  it('asks the server anew each time the same collection is asked', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.show(PATH, { headers: { ...ICS, etag: '"1"' }, body: TWO });
    const collection = await openOnly(start());
    const { token } = await collection.changes(undefined);
    assert.equal((await collection.changes(undefined)).changed.length, 2, 'from what was downloaded before');
    assert.equal(feeds.asked.length, 2);
    feeds.show(PATH, { headers: { ...ICS, etag: '"2"' }, body: THREE });
    assert.deepEqual(hrefsIn(await collection.changes(token)), ['1.ics', '2.ics', '3.ics']);
    assert.deepEqual(Object.keys(await fetched(collection, ['3.ics'])), ['3.ics']);
    assert.equal(feeds.asked.length, 3);
  });

  it('has no use for what it downloaded before somebody else saw a change', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.show(PATH, { headers: { ...ICS, etag: '"1"' }, body: TWO });
    const collection = await openOnly(start());
    await collection.changes(undefined);
    feeds.show(PATH, { headers: { ...ICS, etag: '"2"' }, body: THREE });
    await only(start());
    assert.deepEqual(hrefsIn(await collection.changes(undefined)), ['1.ics', '2.ics', '3.ics']);
  });

  for (const status of [204, 206, 302]) {
    it(`is an error when it is answered with ${status}`, async (t) => {
      const { feeds, start } = await trial(t);
      feeds.show(PATH, { headers: { ...ICS, etag: '"1"' }, body: TWO });
      await only(start());
      feeds.show(PATH, { status });
      await assert.rejects(start().discover(), ServerError);
    });
  }

  it('believes no validator of another address or user', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.show(PATH, { headers: { ...ICS, etag: '"1"' }, body: TWO });
    feeds.show('/other.ics', { headers: { ...ICS, etag: '"1"' }, body: THREE });
    await only(start());
    const other = await openOnly(start({ url: feeds.url('/other.ics') }));
    assert.equal((await other.changes(undefined)).changed.length, 3);
    await only(start({ username: 'me', password: () => Promise.resolve('secret') }));
    assert.deepEqual(
      feeds.asked.map(({ headers }) => headers['if-none-match']),
      [undefined, undefined, undefined],
    );
  });

  for (const damaged of ['nonsense', '[]', '{"form":0}', '{"form":1,"address":1}']) {
    it(`is a first one when what was remembered is ${damaged}`, async (t) => {
      const { feeds, memo, start } = await trial(t);
      feeds.show(PATH, { headers: { ...ICS, etag: '"1"' }, body: TWO });
      const before = await only(start());
      memo.set('feed', damaged);
      memo.set('feed-identities', damaged);
      assert.deepEqual(await only(start()), before);
      assert.equal(feeds.asked[1]?.headers['if-none-match'], undefined);
    });
  }
});
