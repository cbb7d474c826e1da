import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Recorded } from './replay.ts';
import type { Account } from './server.ts';
import type { Setting } from './setting.ts';

/** An answer that is given in the server's place. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

interface ProxyOptions {
  /** Answers in the server's place, which never hears of it. `undefined`: it is passed on. */
  readonly standIn?: (method: string, url: URL, body: Buffer) => OwnAnswer | undefined;
}

/** Stands in front of a server, passes everything on and writes down what is asked. */
export class RecordingProxy {
  /** The server as seen through the proxy. */
  readonly account: Account;
  readonly #behind: Account;
  readonly #options: ProxyOptions;
  #requests: Recorded[] = [];
  #underWay = 0;

  private constructor(behind: Account, port: number, options: ProxyOptions) {
    this.#behind = behind;
    this.#options = options;
    this.account = { ...behind, url: new URL(`http://127.0.0.1:${port}/`) };
  }

  static async start(
    behind: Account,
    { atEnd }: Setting,
    options: ProxyOptions = {},
  ): Promise<RecordingProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new RecordingProxy(behind, (server.address() as AddressInfo).port, options);
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
  take(): readonly Recorded[] {
    const requests = this.#requests;
    this.#requests = [];
    return requests;
  }

  async #pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    this.#underWay += 1;
    const atOnce = this.#underWay;
    try {
      await this.#answer(asked, answer, atOnce);
    } finally {
      this.#underWay -= 1;
    }
    if (!answer.closed) await once(answer, 'close');
  }

  /** Ends when the server has given its answer, which may be before the client has all of it. */
  async #answer(asked: IncomingMessage, answer: ServerResponse, atOnce: number): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of asked) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = 'GET' } = asked;
    const url = new URL(asked.url ?? '/', this.#behind.url);
    const headers = Object.fromEntries(
      Object.entries(asked.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
    );
    this.#requests.push({ method, url, headers, body: body.toString(), atOnce });
    const own = this.#options.standIn?.(method, url, body);
    if (own) {
      answer.writeHead(own.status, own.headers).end();
      return;
    }
    const onward = request(url, { method, headers: { ...headers, host: url.host, connection: 'close' } });
    onward.end(body);
    const [response] = (await once(onward, 'response')) as [IncomingMessage];
    const { connection: _, ...kept } = response.headers;
    answer.writeHead(response.statusCode ?? 502, kept);
    response.pipe(answer);
    await once(response, 'close');
  }
}
