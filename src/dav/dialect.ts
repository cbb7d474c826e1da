import { DAVNamespace } from 'tsdav';
import type { ItemKind } from '../core/item.ts';
import type { PropertyName } from '../core/storage.ts';
import type { XmlBody, XmlContent } from './client.ts';

/** What differs between CalDAV (RFC 4791) and CardDAV (RFC 6352). Names with a prefix are sent, those without are read. */
export interface Dialect {
  readonly kind: ItemKind;
  /** For messages. */
  readonly protocol: 'CalDAV' | 'CardDAV';
  readonly collectionWord: 'calendar' | 'address book';
  readonly contentType: string;
  /** RFC 6764, 5. */
  readonly wellKnown: string;
  readonly homeSet: { readonly sent: string; readonly read: string };
  /** In `resourcetype`. */
  readonly collectionType: { readonly sent: string; readonly read: string };
  readonly data: { readonly sent: string; readonly read: string };
  /** Properties that people see; `order` has a name in CalDAV alone. */
  readonly names: { readonly description: string; readonly color: string; readonly order?: string };
  readonly multiget: string;
  /** Finds everything that is there. */
  readonly query: string;
  readonly filter: XmlContent;
  /** How a collection is made, with the root of the body. */
  readonly make: 'MKCALENDAR' | 'MKCOL';
}

export const CALDAV: Dialect = {
  kind: 'calendar',
  protocol: 'CalDAV',
  collectionWord: 'calendar',
  contentType: 'text/calendar; charset=utf-8',
  wellKnown: '/.well-known/caldav',
  homeSet: { sent: 'c:calendar-home-set', read: 'calendar-home-set' },
  collectionType: { sent: 'c:calendar', read: 'calendar' },
  data: { sent: 'c:calendar-data', read: 'calendar-data' },
  names: { description: 'c:calendar-description', color: 'ca:calendar-color', order: 'ca:calendar-order' },
  multiget: 'c:calendar-multiget',
  query: 'c:calendar-query',
  filter: { 'c:comp-filter': { _attributes: { name: 'VCALENDAR' } } },
  make: 'MKCALENDAR',
};

export const CARDDAV: Dialect = {
  kind: 'contact',
  protocol: 'CardDAV',
  collectionWord: 'address book',
  contentType: 'text/vcard; charset=utf-8',
  wellKnown: '/.well-known/carddav',
  homeSet: { sent: 'card:addressbook-home-set', read: 'addressbook-home-set' },
  collectionType: { sent: 'card:addressbook', read: 'addressbook' },
  data: { sent: 'card:address-data', read: 'address-data' },
  // The colour is Radicale's own property; address books have no standard one.
  names: { description: 'card:addressbook-description', color: 'inf:addressbook-color' },
  multiget: 'card:addressbook-multiget',
  query: 'card:addressbook-query',
  // No condition at all: one on FN would hide the cards that lack it, and what is hidden counts as deleted.
  filter: {},
  make: 'MKCOL',
};

export const dialectOf = (kind: ItemKind): Dialect => (kind === 'calendar' ? CALDAV : CARDDAV);

/** What servers call a property; `undefined`: there is no such thing. */
export const propertyNameOf = ({ names }: Dialect, name: PropertyName): string | undefined =>
  name === 'displayname' ? 'd:displayname' : names[name];

/** One property, to ask for or with a value to set. tsdav declares every prefix but `inf` (in Radicale's own namespace). */
export const property = (name: string, value?: string): XmlContent => ({
  [name]: {
    ...(name.startsWith('inf:') ? { _attributes: { 'xmlns:inf': 'http://inf-it.com/ns/ab/' } } : {}),
    ...(value === undefined ? {} : { _text: xmlText(value) }),
  },
});

/** Several properties in one request. */
export const together = (props: readonly XmlContent[]): XmlContent =>
  Object.fromEntries(props.flatMap((one) => Object.entries(one)));

/** RFC 6578, 3.2. An empty token asks for everything; no limit, because Nextcloud answers one with 507. */
export const syncReport = (token: string, props: XmlContent): XmlBody => ({
  root: 'd:sync-collection',
  content: { 'd:sync-token': xmlText(token), 'd:sync-level': '1', 'd:prop': props },
});

/**
 * Only paths: iCloud refuses absolute URLs. Written by hand, because xml-js takes longer for it than for reading the answer.
 * @param paths canonical, so there is nothing in them to escape
 */
export const multigetReport = ({ multiget, data }: Dialect, paths: readonly string[]): string =>
  [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<${multiget} xmlns:d="DAV:" xmlns:c="${DAVNamespace.CALDAV}" xmlns:card="${DAVNamespace.CARDDAV}">`,
    `<d:prop><d:getetag/><${data.sent}/></d:prop>`,
    ...paths.map((path) => `<d:href>${path}</d:href>`),
    `</${multiget}>`,
  ].join('\n');

export const queryReport = (dialect: Dialect, props: XmlContent): XmlBody => ({
  root: dialect.query,
  content: { 'd:prop': props, [dialect.kind === 'calendar' ? 'c:filter' : 'card:filter']: dialect.filter },
});

export const ETAG: XmlContent = { 'd:getetag': {} };

export const dataProps = (dialect: Dialect): XmlContent => ({ ...ETAG, [dialect.data.sent]: {} });

/** xml-js turns `&amp;` back into `&` before it escapes; this way a text arrives as it is. */
export const xmlText = (text: string): string => text.replaceAll('&', '&amp;');
