import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PimsyncError, UnreachableError } from '../../src/core/errors.ts';
import type { GuardedRequest } from '../../src/http/guarded-fetch.ts';
import { broken, FakeTiming, status } from '../support/mock-dav.ts';
import { ITEM, setup, requestOf, conditional } from '../support/guard.ts';

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
