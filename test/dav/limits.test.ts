import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ServerError, UnreachableError } from '../../src/core/errors.ts';
import { OriginLimits } from '../../src/http/origin-limits.ts';
import type { Transport } from '../../src/http/transport.ts';
import { fetchAll, openMock, refOf, WORK } from '../support/dav-collection.ts';
import { MockDav, multistatus, silent, status } from '../support/mock-dav.ts';
import { ITEM, setup, requestOf, chunked } from '../support/guard.ts';

describe('limits', () => {
  it('gives up when no answer comes in time', async () => {
    const { mock, guard } = setup({ timeoutMs: 5 });
    mock.on('GET /x', silent);
    await assert.rejects(guard.send(requestOf('GET'), ITEM), (error) => {
      assert.ok(error instanceof UnreachableError);
      assert.match(error.message, /GET https:\/\/dav\.test\/x: no complete answer within 0\.005 seconds/);
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

  it('has at most four requests under way at a host over all storages that share limits', async () => {
    const limits = new OriginLimits();
    let running = 0;
    let most = 0;
    const transport: Transport = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      running -= 1;
      return new Response(null, { status: 204 });
    };
    const collections = [1, 2].map(() => openMock(new MockDav(), { limits, transport }));
    await Promise.all(
      collections.flatMap((collection) =>
        Array.from({ length: 6 }, (_, at) => collection.remove(refOf(`${WORK}${at}.ics`))),
      ),
    );
    assert.equal(most, 4);
  });

  it('has four requests for each host', () => {
    const limits = new OriginLimits();
    const [here, same, there] = ['https://a.test/x', 'https://a.test/y', 'https://a.test:444/x'].map((url) =>
      limits.limiterFor(new URL(url)),
    );
    assert.equal(here, same);
    assert.notEqual(here, there);
  });

  it('takes its bounds for answers from the options of the storage', async () => {
    const mock = new MockDav().on(`GET ${WORK}1.ics`, status(200, { etag: '"1"' }, 'x'.repeat(2001)));
    mock.on(`REPORT ${WORK}`, multistatus());
    const [one] = await fetchAll(openMock(mock, { maxResponseBytes: 2000 }), [`${WORK}1.ics`]);
    assert.ok(one?.type === 'unreadable' && /larger/.test(one.error.message));
  });
});
