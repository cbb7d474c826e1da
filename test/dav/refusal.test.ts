import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthError,
  ForbiddenError,
  NotFoundError,
  type PimsyncError,
  PreconditionFailedError,
  RefusedError,
  ServerError,
} from '../../src/core/errors.ts';
import {
  type Behaviour,
  found,
  MockDav,
  multistatus,
  multistatusText,
  refused,
  status,
} from '../support/mock-dav.ts';
import { URL_X, MANNER, clientOf, ask, as207 } from '../support/dav-client.ts';

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
    it(`is refused after one request: ${title}`, async () => {
      const mock = new MockDav().on('PROPFIND /x/', behaviour);
      await assert.rejects(
        clientOf(mock).propfind(URL_X, {}, '0', MANNER),
        (error) => error instanceof ServerError && message.test(error.message),
      );
      assert.equal(mock.seen.length, 1);
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
