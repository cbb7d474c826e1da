import { type Ident, type ItemKind, parseItem } from '../core/item.ts';
import type { Href } from '../core/storage.ts';
import type { Side } from '../core/status.ts';
import type { Known, KnownItem } from './known.ts';

export interface DamageInput {
  readonly side: Side;
  readonly kind: ItemKind;
  readonly known: Known;
  readonly found: readonly KnownItem[];
  /** Where a text was read that is not whole. */
  readonly broken: ReadonlySet<Href>;
  /** Known places that are empty now. */
  readonly gone: ReadonlyMap<Href, Ident>;
}

/**
 * Texts that broke off where a whole one was agreed on: a program or the machine died while it wrote. Carrying them would
 * replace the good copy on the other side, and where the UID is lost, delete it. What was broken from the start is not among
 * them: it is carried as it is. Pure, but for reading the status.
 */
export function findDamaged(input: DamageInput): Set<Href> {
  const damaged = input.found.filter(
    (item) => input.broken.has(item.version.href) && replacesWhole(item, input),
  );
  return new Set(damaged.map(({ version }) => version.href));
}

function replacesWhole({ ident, version }: KnownItem, input: DamageInput): boolean {
  const before = input.known.at(input.side, version.href);
  return (before && wasWhole(before.ident, input)) || (isDisplaced(ident, input) && wasWhole(ident, input));
}

/** It is no longer where it was, so the text that was read is taken for the item itself. */
function isDisplaced(ident: Ident, { side, known, gone, found }: DamageInput): boolean {
  const place = known.of(side, ident)?.href;
  return place === undefined || gone.has(place) || found.some(({ version }) => version.href === place);
}

/** Where no text was kept, the agreement counts as whole: a needless question is better than a lost item. */
function wasWhole(ident: Ident, { kind, known }: DamageInput): boolean {
  if (!known.synced(ident)) return false;
  const base = known.base(ident);
  return base === undefined || parseItem(kind, base).whole;
}

export const damageReason = (href: Href): string =>
  `${href} is damaged (empty, or a BEGIN without its END); put it right ("pimsync repair" shows what it can do), or delete it`;
