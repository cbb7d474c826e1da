import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthError,
  NotFoundError,
  PimsyncError,
  ServerError,
  UnreachableError,
} from '../../src/core/errors.ts';
import type { Changes } from '../../src/core/storage.ts';
import { readToken, toToken } from '../../src/dav/position.ts';
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

const SYNC_7 = toToken({ by: 'sync', value: '7' });

/** Answers REPORTs by their kind and token. */
function reports(answers: {
  readonly from?: Readonly<Record<string, Behaviour>>;
  readonly query?: Behaviour;
}): MockDav {
  return new MockDav().on(`REPORT ${WORK}`, (request) => {
    const { body = '', headers } = request;
    if (body.includes('calendar-query')) {
      assert.equal(headers['depth'], '1');
      return (answers.query ?? status(501))(request);
    }
    assert.equal(headers['depth'], '0', 'sync-collection is asked with Depth 0 (RFC 6578, 3.2)');
    const token = /<d:sync-token>([^<]*)</.exec(body)?.[1] ?? '';
    return (answers.from?.[token] ?? status(501))(request);
  });
}

const item = (name: string, tag = '"1"'): string => found(WORK + name, getetag(tag));

const inWords = ({ complete, changed, removed, unclear, token }: Changes): object => ({
  complete,
  changed: changed.map(({ href, etag }) => `${href.replace(WORK, '')} ${etag}`),
  removed: removed.map((href) => href.replace(WORK, '')),
  unclear: unclear.map(({ href, reason, weight }) => `${href.replace(WORK, '')}: ${weight}: ${reason}`),
  token,
});

describe('positions', () => {
  it("survive as tokens, whatever is in the server's text", () => {
    for (const value of ['1', 'http://x/ns/sync/1', 'sync:ctag:', ' ', 'a\nb', 'ä'])
      for (const by of ['sync', 'ctag'] as const)
        assert.deepEqual(readToken(toToken({ by, value })), { by, value });
  });
  it('are not read from what others wrote', () => {
    for (const text of ['', 'sync:', 'other:1', '1'])
      assert.equal(readToken(text as typeof SYNC_7), undefined);
  });
});

describe('changes by sync-collection', () => {
  it('lists everything without a token', async () => {
    const mock = reports({ from: { '': multistatus(item('1.ics'), item('2.ics', '"2"'), syncToken('7')) } });
    assert.deepEqual(inWords(await openMock(mock).changes(undefined)), {
      complete: true,
      changed: ['1.ics "1"', '2.ics "2"'],
      removed: [],
      unclear: [],
      token: 'sync:7',
    });
    assert.equal(mock.seen.length, 1);
  });

  it('tells the differences since a token', async () => {
    const mock = reports({
      from: { 7: multistatus(item('1.ics', '"2"'), refused(`${WORK}2.ics`, 404), syncToken('8')) },
    });
    assert.deepEqual(inWords(await openMock(mock).changes(SYNC_7)), {
      complete: false,
      changed: ['1.ics "2"'],
      removed: ['2.ics'],
      unclear: [],
      token: 'sync:8',
    });
  });

  it('keeps tokens and etags that look like numbers as they are', async () => {
    const mock = reports({ from: { '1.50': multistatus(item('1.ics', '007'), syncToken('1e3')) } });
    const { changed, token } = await openMock(mock).changes(toToken({ by: 'sync', value: '1.50' }));
    assert.equal(changed[0]?.etag, '007');
    assert.equal(token, 'sync:1e3');
  });

  it('keeps etags as the listing gives them, weak or unquoted', async () => {
    const mock = reports({
      from: { '': multistatus(item('1.ics', 'W/"x"'), item('2.ics', '2026-11-22T10:00:00'), syncToken('7')) },
    });
    const { changed } = await openMock(mock).changes(undefined);
    assert.deepEqual(
      changed.map(({ etag }) => etag),
      ['W/"x"', '2026-11-22T10:00:00'],
    );
  });

  it('does not take former deletions in a listing from the start for changes (Radicale 3.1)', async () => {
    const mock = reports({
      from: { '': multistatus(refused(`${WORK}old.ics`, 404), item('1.ics'), syncToken('7')) },
    });
    assert.deepEqual((await openMock(mock).changes(undefined)).removed, []);
  });

  it('takes a deletion for one that has a second status inside (Nextcloud)', async () => {
    const entry = refused(
      `${WORK}1.ics`,
      404,
      '<d:propstat><d:prop/><d:status>HTTP/1.1 418 X</d:status></d:propstat>',
    );
    const mock = reports({ from: { 7: multistatus(entry, syncToken('8')) } });
    assert.deepEqual((await openMock(mock).changes(SYNC_7)).removed, [`${WORK}1.ics`]);
  });

  it('passes over the collection itself, folders and what lies elsewhere', async () => {
    const others = [
      WORK,
      '/alice/work',
      `${WORK}sub/`,
      `${WORK}sub/1.ics`,
      '/alice/other/1.ics',
      '/alice/workshop/1.ics',
      `${WORK}../x.ics`,
    ];
    const mock = reports({
      from: {
        '': multistatus(...others.map((href) => found(href, getetag('"1"'))), item('1.ics'), syncToken('7')),
      },
    });
    assert.deepEqual(
      (await openMock(mock).changes(undefined)).changed.map(({ href }) => href),
      [`${WORK}1.ics`],
    );
  });

  it('knows an item by its path, however the server spells it', async () => {
    const spellings = [
      '/alice/work/%c3%a4@b.ics',
      '/alice/work/ä%40b.ics',
      'https://dav.test/alice/work/%C3%A4%40b.ics',
      'http://inner/alice/work/ä@b.ics',
      'ä@b.ics',
    ];
    for (const spelling of spellings) {
      const mock = reports({ from: { '': multistatus(found(spelling, getetag('"1"')), syncToken('7')) } });
      const { changed } = await openMock(mock).changes(undefined);
      assert.deepEqual(
        changed.map(({ href }) => href),
        [`${WORK}%C3%A4%40b.ics`],
        spelling,
      );
    }
  });

  it('names an href once, though the server names it twice', async () => {
    const mock = reports({
      from: {
        7: multistatus(
          refused(`${WORK}1.ics`, 404),
          item('1.ics', '"2"'),
          item('1.ics', '"3"'),
          syncToken('8'),
        ),
      },
    });
    assert.deepEqual(inWords(await openMock(mock).changes(SYNC_7)), {
      complete: false,
      changed: ['1.ics "3"'],
      removed: [],
      unclear: [],
      token: 'sync:8',
    });
  });

  it('takes what it may not see for unclear, never for gone', async () => {
    const hidden = refused(`${WORK}1.ics`, 403, '<d:error><d:need-privileges/></d:error>');
    const mock = reports({ from: { '': multistatus(hidden, item('2.ics'), syncToken('7')) } });
    const { changed, unclear } = inWords(await openMock(mock).changes(undefined)) as {
      changed: string[];
      unclear: string[];
    };
    assert.deepEqual(changed, ['2.ics "1"']);
    assert.deepEqual(unclear, ['1.ics: problem: the server answered 403 for it (need-privileges)']);
  });

  it('takes what has no etag for unclear', async () => {
    const mock = reports({
      from: {
        '': multistatus(found(`${WORK}1.ics`, ''), found(`${WORK}2.ics`, '<d:getetag/>'), syncToken('7')),
      },
    });
    const { changed, unclear } = await openMock(mock).changes(undefined);
    assert.deepEqual(changed, []);
    assert.deepEqual(
      unclear.map(({ href }) => href),
      [`${WORK}1.ics`, `${WORK}2.ics`],
    );
  });

  it('goes on while the server says that there is more', async () => {
    const more = refused(WORK, 507);
    const mock = reports({
      from: {
        '': multistatus(item('1.ics'), item('2.ics'), more, syncToken('a')),
        a: multistatus(item('3.ics'), refused(`${WORK}1.ics`, 404), more, syncToken('b')),
        b: multistatus(item('2.ics', '"2"'), syncToken('c')),
      },
    });
    assert.deepEqual(inWords(await openMock(mock).changes(undefined)), {
      complete: true,
      changed: ['3.ics "1"', '2.ics "2"'],
      removed: [],
      unclear: [],
      token: 'sync:c',
    });
  });

  it('does not go on for ever', async () => {
    const mock = reports({ from: { 7: multistatus(refused(WORK, 507), syncToken('7')) } });
    await assert.rejects(openMock(mock).changes(SYNC_7), /does not come to an end/);
  });

  it('fails when the answer was cut short, and when it speaks of other places only', async () => {
    const text = multistatusText(item('1.ics'), item('2.ics'), syncToken('7'));
    const cut: Behaviour = () =>
      new Response(text.slice(0, text.indexOf('<d:response>', 300)), { status: 207 });
    await assert.rejects(openMock(reports({ from: { '': cut } })).changes(undefined), ServerError);
    const moved = multistatus(found('/dav/alice/work/1.ics', getetag('"1"')), syncToken('7'));
    await assert.rejects(
      openMock(reports({ from: { '': moved } })).changes(undefined),
      /proxy that changes paths/,
    );
  });

  it('fails when the collection is gone, also when that is said in a roundabout way (Xandikos 0.2.8)', async () => {
    const roundabout = multistatus(refused('http%3A//dav.test/alice/work/', 404), syncToken('7'));
    for (const answer of [status(404), roundabout, multistatus(refused(WORK, 404), syncToken('7'))])
      await assert.rejects(
        openMock(reports({ from: { '': answer, 7: answer } })).changes(SYNC_7),
        NotFoundError,
      );
  });
});

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
