import type { Timing } from '../../src/http/timing.ts';
import type { Transport, TransportAnswer, TransportRequest } from '../../src/http/transport.ts';

/** What the mock does with one request: answers, or throws as a connection does. */
export type Behaviour = (request: TransportRequest) => TransportAnswer | Promise<TransportAnswer>;

/** One request as it went out. */
export interface Seen {
  readonly method: string;
  /** Origin and path. */
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * A server of behaviours instead of sockets. Each `on` queues behaviours for a method and path; the last one stays. What nobody
 * foresaw gets 404.
 */
export class MockDav {
  readonly seen: Seen[] = [];
  readonly #behaviours = new Map<string, Behaviour[]>();

  /** @param where for example `PROPFIND /alice/`, or with origin where there are several */
  on(where: string, ...behaviours: readonly Behaviour[]): this {
    this.#behaviours.set(where, [...behaviours]);
    return this;
  }

  readonly transport: Transport = async (request) => {
    const { method, url, headers, body = '' } = request;
    const seen = { method, url: url.origin + url.pathname, path: url.pathname, headers, body };
    this.seen.push(seen);
    const queue =
      this.#behaviours.get(`${method} ${seen.url}`) ?? this.#behaviours.get(`${method} ${seen.path}`) ?? [];
    const behaviour = queue.length > 1 ? queue.shift() : queue[0];
    return behaviour ? behaviour(request) : new Response('nobody foresaw this', { status: 404 });
  };

  /** `METHOD /path` of all that was asked. */
  asked(): string[] {
    return this.seen.map(({ method, path }) => `${method} ${path}`);
  }
}

/** No waiting; what would have been waited for is written down. */
export class FakeTiming implements Timing {
  readonly slept: number[] = [];
  nowAtMs = Date.parse('2026-11-22T12:00:00Z');
  readonly clock = { nowMs: () => this.nowAtMs };

  sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    this.nowAtMs += ms;
    return Promise.resolve();
  }

  random(): number {
    return 0.5;
  }
}

export const status =
  (code: number, headers: Record<string, string> = {}, body?: string): Behaviour =>
  () =>
    new Response(body ?? null, { status: code, headers });

/** A 207 with these `response` elements (and whatever else belongs into a multistatus). */
export const multistatus =
  (...inner: readonly string[]): Behaviour =>
  () =>
    new Response(multistatusText(...inner), {
      status: 207,
      headers: { 'content-type': 'application/xml; charset=utf-8' },
    });

export const multistatusText = (...inner: readonly string[]): string =>
  '<?xml version="1.0" encoding="utf-8"?>\n' +
  '<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:card="urn:ietf:params:xml:ns:carddav"' +
  ` xmlns:cs="http://calendarserver.org/ns/" xmlns:a="http://apple.com/ns/ical/">${inner.join('')}</d:multistatus>`;

/** A resource with properties, which came with `code`. */
export const found = (href: string, prop: string, code = 200): string =>
  `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${prop}</d:prop>` +
  `<d:status>HTTP/1.1 ${code} X</d:status></d:propstat></d:response>`;

/** A resource with a status of its own and no properties. */
export const refused = (href: string, code: number, more = ''): string =>
  `<d:response><d:href>${href}</d:href><d:status>HTTP/1.1 ${code} X</d:status>${more}</d:response>`;

export const getetag = (text: string): string => `<d:getetag>${text}</d:getetag>`;

export const syncToken = (text: string): string => `<d:sync-token>${text}</d:sync-token>`;

/** A calendar item with its data. */
export const withData = (href: string, tag: string, text: string): string =>
  found(href, `${getetag(tag)}<c:calendar-data>${escapeXml(text)}</c:calendar-data>`);

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');

/** The connection breaks. */
export const broken =
  (code = 'ECONNRESET'): Behaviour =>
  () => {
    throw Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) });
  };

/** Never answers; ends when it is given up. */
export const silent: Behaviour = ({ signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
