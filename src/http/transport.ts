import { X509Certificate } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { rootCertificates } from 'node:tls';
import { Agent } from 'undici';
import { ConfigError } from '../core/errors.ts';
import { eagerReading } from './eager-reading.ts';

/** One request on the wire: nothing is added to it but what HTTP itself needs. */
export interface TransportRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

/** What came back, as it was sent; a `Response` is one. */
export interface TransportAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Carries one request; follows no redirect and undoes no compression. Tests put a function in its place. */
export type Transport = (request: TransportRequest) => Promise<TransportAnswer>;

export interface ConnectionPool {
  readonly send: Transport;
  /** Ends all connections, so that the process can exit. */
  close(): Promise<void>;
}

/**
 * Cyrus and Apache make idle keep-alive connections wait for their worker pools: 60 parallel PUTs took minutes, 4 at a time a
 * second (docs/facts.md, D4).
 */
export const CONNECTIONS_PER_ORIGIN = 4;

/**
 * A pool of keep-alive connections.
 * @param tlsRoot PEM of further roots to trust, beside the usual ones
 * @throws ConfigError when `tlsRoot` is no certificate
 */
export function openConnections(tlsRoot: string | undefined): ConnectionPool {
  const agent = new Agent({
    connections: CONNECTIONS_PER_ORIGIN,
    pipelining: 1,
    // Shorter than what servers usually wait, so that few requests meet a connection that is being closed.
    keepAliveTimeout: 4000,
    connect: { timeout: 30_000, ...(tlsRoot === undefined ? {} : { ca: trustedRoots(tlsRoot) }) },
    // The time limit of a request covers both; a second one below it would end long reports.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const dispatcher = agent.compose(eagerReading);
  return {
    async send({ url, method, headers, body, signal }) {
      const answer = await dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers,
        body: body ?? null,
        signal,
      });
      return { status: answer.statusCode, headers: toHeaders(answer.headers), body: answer.body };
    },
    close: () => agent.destroy(),
  };
}

/** undici's names are in lower case. */
const toHeaders = (raw: IncomingHttpHeaders): TransportAnswer['headers'] => ({
  get(name) {
    const value = raw[name.toLowerCase()];
    return (Array.isArray(value) ? value.join(', ') : value) ?? null;
  },
});

function trustedRoots(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new ConfigError('tls_root holds no certificate in PEM form');
  for (const block of blocks) {
    try {
      parseCertificate(block);
    } catch (cause) {
      throw new ConfigError('tls_root holds a certificate that cannot be read', { cause });
    }
  }
  return [...rootCertificates, ...blocks];
}

const parseCertificate = (pem: string): X509Certificate => new X509Certificate(pem);
