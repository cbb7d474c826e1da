import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PimsyncError, ServerError, UnreachableError } from '../../src/core/errors.ts';
import { basicCredentials } from '../../src/dav/credentials.ts';
import { Guard, type GuardedRequest, type GuardOptions, type Manner } from '../../src/dav/guarded-fetch.ts';
import { type Logger, silentLogger } from '../../src/lib/logger.ts';
import { broken, FakeTiming, MockDav, silent, status } from '../support/mock-dav.ts';

const ITEM: Manner = { limit: 'item' };

interface Setup {
  readonly mock: MockDav;
  readonly timing: FakeTiming;
  readonly guard: Guard;
}

function setup(fields: Partial<GuardOptions> = {}): Setup {
  const mock = new MockDav();
  const timing = new FakeTiming();
  const guard = new Guard({
    url: new URL('https://dav.test/'),
    credentials: basicCredentials('me', () => Promise.resolve('pässword')),
    headers: new Map([['x-key', 'configured']]),
    userAgent: 'pimsync-test',
    timeoutMs: undefined,
    connections: { send: mock.transport, close: () => Promise.resolve() },
    timing,
    log: silentLogger,
    ...fields,
  });
  return { mock, timing, guard };
}

const requestOf = (
  method: string,
  url = 'https://dav.test/x',
  headers: Record<string, string> = {},
): GuardedRequest => ({
  method,
  url: new URL(url),
  headers,
  body: method === 'PUT' ? 'text' : undefined,
});

const conditional = requestOf('PUT', 'https://dav.test/x', { 'If-Match': '"1"' });

describe('retries', () => {
  const passing: readonly (readonly [title: string, request: GuardedRequest])[] = [
    ['PROPFIND', requestOf('PROPFIND')],
    ['REPORT', requestOf('REPORT')],
    ['GET', requestOf('GET')],
    ['a conditional PUT', conditional],
    ['a conditional DELETE', requestOf('DELETE', undefined, { 'if-match': '"1"' })],
    ['a PUT of something new', requestOf('PUT', undefined, { 'if-none-match': '*' })],
  ];
  for (const [title, request] of passing) {
    for (const code of [429, 502, 503, 504]) {
      it(`repeats ${title} after ${code}`, async () => {
        const { mock, guard } = setup();
        mock.on(`${request.method} /x`, status(code), status(200));
        const exchange = await guard.send(request, ITEM);
        assert.equal(exchange.answer.status, 200);
        assert.equal(exchange.repeated, true);
      });
    }
    it(`repeats ${title} when the connection broke`, async () => {
      const { mock, guard } = setup();
      mock.on(`${request.method} /x`, broken(), status(204));
      assert.equal((await guard.send(request, ITEM)).answer.status, 204);
    });
  }

  for (const method of ['PUT', 'DELETE', 'MKCALENDAR', 'MKCOL', 'PROPPATCH']) {
    it(`never repeats ${method} without a condition`, async () => {
      const { mock, guard } = setup();
      mock.on(`${method} /x`, broken());
      await assert.rejects(guard.send(requestOf(method), ITEM), UnreachableError);
      mock.on(`${method} /x`, status(503));
      assert.equal((await guard.send(requestOf(method), ITEM)).answer.status, 503);
      assert.equal(mock.seen.length, 2);
    });
  }

  it('does not repeat what will not get better', async () => {
    for (const code of [400, 401, 403, 404, 412, 500, 507]) {
      const { mock, guard } = setup();
      mock.on('PROPFIND /x', status(code));
      assert.equal((await guard.send(requestOf('PROPFIND'), ITEM)).answer.status, code);
      assert.equal(mock.seen.length, 1);
    }
  });

  it('does not repeat when nobody listens', async () => {
    const { mock, guard } = setup();
    mock.on('PROPFIND /x', broken('ECONNREFUSED'));
    await assert.rejects(guard.send(requestOf('PROPFIND'), ITEM), /nothing listens there/);
    assert.equal(mock.seen.length, 1);
  });

  it('gives up after three tries, waiting longer each time', async () => {
    const { mock, timing, guard } = setup();
    mock.on('PROPFIND /x', status(503));
    assert.equal((await guard.send(requestOf('PROPFIND'), ITEM)).answer.status, 503);
    assert.equal(mock.seen.length, 3);
    assert.deepEqual(timing.slept, [500, 1000]);
  });

  it('waits long after 429 without Retry-After', async () => {
    const { mock, timing, guard } = setup();
    mock.on('PROPFIND /x', status(429), status(207));
    await guard.send(requestOf('PROPFIND'), ITEM);
    assert.deepEqual(timing.slept, [30_000]);
  });

  it('waits as long as Retry-After says, in seconds', async () => {
    const { mock, timing, guard } = setup();
    mock.on('PROPFIND /x', status(503, { 'retry-after': '7' }), status(207));
    await guard.send(requestOf('PROPFIND'), ITEM);
    assert.deepEqual(timing.slept, [7500]);
  });

  it('waits as long as Retry-After says, as a date', async () => {
    const { mock, timing, guard } = setup();
    mock.on('PROPFIND /x', status(503, { 'retry-after': 'Sun, 22 Nov 2026 12:01:00 GMT' }), status(207));
    await guard.send(requestOf('PROPFIND'), ITEM);
    assert.deepEqual(timing.slept, [60_500]);
  });

  it('does not wait for more than two minutes', async () => {
    const { mock, timing, guard } = setup();
    mock.on('PROPFIND /x', status(429, { 'retry-after': '300' }));
    assert.equal((await guard.send(requestOf('PROPFIND'), ITEM)).answer.status, 429);
    assert.deepEqual(timing.slept, []);
  });

  it('stops waiting when it is called off', async () => {
    const controller = new AbortController();
    const reason = new Error('called off');
    const timing = new FakeTiming();
    timing.sleep = () => {
      controller.abort(reason);
      return new Promise(() => {});
    };
    const { mock, guard } = setup({ timing });
    mock.on('PROPFIND /x', status(503));
    const sending = guard.send(requestOf('PROPFIND'), { ...ITEM, signal: controller.signal });
    await assert.rejects(sending, (error) => error === reason);
  });
});

describe('limits', () => {
  it('gives up when no answer comes in time', async () => {
    const { mock, guard } = setup({ timeoutMs: 5 });
    mock.on('GET /x', silent);
    await assert.rejects(guard.send(requestOf('GET'), ITEM), (error) => {
      assert.ok(error instanceof UnreachableError);
      assert.match(error.message, /GET \/x: no complete answer within 0\.005 seconds/);
      return true;
    });
    assert.equal(mock.seen.length, 1);
  });

  it('gives up when the body does not end in time', async () => {
    const { mock, guard } = setup({ timeoutMs: 5 });
    mock.on('GET /x', () => ({
      status: 200,
      headers: new Headers(),
      body: (async function* () {
        yield Buffer.from('x');
        await new Promise(() => {});
      })(),
    }));
    await assert.rejects(guard.send(requestOf('GET'), ITEM), UnreachableError);
  });

  it('ends with the reason it was called off for', async () => {
    const { mock, guard } = setup();
    mock.on('GET /x', silent);
    const controller = new AbortController();
    const reason = new Error('called off');
    const sending = guard.send(requestOf('GET'), { ...ITEM, signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(sending, (error) => error === reason);
  });

  it('sends nothing when it was called off beforehand', async () => {
    const { mock, guard } = setup();
    await assert.rejects(guard.send(requestOf('GET'), { ...ITEM, signal: AbortSignal.abort() }));
    assert.equal(mock.seen.length, 0);
  });

  it('ends what is under way when the storage is closed', async () => {
    const { mock, guard } = setup();
    mock.on('GET /x', silent);
    const sending = guard.send(requestOf('GET'), ITEM);
    const ended = assert.rejects(sending, /the storage was closed/);
    await guard.close();
    await ended;
  });

  it('refuses an answer that is too large', async () => {
    const { mock, guard } = setup({ maxBodyBytes: 1000 });
    mock.on('GET /x', status(200, {}, 'x'.repeat(1001)));
    await assert.rejects(
      guard.send(requestOf('GET'), ITEM),
      (error) => error instanceof ServerError && /larger/.test(error.message),
    );
  });

  it('refuses an answer that becomes too large when it is unpacked', async () => {
    const { mock, guard } = setup({ maxBodyBytes: 1000 });
    const bomb = gzipSync(Buffer.alloc(100_000));
    assert.ok(bomb.length < 1000);
    mock.on('GET /x', () => ({
      status: 200,
      headers: new Headers({ 'content-encoding': 'gzip' }),
      body: chunked(bomb),
    }));
    await assert.rejects(guard.send(requestOf('GET'), ITEM), /larger/);
  });

  it('unpacks what is packed', async () => {
    const { mock, guard } = setup();
    mock.on('GET /x', () => ({
      status: 200,
      headers: new Headers({ 'content-encoding': 'gzip' }),
      body: chunked(gzipSync('hello')),
    }));
    assert.equal((await guard.send(requestOf('GET'), ITEM)).answer.body.toString(), 'hello');
  });

  it('does not take a packed answer that was cut for a whole one', async () => {
    const { mock, guard } = setup();
    const cut = gzipSync('hello hello hello').subarray(0, 20);
    mock.on('GET /x', () => ({
      status: 200,
      headers: new Headers({ 'content-encoding': 'gzip' }),
      body: chunked(cut),
    }));
    await assert.rejects(guard.send(requestOf('GET'), ITEM), ServerError);
  });

  it('has at most four requests under way at a host', async () => {
    const { mock, guard } = setup();
    const open: (() => void)[] = [];
    mock.on('GET /x', () => new Promise((resolve) => open.push(() => resolve(new Response('')))));
    const all = Promise.all(Array.from({ length: 9 }, () => guard.send(requestOf('GET'), ITEM)));
    const most: number[] = [];
    while (mock.seen.length < 9 || open.length > 0) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      most.push(open.length);
      open.shift()?.();
    }
    await all;
    assert.equal(Math.max(...most), 4);
  });
});

async function* chunked(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

describe('credentials', () => {
  it('are sent in UTF-8, with the configured headers', async () => {
    const { mock, guard } = setup();
    await guard.send(requestOf('GET'), ITEM);
    const [seen] = mock.seen;
    assert.equal(seen?.headers['authorization'], `Basic ${Buffer.from('me:pässword').toString('base64')}`);
    assert.equal(seen?.headers['x-key'], 'configured');
    assert.equal(seen?.headers['user-agent'], 'pimsync-test');
  });

  it('are asked for once, and not before they are needed', async () => {
    let asked = 0;
    const password = (): Promise<string> => Promise.resolve(`secret ${(asked += 1)}`);
    const { guard } = setup({ credentials: basicCredentials('me', password) });
    assert.equal(asked, 0);
    await Promise.all([guard.send(requestOf('GET'), ITEM), guard.send(requestOf('GET'), ITEM)]);
    assert.equal(asked, 1);
  });

  const elsewhere: readonly (readonly [title: string, url: string, manner: Manner, sent: boolean])[] = [
    ['another port', 'https://dav.test:8443/x', ITEM, false],
    ['another domain', 'https://evil.test/x', { ...ITEM, discovery: true }, false],
    ['a neighbour', 'https://p1.dav.test/x', ITEM, false],
    [
      'a neighbour, while looking for the account',
      'https://p1.dav.test/x',
      { ...ITEM, discovery: true },
      true,
    ],
  ];
  for (const [title, url, manner, sent] of elsewhere) {
    it(`are ${sent ? '' : 'not '}sent to ${title}`, async () => {
      const { mock, guard } = setup();
      const { authorized } = await guard.send(requestOf('PROPFIND', url), manner);
      assert.equal('authorization' in (mock.seen[0]?.headers ?? {}), sent);
      assert.equal('x-key' in (mock.seen[0]?.headers ?? {}), sent);
      assert.equal(authorized, sent);
    });
  }

  it('are sent to a neighbour where the account was found', async () => {
    const { mock, guard } = setup();
    guard.trust(new URL('https://p1.dav.test/alice/'));
    guard.trust(new URL('https://evil.test/alice/'));
    await guard.send(requestOf('GET', 'https://p1.dav.test/x'), ITEM);
    await guard.send(requestOf('GET', 'https://evil.test/x'), ITEM);
    assert.deepEqual(
      mock.seen.map(({ headers }) => 'authorization' in headers),
      [true, false],
    );
  });

  it('never reach the log', async () => {
    const lines: string[] = [];
    const note = (fields: object, message: string): void => void lines.push(JSON.stringify(fields) + message);
    const log: Logger = { ...silentLogger, debug: note, info: note, warn: note, error: note };
    const { mock, guard } = setup({ log });
    mock.on('GET /x', status(401, { 'www-authenticate': 'Basic' }));
    await guard.send(requestOf('GET'), ITEM);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /"method":"GET","path":"\/x","status":401,"bytes":0,"ms":0/);
    assert.doesNotMatch(lines.join(''), /pässword|Basic|configured/);
  });
});

describe('redirects', () => {
  it('are followed with method and body', async () => {
    for (const code of [301, 302, 303, 307, 308]) {
      const { mock, guard } = setup();
      mock.on('PUT /x', status(code, { location: '/y' })).on('PUT /y', status(201));
      assert.equal((await guard.send(conditional, ITEM)).answer.status, 201);
      assert.deepEqual(
        mock.seen.map(({ path, body }) => `${path} ${body}`),
        ['/x text', '/y text'],
      );
    }
  });

  it('tell where the answer came from at last', async () => {
    const { mock, guard } = setup();
    mock.on('PROPFIND /x', status(301, { location: 'https://dav.test/y/' })).on('PROPFIND /y/', status(207));
    assert.equal((await guard.send(requestOf('PROPFIND'), ITEM)).answer.url.href, 'https://dav.test/y/');
  });

  it('to another host are followed without credentials', async () => {
    const { mock, guard } = setup();
    mock.on('PROPFIND https://dav.test/x', status(302, { location: 'https://evil.test/' }));
    mock.on('PROPFIND https://evil.test/', status(401));
    const exchange = await guard.send(requestOf('PROPFIND'), { ...ITEM, discovery: true });
    assert.equal(exchange.authorized, false);
    assert.equal(mock.seen[1]?.headers['authorization'], undefined);
    assert.equal(mock.seen[1]?.headers['x-key'], undefined);
  });

  it('to another host are not followed with a write', async () => {
    const { mock, guard } = setup();
    mock.on('PUT /x', status(307, { location: 'https://evil.test/x' }));
    await assert.rejects(guard.send(conditional, ITEM), /another server; nothing is written there/);
    assert.equal(mock.seen.length, 1);
  });

  it('out of encryption are not followed', async () => {
    const { mock, guard } = setup();
    mock.on('PROPFIND /x', status(301, { location: 'http://dav.test/x' }));
    await assert.rejects(guard.send(requestOf('PROPFIND'), ITEM), /not encrypted/);
    assert.equal(mock.seen.length, 1);
  });

  it('to other protocols are not followed', async () => {
    const { mock, guard } = setup();
    mock.on('GET /x', status(301, { location: 'file:///etc/passwd' }));
    await assert.rejects(guard.send(requestOf('GET'), ITEM), ServerError);
  });

  it('in a circle come to an end', async () => {
    const { mock, guard } = setup();
    mock.on('GET /x', status(302, { location: '/y' })).on('GET /y', status(302, { location: '/x' }));
    await assert.rejects(guard.send(requestOf('GET'), ITEM), /redirected more than 5 times/);
    assert.equal(mock.seen.length, 6);
  });

  it('that lead nowhere are an answer', async () => {
    for (const location of [undefined, 'https://[']) {
      const { mock, guard } = setup();
      mock.on('GET /x', status(302, location === undefined ? {} : { location }));
      assert.equal((await guard.send(requestOf('GET'), ITEM)).answer.status, 302);
    }
  });
});

describe('connection failures', () => {
  const failures: readonly (readonly [code: string, message: RegExp])[] = [
    ['ENOTFOUND', /no host of that name/],
    ['EAI_AGAIN', /is there a network/],
    ['UND_ERR_CONNECT_TIMEOUT', /timed out/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /tls_root/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /tls_root/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /tls_root/],
  ];
  for (const [code, message] of failures) {
    it(`explains ${code}`, async () => {
      const { mock, guard } = setup();
      mock.on('GET /x', broken(code));
      await assert.rejects(guard.send(requestOf('GET'), ITEM), (error) => {
        assert.ok(error instanceof PimsyncError && error.code === 'unreachable' && error.retryable);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});
