import {
  AuthError,
  ConfigError,
  NotFoundError,
  PimsyncError,
  ServerError,
  UnreachableError,
} from '../core/errors.ts';
import type { Manner } from '../http/guarded-fetch.ts';
import { statusOf } from '../http/refusal.ts';
import { isPassing } from '../http/retry-policy.ts';
import type { DavClient } from './client.ts';
import type { Dialect } from './dialect.ts';
import { listPlace, type Place } from './home.ts';
import { asCollectionPath, canonicalPath, readHref, toUrl, urlAt } from './href-path.ts';
import type { Element } from './multistatus.ts';

/** What was found of an account. */
export interface Account {
  /** Absent where the server has no principals. */
  readonly principal: URL | undefined;
  /** At least one. */
  readonly places: readonly Place[];
}

interface Seeker {
  readonly client: DavClient;
  readonly dialect: Dialect;
  readonly manner: Manner;
}

interface Attempt {
  readonly url: URL;
  /** An error, or what was missing. */
  readonly outcome: PimsyncError | string;
}

/**
 * Finds the account from any URL of it: host root, well-known address, principal, home, a collection (RFC 6764, 6; RFC 5397).
 * @throws NotFoundError telling all that was tried
 */
export async function findAccount(
  client: DavClient,
  dialect: Dialect,
  url: URL,
  signal?: AbortSignal,
): Promise<Account> {
  const seeker: Seeker = { client, dialect, manner: { limit: 'item', discovery: true, signal } };
  const attempts: Attempt[] = [];
  for (const candidate of candidatesFor(url, dialect)) {
    try {
      const account = await explore(seeker, candidate);
      if (account.places.length > 0) return account;
      attempts.push({ url: candidate, outcome: 'names neither a home nor a principal of yours' });
    } catch (error) {
      attempts.push({ url: candidate, outcome: survivable(error, attempts.length === 0) });
    }
  }
  const plain = await findWithoutPrincipal(seeker, url, attempts);
  if (plain) return plain;
  throw nothingFound(dialect, url, attempts);
}

/** What the user gave comes first: it is right in most cases, and then it costs no detour. */
function candidatesFor(url: URL, dialect: Dialect): URL[] {
  const paths = [url.pathname, asCollectionPath(url.pathname), dialect.wellKnown, '/'];
  return [...new Set(paths)].map((path) => urlAt(url, path));
}

async function explore({ client, dialect, manner }: Seeker, candidate: URL): Promise<Account> {
  const props = { 'd:resourcetype': {}, 'd:current-user-principal': {}, [dialect.homeSet.sent]: {} };
  const reply = await client.propfind(candidate, props, '0', manner);
  const prop = reply.entries.find(({ status = 200 }) => status < 300)?.prop;
  if (!prop) return { principal: undefined, places: [] };
  const principal = hrefsIn(prop.child('current-user-principal'), reply.url)[0];
  const homes = homesIn(prop.child(dialect.homeSet.read), reply.url);
  if (homes.length === 0 && principal) homes.push(...(await homesOf({ client, dialect, manner }, principal)));
  const isCollection = prop.child('resourcetype')?.has(dialect.collectionType.read) ?? false;
  const places = homes.map((url): Place => ({ type: 'home', url }));
  const self = placeUrl(reply.url);
  if (isCollection && self && !homes.some((home) => isInside(home, self)))
    places.push({ type: 'collection', url: self });
  return { principal, places };
}

/** An account may have several homes (RFC 4791, 6.2.1). */
async function homesOf({ client, dialect, manner }: Seeker, principal: URL): Promise<URL[]> {
  const reply = await client.propfind(principal, { [dialect.homeSet.sent]: {} }, '0', manner);
  return reply.entries.flatMap(({ prop }) => homesIn(prop.child(dialect.homeSet.read), reply.url));
}

/** Zimbra and others had no principals once: then whatever the URL lists must do. */
async function findWithoutPrincipal(
  seeker: Seeker,
  url: URL,
  attempts: readonly Attempt[],
): Promise<Account | undefined> {
  const place = placeUrl(url);
  const answered = attempts.some(
    (attempt) => typeof attempt.outcome === 'string' && placeUrl(attempt.url)?.href === place?.href,
  );
  if (!place || !answered) return undefined;
  const home: Place = { type: 'home', url: place };
  const found = await listPlace(seeker.client, seeker.dialect, home, {
    readOnly: true,
    manner: seeker.manner,
  });
  return found.length === 0 ? undefined : { principal: undefined, places: [home] };
}

/** Whether looking elsewhere makes sense. Wrong or missing credentials are so everywhere, and a dead host has no other door. */
function survivable(error: unknown, isFirst: boolean): PimsyncError {
  if (!(error instanceof PimsyncError)) throw error;
  if (
    error instanceof AuthError ||
    error instanceof ConfigError ||
    (isFirst && error instanceof UnreachableError)
  )
    throw error;
  return error;
}

function nothingFound(dialect: Dialect, url: URL, attempts: readonly Attempt[]): PimsyncError {
  const passing = attempts.map(({ outcome }) => outcome).find(isPassingFailure);
  if (passing) return passing;
  const tried = attempts.map(
    ({ url, outcome }) => `${url.pathname}: ${typeof outcome === 'string' ? outcome : outcome.message}`,
  );
  return new NotFoundError(
    `no ${dialect.protocol} account was found from ${url.origin}${url.pathname} (${tried.join('; ')}); ` +
      `give the URL of the account's ${dialect.collectionWord}s, as the provider's help pages tell it`,
  );
}

/** A server in trouble says nothing about what it holds. */
const isPassingFailure = (outcome: PimsyncError | string): outcome is PimsyncError =>
  outcome instanceof UnreachableError || (outcome instanceof ServerError && isTrouble(statusOf(outcome)));

const isTrouble = (status: number | undefined): boolean =>
  status !== undefined && (status >= 500 || isPassing(status));

function hrefsIn(element: Element | undefined, base: URL): URL[] {
  return (element?.all('href') ?? []).flatMap((one) => {
    const target = readHref(one.text() ?? '', canonicalPath(base.pathname) ?? '/');
    return target ? [toUrl(target, base)] : [];
  });
}

const homesIn = (element: Element | undefined, base: URL): URL[] =>
  hrefsIn(element, base).map((url) => urlAt(url, asCollectionPath(url.pathname)));

const isInside = (home: URL, url: URL): boolean =>
  home.origin === url.origin && url.pathname.startsWith(home.pathname);

function placeUrl(url: URL): URL | undefined {
  const path = canonicalPath(url.pathname);
  return path === undefined ? undefined : urlAt(url, asCollectionPath(path));
}
