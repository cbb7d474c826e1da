import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { AuthError, RefusedError, UnreachableError } from '../../src/core/errors.ts';
import { parseItem } from '../../src/core/item.ts';
import { collectionId } from '../../src/core/storage.ts';
import { checkDav } from '../../src/dav/check.ts';
import { createDavStorage, type DavStorageOptions } from '../../src/dav/storage.ts';
import { type Logger, silentLogger } from '../../src/lib/logger.ts';
import { startRadicale } from '../servers/radicale.ts';
import { RawDav } from '../servers/raw-dav.ts';
import type { TestServer } from '../servers/server.ts';
import { startXandikos } from '../servers/xandikos.ts';
import { accountOn, MemoryMemo } from '../support/dav-options.ts';
import { contactText, eventText, itemOf } from '../support/items.ts';
import { requirement } from '../support/requirements.ts';

/** Options that also write down each request. */
function counting(
  server: TestServer,
  fields: Partial<DavStorageOptions> = {},
): { options: DavStorageOptions; asked: string[] } {
  const asked: string[] = [];
  const log: Logger = {
    ...silentLogger,
    debug: (fields) => {
      if ('method' in fields && 'path' in fields)
        asked.push(`${String(fields.method)} ${String(fields.path)}`);
    },
  };
  return { options: accountOn('calendar', server, { log, ...fields }), asked };
}

for (const [name, start] of [
  ['radicale', startRadicale],
  ['xandikos', startXandikos],
] as const) {
  describe(`an account on ${name}`, { skip: requirement(name) ?? false }, () => {
    let server: TestServer;
    let raw: RawDav;

    before(async () => {
      server = await start();
      raw = new RawDav(server);
      await raw.makeFilled('calendar', 'work', new Map([['1.ics', eventText({ uid: '1' })]]));
    });
    after(() => server.stop());

    it('costs one request to look at when nothing has changed', async () => {
      const memo = new MemoryMemo();
      const first = createDavStorage(counting(server, { memo }).options);
      const before = (await first.discover()).find(({ id }) => id === 'work');
      await first.close();
      const { options, asked } = counting(server, { memo });
      const second = createDavStorage(options);
      const now = (await second.discover()).find(({ id }) => id === 'work');
      await second.close();
      assert.equal(asked.length, 1, asked.join('\n'));
      assert.ok(now?.state !== undefined);
      assert.deepEqual(now, before);
    });

    it('refuses what is no calendar, and lists nothing of it; nor an address card that somebody puts there', async () => {
      const url = await raw.makeCollection('calendar', 'odd');
      const card = contactText({ uid: 'ada' });
      await raw
        .put(new URL('ada.vcf', url), card)
        .catch((error: Error) => assert.match(error.message, /: 400/));
      const storage = createDavStorage(accountOn('calendar', server));
      const info = (await storage.discover()).find(({ id }) => id === 'odd');
      assert.ok(info);
      const collection = storage.open(info);
      await assert.rejects(collection.create(parseItem('calendar', 'hello\r\n')), RefusedError);
      assert.deepEqual((await collection.changes(undefined)).changed, []);
      await storage.close();
      await raw.remove(url);
    });

    // Xandikos 0.2.8 takes it for an odd calendar, with semicolons to be escaped.
    it(`${name === 'radicale' ? 'refuses' : 'keeps'} an address card that is sent as an event`, async () => {
      const storage = createDavStorage(accountOn('calendar', server));
      const info = await storage.createCollection({
        id: collectionId('cards'),
        kind: 'calendar',
        properties: {},
      });
      const collection = storage.open(info);
      const card = parseItem('calendar', contactText({ uid: 'ada' }));
      const sending = collection.create(card);
      if (name === 'radicale') await assert.rejects(sending, RefusedError);
      else assert.match((await raw.get(new URL((await sending).href, server.url))) ?? '', /FN:Ada/);
      assert.equal((await collection.changes(undefined)).changed.length, name === 'radicale' ? 0 : 1);
      await storage.close();
      await raw.remove(new URL(info.href, server.url));
    });

    it('has another state after every change', async () => {
      const storage = createDavStorage(accountOn('calendar', server));
      const states: (string | undefined)[] = [];
      const look = async (): Promise<void> => {
        states.push((await storage.discover()).find(({ id }) => id === 'work')?.state);
      };
      const two = new URL('two.ics', new URL('work/', server.calendarHome));
      await look();
      await raw.put(two, eventText({ uid: '2' }));
      await look();
      await raw.put(two, eventText({ uid: '2', summary: 'changed' }));
      await look();
      await storage.close();
      assert.equal(new Set(states).size, 3);
      await raw.remove(two);
    });

    it('is found from every URL of it', async () => {
      const starts = [
        '/',
        '/.well-known/caldav',
        server.calendarHome.pathname,
        `${server.calendarHome.pathname}work/`,
        `${server.calendarHome.pathname}work`,
      ];
      for (const path of starts) {
        const storage = createDavStorage(accountOn('calendar', server, { url: new URL(path, server.url) }));
        assert.ok(
          (await storage.discover()).some(({ id }) => id === 'work'),
          path,
        );
        await storage.close();
      }
    });

    it('is in order when it is checked', async () => {
      const { ok, lines } = await checkDav(accountOn('calendar', server));
      assert.equal(ok, true, lines.join('\n'));
      assert.match(lines.at(-1) ?? '', /work/);
    });

    // Xandikos 0.2.8 answers 404 for data in a list of changes, so that items have to be asked for: ten first, then the rest.
    const ofCopy = name === 'radicale' ? 1 : 3;
    it(`costs ${ofCopy} to be copied for the first time`, async () => {
      const texts = Array.from(
        { length: 30 },
        (_, at) => [`${at}.ics`, eventText({ uid: String(at) })] as const,
      );
      await raw.makeFilled('calendar', 'copied', new Map(texts));
      const { options, asked } = counting(server);
      const storage = createDavStorage(options);
      const info = (await storage.discover()).find(({ id }) => id === 'copied');
      assert.ok(info);
      const collection = storage.open(info);
      asked.length = 0;
      const { changed } = await collection.changes(undefined, undefined, 'first copy');
      const found = new Set<unknown>();
      for await (const fetched of collection.fetch(changed.map(({ href }) => href)))
        found.add(fetched.type === 'item' && fetched.item.uid);
      await storage.close();
      assert.deepEqual(found, new Set(texts.map((_, at) => String(at))));
      assert.equal(asked.length, ofCopy, asked.join('\n'));
    });

    const requests = name === 'radicale' ? 1 : 2;
    it(`costs ${requests} to be told of a changed item, text and all`, async () => {
      const { options, asked } = counting(server);
      const storage = createDavStorage(options);
      const info = (await storage.discover()).find(({ id }) => id === 'work');
      assert.ok(info);
      const collection = storage.open(info);
      const { token } = await collection.changes(undefined);
      await raw.put(
        new URL('4.ics', new URL(info.href, server.url)),
        eventText({ uid: '4', summary: 'new' }),
      );
      asked.length = 0;
      const { changed } = await collection.changes(token);
      for await (const fetched of collection.fetch(changed.map(({ href }) => href)))
        assert.equal(fetched.type === 'item' && fetched.item.uid, '4');
      await storage.close();
      assert.equal(changed.length, 1);
      assert.equal(asked.length, requests, asked.join('\n'));
    });

    it(`${name === 'radicale' ? 'moves' : 'refuses to move'} an item, looking at both ends first`, async () => {
      const { options, asked } = counting(server);
      const storage = createDavStorage(options);
      const kind = 'calendar';
      const [from, to] = [
        await storage.createCollection({ id: collectionId('from'), kind, properties: {} }),
        await storage.createCollection({ id: collectionId('to'), kind, properties: {} }),
      ];
      const { href, etag } = await storage.open(from).create(itemOf(kind, '5', 'tea'), { name: 'tea' });
      assert.ok(etag);
      asked.length = 0;
      const moving = storage.open(from).move?.({ href, etag }, to);
      if (name === 'radicale') assert.deepEqual(await moving, { href: `${to.href}tea.ics`, etag: undefined });
      else await assert.rejects(async () => moving, RefusedError);
      assert.deepEqual(asked, [`PROPFIND ${href}`, `PROPFIND ${to.href}tea.ics`, `MOVE ${href}`]);
      await storage.close();
    });

    it('survives a restart, with tokens and all', async () => {
      const storage = createDavStorage(accountOn('calendar', server));
      const info = (await storage.discover()).find(({ id }) => id === 'work');
      assert.ok(info);
      const collection = storage.open(info);
      const { token } = await collection.changes(undefined);
      const pid = server.pid;
      await server.restart();
      assert.notEqual(server.pid, pid);
      const created = await collection.create(itemOf('calendar', '3', 'tea'));
      const { complete, changed } = await collection.changes(token);
      assert.deepEqual([complete, changed.map(({ href }) => href)], [false, [created.href]]);
      await storage.close();
    });

    it('is unreachable, not empty, when the server is gone', async () => {
      const gone = await start();
      const memo = new MemoryMemo();
      const storage = createDavStorage(accountOn('calendar', gone, { memo }));
      await storage.discover();
      await gone.stop();
      assert.equal(existsSync(gone.dataDir), false);
      await assert.rejects(storage.discover(), UnreachableError);
      await storage.close();
    });
  });
}

describe('a user of Radicale', { skip: requirement('radicale') ?? false }, () => {
  it('may have name and password in UTF-8', async () => {
    const server = await startRadicale({ username: 'jörg', password: 'pässwörd€' });
    const storage = createDavStorage(accountOn('calendar', server));
    await storage.createCollection({ id: collectionId('work'), kind: 'calendar', properties: {} });
    assert.equal((await storage.discover()).length, 1);
    await storage.close();
    await server.stop();
  });

  it('with a wrong password is told so, and the password is not', async () => {
    const server = await startRadicale();
    const password = (): Promise<string> => Promise.resolve('wr0ngsecret');
    const storage = createDavStorage(accountOn('calendar', server, { password }));
    await assert.rejects(storage.discover(), (error) => {
      assert.ok(error instanceof AuthError);
      assert.doesNotMatch(error.stack ?? '', /wr0ngsecret|Basic/);
      return true;
    });
    await storage.close();
    await server.stop();
  });
});
