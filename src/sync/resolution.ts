import type { ContentHash, Ident } from '../core/item.ts';
import type { Side } from '../core/status.ts';
import type { PropertyName } from '../core/storage.ts';

/** What was decided about something that both sides changed. Plain data: it may come from another process. */
export type Resolution = ItemResolution | PropertyResolution;

/** About a property of a collection: both sides get that side's value. */
export interface PropertyResolution {
  readonly property: PropertyName;
  readonly side: Side;
  /** As in `ItemResolution`. */
  readonly seen?: PropertyValues | undefined;
}

/** What each side has; null: nothing. */
export type PropertyValues = Readonly<Record<Side, string | null>>;

/** About one item. */
export interface ItemResolution {
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
