import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthError,
  NotFoundError,
  PimsyncError,
  ServerError,
  UnreachableError,
} from '../../src/core/errors.ts';
import { toToken } from '../../src/dav/position.ts';
import { infoOf, openMock, WORK } from '../support/dav-collection.ts';
import { MemoryMemo } from '../support/dav-options.ts';
import {
  type Behaviour,
  broken,
  FakeTiming,
  found,
  getetag,
  MockDav,
  multistatus,
  multistatusText,
  refused,
  status,
  syncToken,
} from '../support/mock-dav.ts';
import { SYNC_7, reports, item, inWords } from '../support/sync-reports.ts';

describe('a token that the server does not accept', () => {
  const everything = multistatus(item('1.ics'), syncToken('9'));
  const refusals: readonly (readonly [title: string, behaviour: Behaviour])[] = [
    ...[400, 403, 409, 410, 412, 415, 500, 501, 507].map((code) => [`with ${code}`, status(code)] as const),
    ['with an answer without a new token', multistatus(item('1.ics'))],
    ['with a page of HTML', status(200, { 'content-type': 'text/html' }, '<html></html>')],
    ['with an answer that ends early', () => new Response('<d:multistatus xmlns:d="DAV:">', { status: 207 })],
    ['by hanging up', broken()],
  ];
  for (const [title, behaviour] of refusals) {
    it(`${title} leads to a listing of everything`, async () => {
      const mock = reports({ from: { 7: behaviour, '': everything } });
      const changes = await openMock(mock).changes(SYNC_7);
      assert.equal(changes.complete, true);
      assert.equal(changes.changed.length, 1);
      assert.equal(changes.token, 'sync:9');
    });
  }

  const others: readonly (readonly [
    title: string,
    behaviour: Behaviour,
    Class: abstract new (...args: never[]) => PimsyncError,
  ])[] = [
    ['a wrong password', status(401), AuthError],
    ['a collection that is gone', status(404), NotFoundError],
    ['a server that is busy', status(429, { 'retry-after': '600' }), ServerError],
    ['a server that is down', status(503), ServerError],
    ['a dead network', broken('ECONNREFUSED'), UnreachableError],
  ];
  for (const [title, behaviour, Class] of others) {
    it(`is not what ${title} means`, async () => {
      const mock = reports({ from: { 7: behaviour, '': () => assert.fail('asked for everything') } });
      await assert.rejects(openMock(mock).changes(SYNC_7), Class);
    });
  }

  it('of another way of asking is not sent', async () => {
    const mock = reports({ from: { '': everything } });
    assert.equal((await openMock(mock).changes(toToken({ by: 'ctag', value: '7' }))).complete, true);
    assert.equal(mock.seen.length, 1);
  });
});

describe('changes without sync-collection', () => {
  const ctag = (text: string): Behaviour => multistatus(found(WORK, `<cs:getctag>${text}</cs:getctag>`));
  const byPropfind = (...responses: readonly string[]): Behaviour =>
    multistatus(found(WORK, '<d:resourcetype><d:collection/></d:resourcetype>'), ...responses);

  it('come from a query, after the ctag', async () => {
    const mock = reports({ query: multistatus(item('1.ics')) }).on(`PROPFIND ${WORK}`, ctag('5'));
    assert.deepEqual(inWords(await openMock(mock).changes(undefined)), {
      complete: true,
      changed: ['1.ics "1"'],
      removed: [],
      unclear: [],
      token: 'ctag:5',
    });
    assert.deepEqual(mock.asked(), [`REPORT ${WORK}`, `PROPFIND ${WORK}`, `REPORT ${WORK}`]);
  });

  it('are none while the ctag is the same', async () => {
    const mock = reports({ query: () => assert.fail('listed') }).on(`PROPFIND ${WORK}`, ctag('5'));
    assert.deepEqual(inWords(await openMock(mock).changes(toToken({ by: 'ctag', value: '5' }))), {
      complete: false,
      changed: [],
      removed: [],
      unclear: [],
      token: 'ctag:5',
    });
  });

  it('are listed anew when the ctag is another, if only by a zero', async () => {
    const mock = reports({ query: multistatus(item('1.ics')) }).on(`PROPFIND ${WORK}`, ctag('1.0'));
    assert.equal((await openMock(mock).changes(toToken({ by: 'ctag', value: '1' }))).complete, true);
  });

  it('are asked for again next time when there is no ctag', async () => {
    const mock = reports({ query: multistatus(item('1.ics')) }).on(`PROPFIND ${WORK}`, status(403));
    assert.equal((await openMock(mock).changes(undefined)).token, undefined);
  });

  const noQuery: readonly (readonly [title: string, behaviour: Behaviour])[] = [
    ['refuses the query', status(403)],
    ['fails at the query', status(500)],
    ['answers the query with nothing (iCloud)', multistatus()],
    ['answers the query without etags', multistatus(found(`${WORK}1.ics`, ''))],
    ['cuts the answer to the query', multistatus(item('1.ics'), refused(WORK, 507))],
  ];
  for (const [title, query] of noQuery) {
    it(`come from a PROPFIND when the server ${title}`, async () => {
      const folder = found(`${WORK}sub`, `<d:resourcetype><d:collection/></d:resourcetype>${getetag('"f"')}`);
      const mock = reports({ query }).on(
        `PROPFIND ${WORK}`,
        ctag('5'),
        byPropfind(item('1.ics'), item('2.ics'), folder),
      );
      const changes = await openMock(mock).changes(undefined);
      assert.equal(changes.complete, true);
      assert.deepEqual(
        changes.changed.map(({ href }) => href),
        [`${WORK}1.ics`, `${WORK}2.ics`],
      );
      assert.equal(mock.seen.at(-1)?.headers['depth'], '1');
    });
  }

  it('are an empty listing only when the PROPFIND says so too', async () => {
    const mock = reports({ query: multistatus() }).on(`PROPFIND ${WORK}`, ctag('5'), byPropfind());
    assert.deepEqual((await openMock(mock).changes(undefined)).changed, []);
  });

  it('fail when no listing can be had whole', async () => {
    const failures: readonly Behaviour[] = [
      status(403),
      status(404),
      status(500),
      status(200, {}, '<html>'),
      byPropfind(item('1.ics'), refused(WORK, 507)),
      () => new Response(multistatusText(item('1.ics')).slice(0, -20), { status: 207 }),
    ];
    for (const failure of failures) {
      const mock = reports({ query: multistatus() }).on(`PROPFIND ${WORK}`, ctag('5'), failure);
      await assert.rejects(openMock(mock).changes(undefined), PimsyncError);
    }
  });

  it('are asked for in that way for a day, then sync-collection is tried again', async () => {
    const memo = new MemoryMemo();
    const timing = new FakeTiming();
    const mock = reports({ query: multistatus(item('1.ics')) }).on(`PROPFIND ${WORK}`, ctag('5'));
    const collection = openMock(mock, { memo, timing });
    const countSync = async (): Promise<number> => {
      mock.seen.length = 0;
      await collection.changes(undefined);
      return mock.seen.filter(({ body }) => body.includes('sync-collection')).length;
    };
    assert.equal(await countSync(), 1);
    assert.equal(await countSync(), 0);
    timing.nowAtMs += 23 * 3600 * 1000;
    assert.equal(await countSync(), 0);
    timing.nowAtMs += 2 * 3600 * 1000;
    assert.equal(await countSync(), 1);
  });

  it('are not asked for in that way again when sync-collection merely failed', async () => {
    const memo = new MemoryMemo();
    const mock = reports({ from: { '': status(500) }, query: multistatus(item('1.ics')) }).on(
      `PROPFIND ${WORK}`,
      ctag('5'),
    );
    await openMock(mock, { memo }).changes(undefined);
    assert.equal(memo.entries.size, 0);
  });

  it('of an address book come from a PROPFIND or a query without conditions', async () => {
    const mock = new MockDav()
      .on(`REPORT ${WORK}`, ({ body = '' }) => {
        if (body.includes('sync-collection')) return new Response('', { status: 501 });
        assert.match(body, /<card:addressbook-query/);
        assert.match(body, /<card:filter\s*\/>/);
        return new Response(multistatusText(found(`${WORK}1.vcf`, getetag('"1"'))), { status: 207 });
      })
      .on(`PROPFIND ${WORK}`, status(403));
    const { changed } = await openMock(mock, {}, infoOf('contact')).changes(undefined);
    assert.deepEqual(
      changed.map(({ href }) => href),
      [`${WORK}1.vcf`],
    );
  });
});
