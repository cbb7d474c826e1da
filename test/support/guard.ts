import { basicCredentials } from '../../src/http/credentials.ts';
import { Guard, type GuardedRequest, type GuardOptions, type Manner } from '../../src/http/guarded-fetch.ts';
import { OriginLimits } from '../../src/http/origin-limits.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { FakeTiming, MockDav } from './mock-dav.ts';

/** For single items. */
export const ITEM: Manner = { limit: 'item' };

interface Setup {
  readonly mock: MockDav;
  readonly timing: FakeTiming;
  readonly guard: Guard;
}

/** A guard over a mock of the network and of time. */
export function setup(fields: Partial<GuardOptions> = {}): Setup {
  const mock = new MockDav();
  const timing = new FakeTiming();
  const guard = new Guard({
    url: new URL('https://dav.test/'),
    credentials: basicCredentials('me', () => Promise.resolve('pässword')),
    headers: new Map([['x-key', 'configured']]),
    userAgent: 'pimsync-test',
    timeoutMs: undefined,
    connections: { send: mock.transport, close: () => Promise.resolve() },
    limits: new OriginLimits(),
    timing,
    log: silentLogger,
    ...fields,
  });
  return { mock, timing, guard };
}

export const requestOf = (
  method: string,
  url = 'https://dav.test/x',
  headers: Record<string, string> = {},
): GuardedRequest => ({
  method,
  url: new URL(url),
  headers,
  body: method === 'PUT' ? 'text' : undefined,
});

/** A write that may be repeated. */
export const conditional = requestOf('PUT', 'https://dav.test/x', { 'If-Match': '"1"' });

/** A body in small pieces, as they come from a socket. */
export async function* chunked(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}
