import { AuthError, ForbiddenError, PimsyncError, UnreachableError } from '../core/errors.ts';
import { type Dav, type DavStorageOptions, openDav } from './storage.ts';

/** What a look at an account found. */
export interface CheckFindings {
  readonly ok: boolean;
  /** What was found, in the order in which it was looked for; the last says what is wrong and what to do, unless `ok`. */
  readonly lines: readonly string[];
}

/** Looks whether an account can be reached, logged in to and read, from the configured URL on, as if for the first time. Changes nothing. */
export async function checkDav(options: DavStorageOptions, signal?: AbortSignal): Promise<CheckFindings> {
  const dav = openDav(options);
  const lines: string[] = [];
  try {
    await look(dav, lines, signal);
    return { ok: true, lines };
  } catch (error) {
    if (!(error instanceof PimsyncError)) throw error;
    return { ok: false, lines: [...lines, error.message, ...adviceFor(error, options)] };
  } finally {
    await dav.guard.close();
  }
}

async function look({ homes, dialect, options }: Dav, lines: string[], signal?: AbortSignal): Promise<void> {
  const { places, principal } = await homes.find(signal);
  lines.push(`${options.url.href} answers${options.username === undefined ? '' : ` and lets ${options.username} in`}`);
  if (principal) lines.push(`principal: ${principal.href}`);
  for (const { type, url } of places) lines.push(`${type === 'home' ? 'home' : dialect.collectionWord}: ${url.href}`);
  const collections = await homes.list(signal);
  if (collections.length === 0) lines.push(`no ${dialect.collectionWord} yet`);
  for (const { id, properties, readOnly } of collections) {
    const name = properties.displayname === undefined ? '' : ` "${properties.displayname}"`;
    lines.push(`${dialect.collectionWord} ${id}${name}${readOnly ? ', read-only' : ''}`);
  }
}

/** The next step for the faults that a person meets first. */
function adviceFor(error: PimsyncError, { username }: DavStorageOptions): string[] {
  if (error instanceof AuthError) {
    if (username === undefined) return ['set username and password for this storage'];
    return ['check username and password; many services want a password made for this one program (app password)'];
  }
  if (error instanceof ForbiddenError) return ['the account exists, but may not be read: check the URL and the rights of the user'];
  if (error instanceof UnreachableError) return ['check the URL, the network and, for a private certificate, tls_root'];
  return [];
}
