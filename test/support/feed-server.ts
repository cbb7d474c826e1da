import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ends } from './program.ts';

/** A request as it came in. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

export interface Page {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Close the connection after so many bytes of the body, as a crash does. */
  readonly cutAt?: number;
}

/** A web server whose pages a test changes; it tells the etag of a page where it is given one, and answers 304. */
export class FeedServer {
  readonly asked: Asked[] = [];
  readonly #pages = new Map<string, (asked: Asked) => Page>();
  #origin = '';

  static async start(ends: Ends): Promise<FeedServer> {
    const feeds = new FeedServer();
    const server = createServer((request, response) => feeds.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.add(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    feeds.#origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return feeds;
  }

  url(path: string): URL {
    return new URL(path, this.#origin);
  }

  show(path: string, page: Page | ((asked: Asked) => Page)): void {
    this.#pages.set(path, typeof page === 'function' ? page : () => page);
  }

  /** A feed without validators. */
  feed(path: string, body: string): void {
    this.show(path, { headers: { 'content-type': 'text/calendar' }, body });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const asked = { path: request.url ?? '', headers: request.headers };
    this.asked.push(asked);
    const {
      status = 200,
      headers = {},
      body = '',
      cutAt,
    } = this.#pages.get(asked.path)?.(asked) ?? NOT_FOUND;
    if (isUnchanged(asked, headers)) response.writeHead(304, headers).end();
    else if (cutAt === undefined) response.writeHead(status, headers).end(body);
    else {
      const bytes = Buffer.from(body);
      response.writeHead(status, { ...headers, 'content-length': bytes.length });
      response.write(bytes.subarray(0, cutAt), () => response.destroy());
    }
  }
}

const NOT_FOUND: Page = { status: 404, body: 'no such page' };

const isUnchanged = ({ headers: sent }: Asked, headers: Page['headers'] = {}): boolean =>
  (sent['if-none-match'] !== undefined && sent['if-none-match'] === headers['etag']) ||
  (sent['if-modified-since'] !== undefined && sent['if-modified-since'] === headers['last-modified']);
