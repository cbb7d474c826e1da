import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ConfigError, InvalidItemError, ReadOnlyError } from '../../src/core/errors.ts';
import { collectionId, type Href } from '../../src/core/storage.ts';
import { FeedServer } from '../support/feed-server.ts';
import { fetched, hrefsIn, ICS, only, openOnly, PATH, trial, TWO } from '../support/feed-trial.ts';
import { calendar, event, HEAD } from '../support/feeds.ts';
import { itemOf } from '../support/items.ts';
import { endsOf } from '../support/program.ts';

describe('a feed as a storage', () => {
  it('has one collection, which takes no writes, with the name and colour of the feed', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.feed(PATH, calendar([event('1', 'tea')], [...HEAD, 'X-WR-CALNAME:Holidays', 'COLOR:teal']));
    const { state, ...info } = await only(start());
    assert.match(state ?? '', /^[\da-f]{64}$/);
    assert.deepEqual(info, {
      id: 'holidays',
      href: 'holidays',
      kind: 'calendar',
      readOnly: true,
      properties: { displayname: 'Holidays', color: '#008080' },
    });
  });

  it('is downloaded once for discovery, listing and items', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.feed(PATH, TWO);
    const collection = await openOnly(start());
    const changes = await collection.changes(undefined);
    assert.equal(changes.complete, true);
    assert.equal(changes.token, collection.info.state);
    assert.deepEqual(hrefsIn(changes), ['1.ics', '2.ics']);
    assert.deepEqual(await fetched(collection, ['2.ics', 'gone.ics', '2.ics', '1.ics']), {
      '1.ics': calendar([event('1', 'tea')]),
      '2.ics': calendar([event('2', 'coffee')]),
    });
    assert.equal(feeds.asked.length, 1);
  });

  it('lists the etags that its items are fetched with', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.feed(PATH, TWO);
    const collection = await openOnly(start());
    const { changed } = await collection.changes(undefined);
    for await (const one of collection.fetch(changed.map(({ href }) => href)))
      assert.equal(one.type === 'item' && one.etag, changed.find(({ href }) => href === one.href)?.etag);
  });

  it('tells an item that is too large as unreadable', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.feed(PATH, TWO);
    const collection = await openOnly(start({ maxItemBytes: 10 }));
    assert.deepEqual(hrefsIn(await collection.changes(undefined)), ['1.ics', '2.ics']);
    for await (const one of collection.fetch(['1.ics' as Href]))
      assert.ok(one.type === 'unreadable' && one.error instanceof InvalidItemError);
  });

  it('refuses every write, and asks nobody for it', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.feed(PATH, TWO);
    const storage = start();
    const collection = await openOnly(storage);
    const item = itemOf('calendar', '9', 'new');
    const [ref] = (await collection.changes(undefined)).changed;
    assert.ok(ref);
    await assert.rejects(collection.create(item), ReadOnlyError);
    await assert.rejects(collection.update(ref, item), ReadOnlyError);
    await assert.rejects(collection.remove(ref), ReadOnlyError);
    const wanted = { id: collectionId('new'), kind: 'calendar', properties: {} } as const;
    await assert.rejects(storage.createCollection(wanted), ReadOnlyError);
    await assert.rejects(storage.deleteCollection(collection.info), ReadOnlyError);
    const changes = new Map([['displayname', 'mine'] as const]);
    await assert.rejects(storage.setProperties(collection.info, changes), ReadOnlyError);
    assert.equal(feeds.asked.length, 1);
  });

  it('does nothing when the signal is aborted beforehand', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.feed(PATH, TWO);
    const storage = start();
    await assert.rejects(storage.discover(AbortSignal.abort()));
    const collection = storage.open({
      id: collectionId('holidays'),
      href: 'holidays' as Href,
      kind: 'calendar',
      readOnly: true,
      properties: {},
    });
    await assert.rejects(collection.changes(undefined, AbortSignal.abort()));
    await assert.rejects(collection.fetch([], AbortSignal.abort())[Symbol.asyncIterator]().next());
    assert.deepEqual(feeds.asked, []);
  });

  it('refuses roots that are none', async (t) => {
    const { start } = await trial(t);
    assert.throws(() => start({ tlsRoot: 'nonsense' }), ConfigError);
  });
});

describe('a download', () => {
  for (const encoding of ['gzip', 'x-gzip']) {
    it(`may be packed as ${encoding}`, async (t) => {
      const { feeds, start } = await trial(t);
      feeds.show(PATH, { headers: { ...ICS, 'content-encoding': encoding }, body: gzipSync(TWO) });
      assert.equal((await (await openOnly(start())).changes(undefined)).changed.length, 2);
      assert.match(feeds.asked[0]?.headers['accept-encoding'] ?? '', /gzip/);
    });
  }

  it('is asked for with what was configured', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.feed(PATH, TWO);
    await only(
      start({
        username: 'me',
        password: () => Promise.resolve('geheim'),
        headers: new Map([['X-Key', 'k']]),
      }),
    );
    const { headers } = feeds.asked[0] ?? assert.fail();
    assert.equal(headers['authorization'], `Basic ${Buffer.from('me:geheim').toString('base64')}`);
    assert.equal(headers['x-key'], 'k');
    assert.equal(headers['user-agent'], 'pimsync-test');
    assert.match(headers['accept'] ?? '', /text\/calendar/);
  });

  it('follows redirects on the same server with the credentials', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.show(PATH, { status: 302, headers: { location: '/there.ics' } });
    feeds.feed('/there.ics', TWO);
    await only(start({ username: 'me', password: () => Promise.resolve('geheim') }));
    assert.deepEqual(
      feeds.asked.map(({ headers }) => headers['authorization'] !== undefined),
      [true, true],
    );
  });

  it('hands no credentials and no headers to another server that it is redirected to', async (t) => {
    const { feeds, start } = await trial(t);
    const other = await FeedServer.start(endsOf(t));
    feeds.show(PATH, { status: 301, headers: { location: other.url('/there.ics').href } });
    other.feed('/there.ics', TWO);
    const headers = new Map([['X-Key', 'k']]);
    await only(start({ username: 'me', password: () => Promise.resolve('geheim'), headers }));
    const { headers: sent } = other.asked[0] ?? assert.fail();
    assert.equal(sent['authorization'], undefined);
    assert.equal(sent['x-key'], undefined);
  });

  it('is tried again when the server was only busy', async (t) => {
    const { feeds, start } = await trial(t);
    let times = 0;
    feeds.show(PATH, () => ((times += 1) < 3 ? { status: 503 } : { headers: ICS, body: TWO }));
    assert.equal((await (await openOnly(start())).changes(undefined)).changed.length, 2);
  });
});
