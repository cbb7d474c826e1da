import { AlreadyExistsError, PimsyncError, RefusedError } from '../core/errors.ts';
import { METADATA_NAMES } from '../core/item-name.ts';
import type { CollectionProperties, NewCollection } from '../core/storage.ts';
import type { Manner } from '../http/guarded-fetch.ts';
import { statusOf } from '../http/refusal.ts';
import type { DavClient, XmlBody, XmlContent } from './client.ts';
import { type Dialect, property, propertyNameOf, together } from './dialect.ts';
import { encodeSegment, urlAt } from './href-path.ts';

/**
 * Makes a collection in a home. @returns its URL
 * @throws AlreadyExistsError, RefusedError
 */
export async function makeCollection(
  client: DavClient,
  dialect: Dialect,
  home: URL,
  { wanted, signal }: { readonly wanted: NewCollection; readonly signal: AbortSignal | undefined },
): Promise<URL> {
  const url = urlAt(home, `${home.pathname}${segmentFor(wanted.id)}/`);
  const manner: Manner = { limit: 'item', signal };
  // Asked first: servers answer a second MKCALENDAR in five different ways, and Xandikos 0.2.8 with 207.
  if (await isThere(client, url, manner)) throw alreadyThere(url);
  try {
    await client.make(url, dialect.make, bodyFor(dialect, wanted.properties), manner);
  } catch (error) {
    if (!isWorthASecondTry(error)) throw await explain(client, url, manner, error);
    await makePlainly(client, dialect, url, manner);
  }
  return url;
}

/**
 * Sets what a new collection lacks of its wanted properties: Xandikos 0.2.8 takes the display name alone with MKCALENDAR, but the
 * colour afterwards. What the server has no place for stays away; that is no reason to be without the collection.
 * @returns whether anything was tried
 */
export async function setMissing(
  client: DavClient,
  dialect: Dialect,
  url: URL,
  {
    wanted,
    found,
    signal,
  }: { wanted: CollectionProperties; found: CollectionProperties; signal: AbortSignal | undefined },
): Promise<boolean> {
  const missing = Object.entries(wanted).filter(
    ([name]) => found[name as keyof CollectionProperties] === undefined,
  );
  const props = propertyProps(dialect, Object.fromEntries(missing));
  if (Object.keys(props).length === 0) return false;
  try {
    await client.proppatch(url, { set: props, remove: {} }, { limit: 'item', signal });
    return true;
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return false;
  }
}

/** Some servers take only one of the two methods, and some none of the properties. */
async function makePlainly(client: DavClient, dialect: Dialect, url: URL, manner: Manner): Promise<void> {
  try {
    await client.make(url, 'MKCOL', { root: 'd:mkcol', content: setProps(typeProps(dialect)) }, manner);
  } catch (error) {
    throw await explain(client, url, manner, error);
  }
}

function segmentFor(id: string): string {
  const segment = encodeSegment(id);
  if (segment === '' || segment === '.' || segment === '..' || id.includes('/') || id.includes('\0'))
    throw new RefusedError(`${JSON.stringify(id)} cannot be the name of a collection on a server`);
  return segment;
}

async function isThere(client: DavClient, url: URL, manner: Manner): Promise<boolean> {
  try {
    const { entries } = await client.propfind(url, { 'd:resourcetype': {} }, '0', manner);
    return entries.some(({ status = 200 }) => status < 300);
  } catch (error) {
    const status = statusOf(error);
    // 403, 405, 409: what some servers answer for what is not there; making it will show.
    if (status !== undefined && [403, 404, 405, 409, 410].includes(status)) return false;
    throw error;
  }
}

const alreadyThere = (url: URL): AlreadyExistsError =>
  new AlreadyExistsError(`there is a collection or something else at ${url.pathname} already`);

const isWorthASecondTry = (error: unknown): boolean =>
  [400, 403, 405, 415, 422, 501].includes(statusOf(error) ?? 0);

/** Somebody else may have made it meanwhile; that is the one refusal with a name of its own. */
async function explain(client: DavClient, url: URL, manner: Manner, error: unknown): Promise<unknown> {
  const status = statusOf(error);
  if (!(error instanceof PimsyncError) || status === undefined || status >= 500) return error;
  if (status !== 401 && (await isThere(client, url, manner))) return alreadyThere(url);
  if (status === 401 || status === 404) return error;
  return new RefusedError(
    `${error.message}; make the collection with the provider's own program and sync again`,
    {
      cause: error.cause,
      conditions: error.conditions,
    },
  );
}

/**
 * MKCALENDAR makes nothing but calendars, so it takes no type (RFC 4791, 5.3.1). It gets a body even when there is nothing to set:
 * Xandikos 0.2.8 answers 400 without one, and makes the calendar.
 */
function bodyFor(dialect: Dialect, properties: CollectionProperties): XmlBody {
  const props = propertyProps(dialect, properties);
  return dialect.make === 'MKCOL'
    ? { root: 'd:mkcol', content: setProps({ ...typeProps(dialect), ...props }) }
    : { root: 'c:mkcalendar', content: setProps(props) };
}

const setProps = (props: XmlContent): XmlContent => ({ 'd:set': { 'd:prop': props } });

const typeProps = (dialect: Dialect): XmlContent => ({
  'd:resourcetype': { 'd:collection': {}, [dialect.collectionType.sent]: {} },
});

function propertyProps(dialect: Dialect, properties: CollectionProperties): XmlContent {
  const props = METADATA_NAMES.map((name) => {
    const at = propertyNameOf(dialect, name);
    const value = properties[name];
    return at === undefined || value === undefined ? {} : property(at, value);
  });
  return together(props);
}
