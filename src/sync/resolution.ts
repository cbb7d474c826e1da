import type { ContentHash, Ident } from '../core/item.ts';
import type { Side } from '../core/status.ts';

/** What a person decided about one item that both sides changed. Plain data: it may come from another process. */
export interface Resolution {
  readonly ident: Ident;
  readonly how:
    | { readonly type: 'keep'; readonly side: Side }
    | { readonly type: 'merge' }
    /** Both sides are to hold this. `a`, `b`: the contents that were looked at; where one of them has changed since, nothing is done. */
    | {
        readonly type: 'text';
        readonly text: string;
        readonly a: ContentHash;
        readonly b: ContentHash;
      };
}
