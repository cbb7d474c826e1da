import { brand } from '../core/brand.ts';
import type { ContentHash, Ident } from '../core/item.ts';
import type { Side, SyncedItem, Unfinished, Version } from '../core/status.ts';
import type { Etag, Href } from '../core/storage.ts';

/** The six columns that say what both sides held. */
interface VersionColumns {
  readonly a_href: string | null;
  readonly a_etag: string | null;
  readonly a_hash: string | null;
  readonly b_href: string | null;
  readonly b_etag: string | null;
  readonly b_hash: string | null;
}

export interface SyncedRow extends VersionColumns {
  readonly ident: string;
}

export interface UnfinishedRow extends SyncedRow {
  readonly type: Unfinished['type'];
  readonly reason: string;
  readonly at: number;
}

export const VERSION_COLUMNS = 'a_href, a_etag, a_hash, b_href, b_etag, b_hash';

export function toSynced(row: SyncedRow): SyncedItem {
  const [a, b] = [toVersion(row, 'a'), toVersion(row, 'b')];
  // The table allows no NULL there.
  if (!a || !b) throw new Error(`the agreement on ${row.ident} lacks a side`);
  return { ident: brand<Ident>(row.ident), a, b };
}

export function toUnfinished(row: UnfinishedRow): Unfinished {
  const { ident, type, reason, at } = row;
  return {
    ident: brand<Ident>(ident),
    a: toVersion(row, 'a'),
    b: toVersion(row, 'b'),
    type,
    reason,
    atMs: at,
  };
}

function toVersion(row: VersionColumns, side: Side): Version | undefined {
  const [at, tag, hash] =
    side === 'a' ? [row.a_href, row.a_etag, row.a_hash] : [row.b_href, row.b_etag, row.b_hash];
  if (at === null || tag === null || hash === null) return undefined;
  return { href: brand<Href>(at), etag: brand<Etag>(tag), hash: brand<ContentHash>(hash) };
}

export type VersionValues = [
  string | null,
  string | null,
  string | null,
  string | null,
  string | null,
  string | null,
];

export const toColumns = (a: Version | undefined, b: Version | undefined): VersionValues => [
  ...sideColumns(a),
  ...sideColumns(b),
];

const sideColumns = (version: Version | undefined): [string | null, string | null, string | null] =>
  version ? [version.href, version.etag, version.hash] : [null, null, null];
