import {
  type ErrorDetails,
  NotFoundError,
  type PimsyncError,
  PreconditionFailedError,
  RefusedError,
} from '../core/errors.ts';
import type { Etag, ItemRef } from '../core/storage.ts';
import type { Manner } from '../http/guarded-fetch.ts';
import { statusOf } from '../http/refusal.ts';
import { itemPath, type Site, urlOf } from './site.ts';

/** RFC 4791, 5.3.2.1; RFC 6352, 6.3.2.1; RFC 6638, 3.2.4.1. */
const DUPLICATE_UID: ReadonlySet<string> = new Set(['no-uid-conflict', 'unique-scheduling-object-resource']);

/** A write into a collection's own URL replaces the whole collection on Radicale 3.1; one outside of it is not ours to do. */
export function assertOurs(site: Site, ref: ItemRef): void {
  if (itemPath(site, ref.href) !== ref.href)
    throw new PreconditionFailedError(`${JSON.stringify(ref.href)} is no item of ${site.info.href}`);
  if (ref.etag === '')
    throw new PreconditionFailedError(`${ref.href} has no etag, so it cannot be changed safely`);
}

/** Servers answer 403, 404, 405 or 409 for a write into a collection that is gone. */
export async function assertCollectionIsThere(
  site: Site,
  error: PimsyncError,
  signal?: AbortSignal,
): Promise<void> {
  if (await isGone(site, signal))
    throw new NotFoundError(`the collection ${site.info.href} is gone (${error.message})`, {
      cause: error.cause,
    });
}

async function isGone(site: Site, signal?: AbortSignal): Promise<boolean> {
  const manner: Manner = { limit: 'item', signal };
  try {
    const { entries } = await site.client.propfind(
      urlOf(site, site.info.href),
      { 'd:resourcetype': {} },
      '0',
      manner,
    );
    return entries.every(({ status }) => status === 404 || status === 410);
  } catch (error) {
    const status = statusOf(error);
    // A refusal tells nothing, and then the one that brought us here is the better news; a lost connection is not.
    if (status === undefined) throw error;
    return status === 404 || status === 410;
  }
}

export const isDuplicateUid = ({ conditions }: PimsyncError): boolean =>
  conditions.some((name) => DUPLICATE_UID.has(name));

export const isSameEtag = (one: Etag, other: Etag): boolean =>
  one.replace(/^W\//, '') === other.replace(/^W\//, '');

/** Whatever the number of tries, this item will not be taken; but a busy or full server, or a missing right, is no matter of the item. */
export function asRefusal(error: PimsyncError): PimsyncError {
  const status = statusOf(error);
  const concernsItem =
    status !== undefined && status >= 400 && status < 500 && ![401, 407, 423, 429].includes(status);
  return concernsItem && !error.conditions.includes('need-privileges') ? as(RefusedError, error) : error;
}

/** The same refusal under a better name. */
export const as = (
  Better: new (message: string, details: ErrorDetails) => PimsyncError,
  { message, conditions, cause }: PimsyncError,
): PimsyncError => new Better(message, { conditions, cause });
