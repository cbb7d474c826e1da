import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readBody } from '../../src/http/answer.ts';
import { type ConnectionPool, openConnections, type TransportAnswer } from '../../src/http/transport.ts';

describe('the connections', () => {
  let server: Server;
  let pool: ConnectionPool;
  let base: URL;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  before(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    pool = openConnections(undefined);
  });
  after(async () => {
    await pool.close();
    server.close();
  });

  const send = (method: string, path: string, body?: string): Promise<TransportAnswer> =>
    pool.send({ url: new URL(path, base), method, headers: {}, body, signal: new AbortController().signal });

  it('carry method, path, query and a body of known length', async () => {
    let seen: unknown[] = [];
    answer = (request, response) => {
      seen = [
        request.method,
        request.url,
        request.headers['content-length'],
        request.headers['transfer-encoding'],
      ];
      request.resume().on('end', () => response.writeHead(207, { 'x-a': ['1', '2'] }).end('ok'));
    };
    const { status, headers, body } = await send('REPORT', '/a%40b/?x=1', 'ä');
    assert.deepEqual(seen, ['REPORT', '/a%40b/?x=1', '2', undefined]);
    assert.deepEqual([status, headers.get('X-A')], [207, '1, 2']);
    assert.equal((await readBody({ status, headers, body }, 100)).toString(), 'ok');
  });

  it('follow no redirect', async () => {
    answer = (_, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    assert.equal((await send('GET', '/')).status, 302);
  });

  it('undo no compression by themselves', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('hello'));
    const { body } = await send('GET', '/');
    assert.ok(body);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    assert.equal(gunzipSync(Buffer.concat(chunks)).toString(), 'hello');
  });

  it('are four at most', async () => {
    const waiting: ServerResponse[] = [];
    const sockets = new Set<unknown>();
    answer = (request, response) => {
      sockets.add(request.socket);
      waiting.push(response);
      // The others cannot come before one of these was answered.
      if (waiting.length === 4) for (const one of waiting.splice(0)) one.end();
    };
    await Promise.all(
      Array.from({ length: 40 }, async () => {
        const sent = await send('GET', '/');
        await readBody(sent, 100);
      }),
    );
    assert.equal(sockets.size, 4);
  });

  it('end when they are given up', async () => {
    const controller = new AbortController();
    const reason = new Error('given up');
    answer = () => controller.abort(reason);
    const sending = pool.send({
      url: base,
      method: 'GET',
      headers: {},
      body: undefined,
      signal: controller.signal,
    });
    await assert.rejects(sending, (error) => error === reason);
  });

  it('do not hold up the process once they are closed', async () => {
    answer = (_, response) => response.end('ok');
    const program = `
      import { readBody } from './src/http/answer.ts';
      import { openConnections } from './src/http/transport.ts';
      const pool = openConnections(undefined);
      const request = { url: new URL(process.argv[1]), method: 'GET', headers: {}, body: undefined };
      const answer = await pool.send({ ...request, signal: new AbortController().signal });
      process.stdout.write(await readBody(answer, 100));
      await pool.close();`;
    const child = await run(['--import', 'tsx', '--input-type=module', '-e', program, base.href]);
    assert.deepEqual(child, { code: 0, stdout: 'ok' });
  });
});

const run = (args: readonly string[]): Promise<{ code: number | null; stdout: string }> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, args, { timeout: 60_000 }, (error, stdout) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ code: error ? Number(error.code) : 0, stdout });
    });
  });
