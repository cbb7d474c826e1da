import { DavClient, type Reply } from '../../src/dav/client.ts';
import { basicCredentials } from '../../src/http/credentials.ts';
import { Guard, type Manner } from '../../src/http/guarded-fetch.ts';
import { OriginLimits } from '../../src/http/origin-limits.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { type Behaviour, FakeTiming, found, MockDav, multistatus } from './mock-dav.ts';

export const URL_X = new URL('https://dav.test/x/');
export const MANNER: Manner = { limit: 'item' };

/** A client of `https://dav.test/` that talks to the mock. */
export function clientOf(mock: MockDav): DavClient {
  const guard = new Guard({
    url: URL_X,
    credentials: basicCredentials('me', () => Promise.resolve('tops3cret')),
    headers: new Map(),
    userAgent: 'test',
    timeoutMs: undefined,
    connections: { send: mock.transport, close: () => Promise.resolve() },
    timing: new FakeTiming(),
    limits: new OriginLimits(),
    log: silentLogger,
  });
  return new DavClient(guard);
}

/** What the client makes of this answer to a PROPFIND. */
export const ask = (behaviour: Behaviour): Promise<Reply> =>
  clientOf(new MockDav().on('PROPFIND /x/', behaviour)).propfind(URL_X, { 'd:displayname': {} }, '0', MANNER);

/** The display name as it comes out when a server writes it like this. */
export async function displayname(xml: string): Promise<string | undefined> {
  const { entries } = await ask(multistatus(found('/x/', `<d:displayname>${xml}</d:displayname>`)));
  return entries[0]?.prop.child('displayname')?.text();
}

export const as207 =
  (text: string | Buffer, type = 'application/xml'): Behaviour =>
  () =>
    new Response(text, { status: 207, headers: type === '' ? {} : { 'content-type': type } });
