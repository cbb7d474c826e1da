import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ends } from './program.ts';

/** One request that went through. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly body: string;
  /** What the server said, whether or not that reached the one who asked; `undefined`: nothing yet. */
  status: number | undefined;
}

/** What to answer in the server's place. */
export interface Refusal {
  readonly status: number;
  readonly body?: string;
  /** How often; absent: always. */
  readonly times?: number;
}

interface Rule {
  readonly applies: (seen: Seen) => boolean;
  readonly refusal: Refusal;
  left: number;
}

/** Stands in front of a server, writes down every request, and can be off, or answer in the server's place. */
export class CountingProxy {
  readonly url: URL;
  #seen: Seen[] = [];
  readonly #server: Server;
  readonly #port: number;
  readonly #target: URL;
  #rules: Rule[] = [];
  #answersLost = false;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.#target = target;
    this.#port = (server.address() as AddressInfo).port;
    this.url = new URL(`http://127.0.0.1:${this.#port}/`);
    server.on('request', (incoming, outgoing) => void this.#serve(incoming, outgoing));
  }

  static async start(ends: Ends, target: URL): Promise<CountingProxy> {
    const server = createServer();
    await listen(server, 0);
    const proxy = new CountingProxy(server, target);
    ends.add(() => proxy.off());
    return proxy;
  }

  get seen(): readonly Seen[] {
    return this.#seen;
  }

  /** Requests of that method, in order. */
  all(method: string): readonly Seen[] {
    return this.#seen.filter((seen) => seen.method === method);
  }

  /** Everything but questions, as `METHOD name`. */
  writes(): string[] {
    return this.#seen
      .filter(
        ({ method }) =>
          method !== 'PROPFIND' && method !== 'REPORT' && method !== 'GET' && method !== 'OPTIONS',
      )
      .map(({ method, path }) => `${method} ${nameIn(path)}`);
  }

  forget(): void {
    this.#seen = [];
  }

  /** Connections are refused from now on, and those there are break off. */
  async off(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async on(): Promise<void> {
    if (!this.#server.listening) await listen(this.#server, this.#port);
  }

  /** Answers PUTs to that name in the server's place. */
  refusePut(name: string, refusal: Refusal): void {
    this.refuse('PUT', name, refusal);
  }

  /** The same for any method. */
  refuse(wanted: string, name: string, refusal: Refusal): void {
    this.#rules.push({
      applies: ({ method, path }) => method === wanted && nameIn(path) === name,
      refusal,
      left: refusal.times ?? Infinity,
    });
  }

  /** Lets everything through again. */
  allowAll(): void {
    this.#rules = [];
  }

  /** Lets PUTs reach the server and breaks off before the answer, as a network does that fails at the wrong moment. */
  loseAnswers(lose: boolean): void {
    this.#answersLost = lose;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readAll(incoming);
    if (!body) return void outgoing.destroy();
    const seen: Seen = {
      method: incoming.method ?? '',
      path: incoming.url ?? '/',
      ifMatch: incoming.headers['if-match'],
      ifNoneMatch: incoming.headers['if-none-match'],
      body: body.toString(),
      status: undefined,
    };
    this.#seen.push(seen);
    const rule = this.#rules.find(({ applies, left }) => left > 0 && applies(seen));
    if (!rule) return this.#forward(seen, { incoming, outgoing, body });
    rule.left -= 1;
    seen.status = rule.refusal.status;
    outgoing.writeHead(rule.refusal.status, { 'content-type': 'application/xml; charset=utf-8' });
    outgoing.end(rule.refusal.body ?? '');
  }

  #forward(
    seen: Seen,
    { incoming, outgoing, body }: { incoming: IncomingMessage; outgoing: ServerResponse; body: Buffer },
  ): void {
    const { method, path } = seen;
    const onward = request(new URL(path, this.#target), { method, headers: incoming.headers }, (answer) => {
      seen.status = answer.statusCode;
      if (method === 'PUT' && this.#answersLost) {
        answer.resume();
        outgoing.destroy();
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    onward.end(body);
  }
}

/** The last segment of a path, as it is called in the mount. */
const nameIn = (path: string): string => decodeURIComponent(path.replace(/\/$/, '').split('/').at(-1) ?? '');

/** `undefined`: the asker broke off before the end, so that no server would take it for a request. */
async function readAll(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
