import type { Side } from '../core/status.ts';
import type { Delta } from './delta.ts';
import type { Known } from './known.ts';
import type { Listing } from './listing.ts';

/** Whether an answer tells of places of which nothing is known, or that known ones are empty. To be asked before it is dealt with. */
export const tellsOfPlaces = ({ stale, gone }: Listing, side: Side, known: Known): boolean =>
  gone.size > 0 || [...stale.keys()].some((href) => !known.at(side, href));

/** Whether known items moved or have other contents. A new etag alone is no news. */
export const tellsOfEdits = ({ items }: Delta, side: Side, known: Known): boolean =>
  [...items].some(([ident, { href, hash }]) => {
    const before = known.of(side, ident);
    return before?.href !== href || before.hash !== hash;
  });
