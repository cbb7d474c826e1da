import { type SyncToken, syncToken } from '../core/storage.ts';

/** How far a collection was read, and by which way of asking; only the same way can go on from there. */
export interface Position {
  readonly by: 'sync' | 'ctag';
  /** The server's own text. */
  readonly value: string;
}

/** Our tokens name the way in front: `sync:…` or `ctag:…`. */
export const toToken = ({ by, value }: Position): SyncToken => syncToken(`${by}:${value}`);

/** A token of another storage or version is no position; then everything is asked for. */
export function readToken(token: SyncToken | undefined): Position | undefined {
  const [, by, value] = /^(sync|ctag):(.+)$/s.exec(token ?? '') ?? [];
  return (by === 'sync' || by === 'ctag') && value !== undefined ? { by, value } : undefined;
}
