import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NotFoundError, ServerError } from '../../src/core/errors.ts';
import { readToken, toToken } from '../../src/dav/position.ts';
import { infoOf, openMock, WORK } from '../support/dav-collection.ts';
import {
  type Behaviour,
  found,
  getetag,
  multistatus,
  multistatusText,
  refused,
  status,
  syncToken,
} from '../support/mock-dav.ts';
import { SYNC_7, reports, item, inWords } from '../support/sync-reports.ts';

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

  it('passes over a contact among events, and an event among contacts, whether it comes or goes', async () => {
    for (const [kind, other, own] of [
      ['calendar', 'ada.vcf', '1.ics'],
      ['contact', '1.ics', 'ada.vcf'],
    ] as const) {
      const mock = reports({
        from: { 7: multistatus(item(other), refused(`${WORK}x-${other}`, 404), item(own), syncToken('8')) },
      });
      const { changed, removed, unclear } = await openMock(mock, {}, infoOf(kind)).changes(SYNC_7);
      assert.deepEqual(
        changed.map(({ href }) => href),
        [`${WORK}${own}`],
      );
      assert.deepEqual([removed, unclear], [[], []]);
    }
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
          refused(`${WORK}1.ics`, 404),
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

  it('believes the later page where two speak of one item', async () => {
    const mock = reports({
      from: {
        7: multistatus(refused(`${WORK}1.ics`, 404), item('2.ics'), refused(WORK, 507), syncToken('8')),
        8: multistatus(item('1.ics', '"2"'), refused(`${WORK}2.ics`, 404), syncToken('9')),
      },
    });
    assert.deepEqual(inWords(await openMock(mock).changes(SYNC_7)), {
      complete: false,
      changed: ['1.ics "2"'],
      removed: ['2.ics'],
      unclear: [],
      token: 'sync:9',
    });
  });

  it('does not go on for ever', async () => {
    const endless = multistatus(refused(WORK, 507), syncToken('7'));
    const mock = reports({ from: { '': endless, 7: endless } });
    await assert.rejects(openMock(mock).changes(undefined), /does not come to an end/);
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

  it('concludes no deletion from a list of everything that has something elsewhere, and names that', async () => {
    const elsewhere = found('/other/2.ics', getetag('"1"'));
    const nested = found(`${WORK}sub/3.ics`, getetag('"1"'));
    const answer = multistatus(
      item('1.ics'),
      elsewhere,
      nested,
      refused('/other/4.ics', 404),
      syncToken('8'),
    );
    const changes = await openMock(reports({ from: { '': answer } })).changes(undefined);
    const reason = (at: string): string =>
      `${at.replace(WORK, '')}: problem: the server lists ${at}, which is not directly in this collection; it is passed over`;
    assert.deepEqual(inWords(changes), {
      complete: false,
      changed: ['1.ics "1"'],
      removed: [],
      unclear: [reason('/other/2.ics'), reason(`${WORK}sub/3.ics`)],
      token: 'sync:8',
    });
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
