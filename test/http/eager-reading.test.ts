import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { readBody } from '../../src/http/answer.ts';
import { openConnections } from '../../src/http/transport.ts';

/** As much as makes undici pause with nothing left to read but the end of the connection. */
const BODY = Buffer.alloc(64 * 1024, 'x');

/** Heads of an answer after which the server closes the connection. */
const heads: readonly (readonly [title: string, lines: readonly string[]])[] = [
  ['as Radicale does', ['HTTP/1.0 207 Multi-Status', `Content-Length: ${BODY.length}`]],
  [
    'with its length told',
    ['HTTP/1.1 207 Multi-Status', `Content-Length: ${BODY.length}`, 'Connection: close'],
  ],
  ['without its length told', ['HTTP/1.1 207 Multi-Status', 'Connection: close']],
];

describe('an answer of a server that closes the connection before it is read', () => {
  for (const [title, lines] of heads) {
    it(`can still be read, ${title}`, { timeout: 20_000 }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      const pool = openConnections(undefined);
      try {
        await once(server, 'listening');
        const closed = answerAndClose(server, lines);
        const { port } = server.address() as AddressInfo;
        const answer = await pool.send({
          url: new URL(`http://127.0.0.1:${port}/`),
          method: 'REPORT',
          headers: {},
          body: 'x',
          signal: new AbortController().signal,
        });
        await closed;
        assert.ok((await readBody(answer, BODY.length)).equals(BODY));
      } finally {
        await pool.close();
        server.close();
      }
    });
  }
});

/** Resolves when both ends have closed. */
async function answerAndClose(
  server: ReturnType<typeof createServer>,
  lines: readonly string[],
): Promise<void> {
  const [socket] = (await once(server, 'connection')) as [Socket];
  const closed = once(socket, 'close');
  await once(socket, 'data');
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.end(BODY);
  await closed;
}
