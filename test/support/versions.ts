import { brand } from '../../src/core/brand.ts';
import { type ContentHash, type Ident, identOfUid } from '../../src/core/item.ts';
import type { SyncedItem, Unfinished, Version } from '../../src/core/status.ts';
import { etag, href } from '../../src/core/storage.ts';

export const IDENT: Ident = identOfUid('standup');

/** A version with that content, at an href and under an etag of its own unless told. */
export const version = (content: string, { at = 'x.ics', tag = content } = {}): Version => ({
  href: href(at),
  etag: etag(tag),
  hash: brand<ContentHash>(content),
});

export const synced = (a: Version, b: Version = a, ident: Ident = IDENT): SyncedItem => ({ ident, a, b });

export const leftover = (
  type: Unfinished['type'],
  a: Version | undefined,
  b: Version | undefined,
  reason = 'as told',
): Unfinished => ({ ident: IDENT, a, b, type, reason, atMs: 0 });
