import type { ContentHash, Ident } from '../core/item.ts';
import type { Side } from '../core/status.ts';

/** What was decided about one item that both sides changed. Plain data: it may come from another process. */
export interface Resolution {
  readonly ident: Ident;
  readonly how: Decided;
  /** The contents that were looked at. Where one of them has changed since, nothing is done. Absent: whatever is there now. */
  readonly seen?: Readonly<Record<Side, ContentHash>> | undefined;
}

export type Decided =
  | { readonly type: 'keep'; readonly side: Side }
  /** Side a's text stays what it is; side b's becomes an item of its own. */
  | { readonly type: 'both' }
  | { readonly type: 'merge' }
  /** Both sides are to hold this. */
  | { readonly type: 'text'; readonly text: string }
  /** Nothing was: who was asked came to no result, for this reason. */
  | { readonly type: 'left'; readonly reason: string };
