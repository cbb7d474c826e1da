/** Where an href of a multistatus points. */
export interface Target {
  /** Absent when the href names no host. */
  readonly origin: string | undefined;
  /** In the one spelling that `canonicalPath` gives. */
  readonly path: string;
}

/** Paths that have one spelling only, and no segment that begins with a dot: nearly all. */
const PLAIN = /^(?:\/(?:[\w~-][\w.~-]*)?)*$/;

/**
 * The one spelling of a path: servers write `@` or `%40`, `%c3` or `%C3`, and the same server may write both. Idempotent.
 * `undefined` for what must never be asked for: `.` and `..`, also in disguise, which URL parsers would resolve, and two slashes in
 * front, which they take for a host.
 */
export function canonicalPath(path: string): string | undefined {
  if (!path.startsWith('/') || path.startsWith('//')) return undefined;
  if (PLAIN.test(path)) return path;
  const segments = path.split('/').map(canonicalSegment);
  return segments.some((segment) => segment === '.' || segment === '..') ? undefined : segments.join('/');
}

/** A path on the host of `base`; unlike `new URL(path, base)`, never on another one. */
export const urlAt = (base: URL, path: string): URL => new URL(base.origin + path);

/** One path segment for a name that we chose or that people see. */
export const encodeSegment = (name: string): string => encode(name);

/** What people call it. Bytes that are not UTF-8 stay percent-encoded. */
export const decodeSegment = (segment: string): string =>
  segment.replaceAll(/(?:%[\da-f]{2})+/gi, (run) => decodeRun(run) ?? run);

/** The last segment that is not empty, encoded. */
export const lastSegment = (path: string): string =>
  path.split('/').findLast((segment) => segment !== '') ?? '';

/** With a slash at the end, as collections have it; some servers leave it out, some redirect without it. */
export const asCollectionPath = (path: string): string => (path.endsWith('/') ? path : `${path}/`);

/** Whether a canonical path is an item directly in the collection: not the collection, not inside of a folder in it, not elsewhere. */
export function isItemOf(collectionPath: string, path: string): boolean {
  if (!path.startsWith(collectionPath)) return false;
  const name = path.slice(collectionPath.length);
  return name !== '' && !name.includes('/');
}

/**
 * Reads an href by hand: Cyrus 3.6 leaves `?` in names unencoded, Xandikos 0.2 `:`, and a URL parser would take both for
 * something else.
 * @param base canonical path of what was asked for
 */
export function readHref(text: string, base: string): Target | undefined {
  const absolute = /^(https?:)?\/\/([^/]*)(.*)$/is.exec(text);
  if (absolute) return withOrigin(absolute, text);
  const path = canonicalPath(text.startsWith('/') ? text : base.slice(0, base.lastIndexOf('/') + 1) + text);
  return path === undefined || /^[a-z][a-z\d+.-]*:/i.test(text) ? undefined : { origin: undefined, path };
}

/** A target as a URL; a host that a server behind a proxy names without its encryption is the one we spoke to. */
export function toUrl(target: Target, base: URL): URL {
  const named = target.origin === undefined ? base : new URL(target.origin);
  const stripped =
    base.protocol === 'https:' && named.protocol === 'http:' && named.hostname === base.hostname;
  return urlAt(stripped ? base : named, target.path);
}

function withOrigin(
  [, scheme = 'https:', host = '', rest = '']: RegExpExecArray,
  text: string,
): Target | undefined {
  const path = canonicalPath(rest === '' ? '/' : rest);
  const origin = `${scheme}//${host}`;
  if (path === undefined || !URL.canParse(origin)) return undefined;
  return { origin: text.startsWith('//') ? undefined : new URL(origin).origin, path };
}

/** Encodes all that RFC 3986 does not call unreserved, as Radicale and sabre do; decoding first makes spellings equal. */
const canonicalSegment = (segment: string): string =>
  segment.replaceAll(/((?:%[\da-f]{2})+)|([^%]+)|%/gi, (_, run?: string, plain?: string) => {
    if (plain !== undefined) return encode(plain);
    if (run === undefined) return '%25';
    const decoded = decodeRun(run);
    return decoded === undefined ? run.toUpperCase() : encode(decoded);
  });

/** Through a Buffer, because half of a surrogate pair would make encodeURIComponent throw. */
const encode = (text: string): string =>
  encodeURIComponent(Buffer.from(text).toString()).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

function decodeRun(run: string): string | undefined {
  try {
    return decodeURIComponent(run);
  } catch {
    return undefined;
  }
}
