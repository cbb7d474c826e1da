import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  AuthError,
  NotFoundError,
  PimsyncError,
  ServerError,
  UnreachableError,
} from '../../src/core/errors.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { type FeedServer } from '../support/feed-server.ts';
import { fetched, ICS, only, openOnly, PATH, trial, TWO } from '../support/feed-trial.ts';
import { endsOf } from '../support/program.ts';
import { startSilentServer } from '../support/silent-server.ts';

describe('a feed that cannot be had', () => {
  const whole = gzipSync(TWO);
  const cases: [
    what: string,
    page: Parameters<FeedServer['show']>[1],
    error: new (m: string) => PimsyncError,
    why: RegExp,
  ][] = [
    [
      'is not there',
      { status: 404, body: 'gone fishing' },
      NotFoundError,
      /\/holidays\.ics: .* 404 \(gone fishing\)/,
    ],
    ['is gone', { status: 410 }, NotFoundError, /410/],
    ['wants a log-in', { status: 401 }, AuthError, /wants credentials, and none are configured/],
    ['breaks the server', { status: 500, body: 'oops' }, ServerError, /500 \(oops\)/],
    ['has no content', { status: 204 }, ServerError, /answered 204, and no calendar/],
    ['is said to be unchanged since never', { status: 304 }, ServerError, /answered 304, and no calendar/],
    ['is redirected to nowhere', { status: 302 }, ServerError, /answered 302/],
    [
      'is redirected for ever',
      { status: 302, headers: { location: PATH } },
      ServerError,
      /redirected more than 5 times/,
    ],
    ['is empty', { headers: ICS }, ServerError, /no complete calendar: it is empty/],
    [
      'is a page for people',
      { headers: { 'content-type': 'text/html' }, body: '<html>log in' },
      ServerError,
      /text\/html\) is no complete calendar: .* log-in/,
    ],
    ['has no type and no sense', { body: 'x' }, ServerError, /no content type/],
    ['is cut short', { headers: ICS, body: TWO.slice(0, -15) }, ServerError, /cut short/],
    [
      'breaks off',
      { headers: ICS, body: TWO, cutAt: 100 },
      UnreachableError,
      /closed the connection|terminated|other side/,
    ],
    [
      'is packed and cut short',
      { headers: { ...ICS, 'content-encoding': 'gzip' }, body: whole.subarray(0, -9) },
      ServerError,
      /cut short, or its compression/,
    ],
    [
      'is too large',
      { headers: ICS, body: 'x'.repeat(100_001) },
      ServerError,
      /larger than .* \(max_response\)/,
    ],
    [
      'is too large when unpacked',
      { headers: { ...ICS, 'content-encoding': 'gzip' }, body: gzipSync('x'.repeat(100_001)) },
      ServerError,
      /larger than .* \(max_response\)/,
    ],
  ];
  for (const [what, page, error, why] of cases) {
    it(`is an error and no empty calendar when it ${what}`, async (t) => {
      const { feeds, memo, start } = await trial(t);
      feeds.show(PATH, page);
      await assert.rejects(start().discover(), (told) => {
        assert.ok(told instanceof error, String(told));
        assert.match(told.message, why);
        return true;
      });
      assert.equal(memo.entries.size, 0);
    });
  }

  it('is an error when only the later download fails', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.show(PATH, { headers: { ...ICS, etag: '"1"' }, body: TWO });
    await only(start());
    const collection = await openOnly(start());
    feeds.show(PATH, { status: 404 });
    await assert.rejects(collection.changes(undefined), NotFoundError);
    await assert.rejects(fetched(collection, ['1.ics']), NotFoundError);
  });

  it('is an error when the server says nothing within the limit', async (t) => {
    const { start } = await trial(t);
    const silent = await startSilentServer(endsOf(t));
    await assert.rejects(start({ url: silent.url, timeoutMs: 50 }).discover(), UnreachableError);
  });

  it('is an error when nobody is there, or the storage is closed', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.feed(PATH, TWO);
    await assert.rejects(start({ url: new URL('http://127.0.0.1:1/x.ics') }).discover(), UnreachableError);
    const storage = start();
    await storage.close();
    await assert.rejects(storage.discover(), UnreachableError);
  });

  it('is an error when the password is wrong, which no message repeats', async (t) => {
    const { feeds, start } = await trial(t);
    feeds.show(PATH, ({ headers }) => ({ status: 401, body: `bad: ${headers.authorization} geheim` }));
    await assert.rejects(
      start({ username: 'me', password: () => Promise.resolve('geheim') }).discover(),
      (told) => {
        assert.ok(told instanceof AuthError);
        assert.doesNotMatch(told.message, /geheim|bWU6Z2VoZWlt/);
        return true;
      },
    );
  });
});

describe('the address of a private feed', () => {
  const secret = '/private-0123456789abcdef/basic.ics?key=verysecret';
  const cases: [what: string, page: Parameters<FeedServer['show']>[1]][] = [
    ['is refused', ({ path }) => ({ status: 403, body: `you may not see ${path}` })],
    ['is no calendar', { body: 'nonsense' }],
    ['breaks off', { body: TWO, cutAt: 10 }],
    ['is redirected for ever', ({ path }) => ({ status: 302, headers: { location: path } })],
  ];
  for (const [what, page] of cases) {
    it(`stands in no error and no log line when it ${what}`, async (t) => {
      const { feeds, start } = await trial(t);
      const told: unknown[] = [];
      const write = (...words: unknown[]): void => void told.push(words);
      const log = { ...silentLogger, debug: write, info: write, warn: write, error: write };
      feeds.show(secret, page);
      await assert.rejects(start({ url: feeds.url(secret), log }).discover(), (error) => {
        assert.ok(error instanceof PimsyncError);
        told.push(error.message);
        assert.match(error.message, /\/…\/basic\.ics/);
        return true;
      });
      assert.doesNotMatch(JSON.stringify(told), /0123456789abcdef|verysecret/);
    });
  }
});
