import { PreconditionFailedError } from '../core/errors.ts';
import type { Item } from '../core/item.ts';
import type { Version } from '../core/status.ts';
import type { Collection, WriteResult } from '../core/storage.ts';

/** What a side has now that it was sent `sent`: a withheld etag means that it may be something else. @throws PreconditionFailedError */
export async function readBack(
  { href, etag }: WriteResult,
  sent: Item,
  { collection, signal }: { readonly collection: Collection; readonly signal: AbortSignal | undefined },
): Promise<Version> {
  if (etag !== undefined) return { href, etag, hash: sent.hash };
  for await (const fetched of collection.fetch([href], signal))
    if (fetched.type === 'item') return { href, etag: fetched.etag, hash: fetched.item.hash };
  throw new PreconditionFailedError(`${href} was changed as soon as it was written`);
}
