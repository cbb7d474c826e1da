import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthError,
  ForbiddenError,
  NotFoundError,
  PimsyncError,
  PreconditionFailedError,
  RefusedError,
  ServerError,
} from '../../src/core/errors.ts';
import { DavClient, type Reply } from '../../src/dav/client.ts';
import { basicCredentials } from '../../src/dav/credentials.ts';
import { Guard, type Manner } from '../../src/dav/guarded-fetch.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import {
  type Behaviour,
  FakeTiming,
  found,
  MockDav,
  multistatus,
  multistatusText,
  refused,
  status,
  syncToken,
} from '../support/mock-dav.ts';

const URL_X = new URL('https://dav.test/x/');
const MANNER: Manner = { limit: 'item' };

function clientOf(mock: MockDav): DavClient {
  const guard = new Guard({
    url: URL_X,
    credentials: basicCredentials('me', () => Promise.resolve('tops3cret')),
    headers: new Map(),
    userAgent: 'test',
    timeoutMs: undefined,
    connections: { send: mock.transport, close: () => Promise.resolve() },
    timing: new FakeTiming(),
    log: silentLogger,
  });
  return new DavClient(guard);
}

const ask = (behaviour: Behaviour): Promise<Reply> =>
  clientOf(new MockDav().on('PROPFIND /x/', behaviour)).propfind(URL_X, { 'd:displayname': {} }, '0', MANNER);

/** The display name as it comes out when a server writes it like this. */
async function displayname(xml: string): Promise<string | undefined> {
  const { entries } = await ask(multistatus(found('/x/', `<d:displayname>${xml}</d:displayname>`)));
  return entries[0]?.prop.child('displayname')?.text();
}

const as207 =
  (text: string | Buffer, type = 'application/xml'): Behaviour =>
  () =>
    new Response(text, { status: 207, headers: type === '' ? {} : { 'content-type': type } });

describe('text from a multistatus', () => {
  const exact: readonly (readonly [title: string, xml: string, want: string | undefined])[] = [
    ['a number', '2024', '2024'],
    ['a number with a zero at the end', '1.50', '1.50'],
    ['a number with an exponent', '1e3', '1e3'],
    ['a number too large for a number', '9007199254740993', '9007199254740993'],
    ['leading zeros', '007', '007'],
    ['a boolean', 'True', 'True'],
    ['entities', 'a &amp; b &lt;c&gt;', 'a & b <c>'],
    ['an escaped entity', '&amp;amp;', '&amp;'],
    ['CDATA', '<![CDATA[a & <b>]]>', 'a & <b>'],
    ['CDATA in pieces', '<![CDATA[a]]]]><![CDATA[>b]]>', 'a]]>b'],
    ['CDATA between text', 'a<![CDATA[b]]>c', 'abc'],
    ['text with a comment in it', 'a<!-- x -->b', 'ab'],
    ['what looks like our own numbering', '@0', '@0'],
    ['white space around it', '\n  Work \n', 'Work'],
    ['nothing', '', undefined],
    ['white space alone', ' \n ', undefined],
  ];
  for (const [title, xml, want] of exact)
    it(`is what the server wrote: ${title}`, async () => assert.equal(await displayname(xml), want));

  it('keeps an item to the last byte', async () => {
    const text = '  BEGIN:VCALENDAR\r\nX:1.50\r\n  y \r\nEND:VCALENDAR\r\n\r\n';
    const xml = text.replaceAll('\r', '&#13;');
    const { entries } = await ask(multistatus(found('/x/1', `<c:calendar-data>${xml}</c:calendar-data>`)));
    assert.equal(entries[0]?.prop.child('calendarData')?.leaf()?.text, text);
  });

  it('is read in the encoding that the server names', async () => {
    const latin1 = Buffer.from(
      multistatusText(found('/x/', '<d:displayname>Büro</d:displayname>')).replace('utf-8', 'iso-8859-1'),
      'latin1',
    );
    for (const type of ['application/xml; charset=ISO-8859-1', 'application/xml']) {
      const { entries } = await ask(as207(latin1, type));
      assert.equal(entries[0]?.prop.child('displayname')?.text(), 'Büro');
    }
  });

  it('is not taken from a property of the same name in another namespace', async () => {
    const { entries } = await ask(
      multistatus(
        found('/x/', '<x:getctag xmlns:x="urn:x">foreign</x:getctag><cs:getctag>ours</cs:getctag>'),
      ),
    );
    assert.deepEqual(
      entries[0]?.prop.all('getctag').map((one) => one.text()),
      ['ours'],
    );
  });
});

describe('a multistatus', () => {
  it('is read whatever prefixes it has', async () => {
    const xml =
      '<multistatus xmlns="DAV:"><response><href>/x/</href><propstat><prop><displayname>n</displayname></prop>' +
      '<status>HTTP/1.1 200 OK</status></propstat></response></multistatus>';
    for (const text of [xml, xml.replaceAll(/<(\/?)(\w)/g, '<$1ns0:$2').replace('xmlns', 'xmlns:ns0')]) {
      const { entries } = await ask(as207(text));
      assert.equal(entries[0]?.prop.child('displayname')?.text(), 'n');
    }
  });

  it('may be empty', async () => {
    assert.deepEqual((await ask(multistatus())).entries, []);
    assert.deepEqual((await ask(as207('<multistatus xmlns="DAV:"/>'))).entries, []);
  });

  it('keeps good and failed properties apart', async () => {
    const two = found('/x/', '<d:displayname>n</d:displayname>').replace(
      '</d:response>',
      '<d:propstat><d:prop><d:getetag/></d:prop><d:status>HTTP/1.1 403 Forbidden</d:status></d:propstat></d:response>',
    );
    const { entries } = await ask(multistatus(two));
    assert.equal(entries[0]?.prop.has('getetag'), false);
    assert.deepEqual([...(entries[0]?.failed ?? [])], [['getetag', 403]]);
  });

  it('tells the status of each entry, with its conditions', async () => {
    const { entries } = await ask(
      multistatus(
        refused(
          '/x/1',
          403,
          '<d:error><c:valid-calendar-data/></d:error><d:responsedescription>bad</d:responsedescription>',
        ),
      ),
    );
    assert.equal(entries[0]?.status, 403);
    assert.deepEqual(entries[0].conditions, ['valid-calendar-data']);
    assert.equal(entries[0].description, 'bad');
  });

  it('may name several resources with one status', async () => {
    const { entries } = await ask(
      multistatus(
        '<d:response><d:href>/x/1</d:href><d:href>/x/2</d:href><d:status>HTTP/1.1 404 X</d:status></d:response>',
      ),
    );
    assert.deepEqual(
      entries.map(({ href, status }) => [href, status]),
      [
        ['/x/1', 404],
        ['/x/2', 404],
      ],
    );
  });

  it('of a thousand entries comes whole, with what stands at its end', async () => {
    const many = Array.from({ length: 1000 }, (_, n) => found(`/x/${n}`, `<d:getetag>"${n}"</d:getetag>`));
    const reply = await ask(multistatus(...many, syncToken('42')));
    assert.deepEqual(
      reply.entries.map(({ href, prop }) => `${href} ${prop.child('getetag')?.text() ?? ''}`),
      Array.from({ length: 1000 }, (_, n) => `/x/${n} "${n}"`),
    );
    assert.equal(reply.syncToken, '42');
  });

  it('is read without a content type, and with a wrong one', async () => {
    for (const type of ['', 'text/plain', 'text/html']) {
      const { entries } = await ask(as207(multistatusText(found('/x/', '')), type));
      assert.equal(entries.length, 1);
    }
  });
});

describe('an answer that is none', () => {
  const whole = multistatusText(
    ...Array.from({ length: 500 }, (_, n) => found(`/x/${n}`, '<d:getetag>"1"</d:getetag>')),
  );
  const senseless: readonly (readonly [title: string, behaviour: Behaviour, message: RegExp])[] = [
    [
      'a page of HTML',
      status(200, { 'content-type': 'text/html' }, '<html><title>Log in</title></html>'),
      /not from a DAV server/,
    ],
    ['an empty success', status(204), /not from a DAV server/],
    ['an empty 207', as207(''), /no element/],
    ['a 207 in HTML', as207('<html><body>x</body></html>', 'text/html'), /root element is <html>/],
    ['another document of DAV', as207('<d:error xmlns:d="DAV:"/>'), /root element is <error>/],
    ['a multistatus of another namespace', as207('<multistatus/>'), /not <multistatus> of DAV/],
    ['a 207 that was cut inside a tag', as207(whole.slice(0, -5)), /cut short/],
    [
      'a 207 that was cut between two entries',
      as207(whole.slice(0, whole.lastIndexOf('<d:response>'))),
      /cut short/,
    ],
    ['a 207 that was cut in its middle', as207(whole.slice(0, whole.length / 2)), /cut short/],
    [
      'a 207 with entities',
      as207('<!DOCTYPE x [<!ENTITY a "b">]><d:multistatus xmlns:d="DAV:"/>'),
      /document type/,
    ],
    ['a redirect to nowhere', status(302), /302/],
  ];
  for (const [title, behaviour, message] of senseless) {
    it(`is refused: ${title}`, async () => {
      await assert.rejects(
        ask(behaviour),
        (error) => error instanceof ServerError && message.test(error.message),
      );
    });
  }
});

describe('a refusal', () => {
  type Class = abstract new (...args: never[]) => PimsyncError;
  const xmlError = (inner: string): string =>
    `<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">${inner}</d:error>`;
  const kinds: readonly (readonly [code: number, body: string, Class: Class, retryable: boolean])[] = [
    [400, '', RefusedError, false],
    [401, '', AuthError, false],
    [403, '', ForbiddenError, false],
    [403, xmlError('<d:need-privileges/>'), ForbiddenError, false],
    [403, xmlError('<c:valid-calendar-data xmlns:c="x"/>'), RefusedError, false],
    [404, '', NotFoundError, false],
    [405, '', RefusedError, false],
    [410, '', NotFoundError, false],
    [412, '', PreconditionFailedError, true],
    [423, '', ServerError, true],
    [429, '', ServerError, true],
    [500, '', ServerError, true],
    [501, '', RefusedError, false],
    [503, '', ServerError, true],
    [507, '', ServerError, true],
  ];
  for (const [code, body, Class, retryable] of kinds) {
    it(`with ${code}${body === '' ? '' : ` and ${body.slice(-40)}`} is a ${Class.name}`, async () => {
      await assert.rejects(ask(status(code, { 'content-type': 'application/xml' }, body)), (error) => {
        assert.ok(error instanceof Class);
        assert.equal(error.retryable, retryable);
        assert.match(error.message, new RegExp(`^PROPFIND /x/: the server answered ${code}`));
        return true;
      });
    });
  }

  const reasons: readonly (readonly [title: string, type: string, body: string, want: string])[] = [
    [
      'a condition',
      'application/xml',
      xmlError('<c:no-uid-conflict xmlns:c="x"><d:href>/y</d:href></c:no-uid-conflict>'),
      '(no-uid-conflict)',
    ],
    [
      "sabre's words",
      'application/xml',
      xmlError('<s:exception>E</s:exception><s:message>Not  so</s:message>'),
      '(Not so)',
    ],
    [
      'the title of a page',
      'text/html',
      '<html><head><title> Bad\nGateway </title></head></html>',
      '(Bad Gateway)',
    ],
    ['plain text', 'text/plain', 'Nothing matches.\u001B[31m', '(Nothing matches. [31m)'],
    ['at most 200 characters', 'text/plain', 'x'.repeat(5000), `(${'x'.repeat(199)}…)`],
    ['nothing of broken markup', 'application/xml', '<oops', '409'],
    [
      'what came of a cut document',
      'application/xml',
      xmlError('<s:message>Full</s:message>').slice(0, -3),
      '(Full)',
    ],
  ];
  for (const [title, type, body, want] of reasons) {
    it(`tells ${title}`, async () => {
      await assert.rejects(ask(status(409, { 'content-type': type }, body)), (error: Error) =>
        error.message.endsWith(want),
      );
    });
  }

  it('does not repeat our secrets, even when the server does', async () => {
    const token = Buffer.from('me:tops3cret').toString('base64');
    await assert.rejects(
      ask(status(400, {}, `you sent Authorization: Basic ${token} with tops3cret`)),
      (error: Error) => {
        assert.match(error.message, /you sent Authorization: Basic \[redacted\] with \[redacted\]/);
        return true;
      },
    );
  });

  it('tells how long to wait', async () => {
    await assert.rejects(ask(status(429, { 'retry-after': '300' })), (error) => {
      assert.ok(error instanceof ServerError);
      assert.equal(error.retryAfterSeconds, 300);
      return true;
    });
  });

  it('of a host that was not told who we are says so', async () => {
    const mock = new MockDav()
      .on('PROPFIND https://dav.test/x/', status(302, { location: 'https://evil.test/' }))
      .on('PROPFIND https://evil.test/', status(401));
    await assert.rejects(clientOf(mock).propfind(URL_X, {}, '0', MANNER), (error) => {
      assert.ok(error instanceof AuthError);
      assert.match(error.message, /evil\.test wants credentials.*sent to the configured host only/);
      return true;
    });
  });
});

describe('a write', () => {
  const put = (behaviour: Behaviour): Promise<unknown> =>
    clientOf(new MockDav().on('PUT /x/1.ics', behaviour)).put(
      new URL('https://dav.test/x/1.ics'),
      { text: 'x', type: 'text/calendar' },
      { ifMatch: '"1"' },
      MANNER,
    );

  it('that was answered with 207 is what the status inside says (Xandikos 0.2.8)', async () => {
    const inner = refused('/x/1.ics', 412, '<d:error><c:no-uid-conflict/></d:error>');
    await assert.rejects(put(multistatus(inner)), (error) => {
      assert.ok(error instanceof PreconditionFailedError);
      assert.deepEqual(error.conditions, ['no-uid-conflict']);
      return true;
    });
  });

  it('that was answered with 207 and nothing bad inside is done', async () => {
    await put(multistatus(refused('/x/1.ics', 200)));
  });

  it('carries its condition, its type and its text', async () => {
    const mock = new MockDav().on('PUT /x/1.ics', status(204)).on('DELETE /x/1.ics', status(204));
    const client = clientOf(mock);
    const url = new URL('https://dav.test/x/1.ics');
    await client.put(url, { text: 'ä\r\n', type: 'text/vcard' }, { ifMatch: 'W/"1"' }, MANNER);
    await client.put(url, { text: '', type: 'text/vcard' }, { ifNoneMatch: '*' }, MANNER);
    await client.delete(url, '"2"', MANNER);
    const sent = mock.seen.map(({ method, body, headers }) => [
      method,
      body,
      headers['if-match'],
      headers['if-none-match'],
      headers['content-type'],
    ]);
    assert.deepEqual(sent, [
      ['PUT', 'ä\r\n', 'W/"1"', undefined, 'text/vcard'],
      ['PUT', '', undefined, '*', 'text/vcard'],
      ['DELETE', '', '"2"', undefined, undefined],
    ]);
  });
});
