import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebRequest } from './curl.ts';
import type { Account } from './server.ts';
import type { Setting } from './setting.ts';

/** Stands in front of a server, passes everything on and writes down what is asked. */
export class RecordingProxy {
  /** The server as seen through the proxy. */
  readonly account: Account;
  readonly #behind: Account;
  #requests: WebRequest[] = [];

  private constructor(behind: Account, port: number) {
    this.#behind = behind;
    this.account = { ...behind, url: new URL(`http://127.0.0.1:${port}/`) };
  }

  static async start(behind: Account, { atEnd }: Setting): Promise<RecordingProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new RecordingProxy(behind, (server.address() as AddressInfo).port);
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      proxy.#pass(asked, answer).catch((error: unknown) => answer.destroy(error as Error));
    });
    atEnd(async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return proxy;
  }

  /** What was asked since the last time, addressed to the server itself. */
  take(): readonly WebRequest[] {
    const requests = this.#requests;
    this.#requests = [];
    return requests;
  }

  async #pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of asked) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = 'GET' } = asked;
    const url = new URL(asked.url ?? '/', this.#behind.url);
    const headers = Object.fromEntries(
      Object.entries(asked.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
    );
    this.#requests.push({ method, url, headers, body: body.toString() });
    const onward = request(url, { method, headers: { ...headers, host: url.host, connection: 'close' } });
    onward.end(body);
    const [response] = (await once(onward, 'response')) as [IncomingMessage];
    const { connection: _, ...kept } = response.headers;
    answer.writeHead(response.statusCode ?? 502, kept);
    response.pipe(answer);
    await once(answer, 'close');
  }
}
