import type { ItemKind } from '../../src/core/item.ts';
import type { TestServer } from './server.ts';

/** A server as another client sees it: plain requests that owe nothing to the code under test. */
export class RawDav {
  readonly #server: TestServer;

  constructor(server: TestServer) {
    this.#server = server;
  }

  home(kind: ItemKind): URL {
    return kind === 'calendar' ? this.#server.calendarHome : this.#server.contactsHome;
  }

  /** Makes a calendar or address book. @returns its URL */
  async makeCollection(kind: ItemKind, id: string, displayname = id): Promise<URL> {
    const url = new URL(`${encodeURIComponent(id)}/`, this.home(kind));
    const response = await this.send(url, kind === 'calendar' ? 'MKCALENDAR' : 'MKCOL', {
      headers: { 'content-type': 'application/xml; charset=utf-8' },
      body: kind === 'calendar' ? mkcalendarBody(displayname) : mkcolBody(displayname),
    });
    await expectStatus(response, 201);
    return url;
  }

  /** Makes a collection and fills it. @param items file name → text */
  async makeFilled(kind: ItemKind, id: string, items: ReadonlyMap<string, string>): Promise<URL> {
    const url = await this.makeCollection(kind, id);
    for (const [name, text] of items) await this.put(new URL(encodeURIComponent(name), url), text);
    return url;
  }

  /** Stores without any condition, as a careless client does. @returns the etag, if the server tells it */
  async put(url: URL, text: string): Promise<string | undefined> {
    const type = url.pathname.endsWith('.vcf') ? 'text/vcard' : 'text/calendar';
    const headers = { 'content-type': `${type}; charset=utf-8` };
    const response = await this.send(url, 'PUT', { headers, body: text });
    await expectStatus(response, 200, 201, 204);
    return response.headers.get('etag') ?? undefined;
  }

  /** `undefined` when it is not there. */
  async get(url: URL): Promise<string | undefined> {
    const response = await this.send(url, 'GET', {});
    if (response.status === 404) return undefined;
    return expectStatus(response, 200);
  }

  /** What a collection has for a property, by its name without namespace; `undefined`: nothing. */
  async property(collection: URL, name: string): Promise<string | undefined> {
    const headers = { depth: '0', 'content-type': 'application/xml; charset=utf-8' };
    const xml = await expectStatus(
      await this.send(collection, 'PROPFIND', { headers, body: PROPFIND_PROPERTIES }),
      207,
    );
    const text = new RegExp(`<(?:\\w+:)?${name}[^>/]*>([^<]*)<`).exec(xml)?.[1];
    return text === undefined ? undefined : unescapeXml(text);
  }

  /** Somebody else sets one of the properties that `property` tells. */
  async setProperty(collection: URL, name: 'displayname' | 'calendar-color', value: string): Promise<void> {
    const prefix = name === 'displayname' ? 'd' : 'x';
    const body = `<d:propertyupdate xmlns:d="DAV:" xmlns:x="http://apple.com/ns/ical/"><d:set><d:prop>
      <${prefix}:${name}>${escapeXml(value)}</${prefix}:${name}></d:prop></d:set></d:propertyupdate>`;
    const headers = { 'content-type': 'application/xml; charset=utf-8' };
    await expectStatus(await this.send(collection, 'PROPPATCH', { headers, body }), 207);
  }

  async remove(url: URL): Promise<void> {
    await expectStatus(await this.send(url, 'DELETE', {}), 200, 204);
  }

  /** Names of the items in a collection, decoded, in order. */
  async list(collection: URL): Promise<string[]> {
    // Xandikos 0.2 refuses a body of any other type.
    const headers = { depth: '1', 'content-type': 'application/xml; charset=utf-8' };
    const response = await this.send(collection, 'PROPFIND', { headers, body: PROPFIND_ETAG });
    const xml = await expectStatus(response, 207);
    return Array.from(xml.matchAll(/<(?:\w+:)?href>([^<]*)<\/(?:\w+:)?href>/g), ([, href = '']) => href)
      .filter((href) => !href.endsWith('/'))
      .map((href) => decodeURIComponent(href.slice(href.lastIndexOf('/') + 1)))
      .toSorted();
  }

  /** Text of each item in a collection, by decoded name. */
  async contents(kind: ItemKind, collection: URL): Promise<Map<string, string>> {
    const headers = { depth: '1', 'content-type': 'application/xml; charset=utf-8' };
    const body = kind === 'calendar' ? CALENDAR_QUERY : BOOK_QUERY;
    const xml = await expectStatus(await this.send(collection, 'REPORT', { headers, body }), 207);
    const found = new Map<string, string>();
    for (const [response] of xml.matchAll(/<(?:\w+:)?response>[^]*?<\/(?:\w+:)?response>/g)) {
      const href = /<(?:\w+:)?href>([^<]*)</.exec(response)?.[1] ?? '';
      const text = /<(?:\w+:)?(?:calendar|address)-data[^>]*>([^<]*)</.exec(response)?.[1];
      if (text !== undefined)
        found.set(decodeURIComponent(href.slice(href.lastIndexOf('/') + 1)), unescapeXml(text));
    }
    return found;
  }

  async send(url: URL, method: string, init: Pick<RequestInit, 'headers' | 'body'>): Promise<Response> {
    const { username, password } = this.#server;
    const basic = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64');
    const authorization = username === undefined ? {} : { authorization: `Basic ${basic}` };
    return fetch(url, {
      ...init,
      method,
      headers: { ...Object.fromEntries(new Headers(init.headers)), ...authorization },
    });
  }
}

async function expectStatus(response: Response, ...statuses: readonly number[]): Promise<string> {
  const text = await response.text();
  if (statuses.includes(response.status)) return text;
  throw new Error(`${response.url}: ${response.status}, not ${statuses.join(' or ')}: ${text.slice(0, 500)}`);
}

const PROPFIND_ETAG = `<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:"><d:prop><d:getetag/></d:prop></d:propfind>`;

const PROPFIND_PROPERTIES = `<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:" xmlns:a="http://apple.com/ns/ical/" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop>
<d:displayname/><a:calendar-color/><a:calendar-order/><c:calendar-description/></d:prop></d:propfind>`;

const CALENDAR_QUERY = `<?xml version="1.0" encoding="utf-8"?>
<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop><d:getetag/><c:calendar-data/></d:prop>
<c:filter><c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>`;

const BOOK_QUERY = `<?xml version="1.0" encoding="utf-8"?>
<card:addressbook-query xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav">
<d:prop><d:getetag/><card:address-data/></d:prop></card:addressbook-query>`;

const mkcalendarBody = (displayname: string): string => `<?xml version="1.0" encoding="utf-8"?>
<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>
<d:displayname>${escapeXml(displayname)}</d:displayname></d:prop></d:set></c:mkcalendar>`;

const mkcolBody = (displayname: string): string => `<?xml version="1.0" encoding="utf-8"?>
<d:mkcol xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav"><d:set><d:prop>
<d:resourcetype><d:collection/><card:addressbook/></d:resourcetype>
<d:displayname>${escapeXml(displayname)}</d:displayname></d:prop></d:set></d:mkcol>`;

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const unescapeXml = (text: string): string =>
  text
    .replaceAll(/&#(x?)([\da-f]+);/gi, (_, hex: string, code: string) =>
      String.fromCodePoint(Number.parseInt(code, hex === '' ? 10 : 16)),
    )
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
