import type { Ident } from '../core/item.ts';
import type { Href, ItemRef, UnclearRef } from '../core/storage.ts';
import type { Side, Version } from '../core/status.ts';
import { damageReason } from './damage.ts';
import { identOfHref, isHrefIdent, type Known, type KnownItem, UNREAD } from './known.ts';
import type { Listing } from './listing.ts';

/** Why an item is left alone by both sides. */
export interface Doubt {
  readonly reason: string;
  /** `passing`: nobody needs to be told. */
  readonly weight: 'passing' | 'problem';
  /** It was deleted, but that may still be half of an edit. */
  readonly isDeletion?: boolean | undefined;
  /** Looking again is in vain before one of the sides changes. */
  readonly settled: boolean;
  /** What the side holds, as far as that is known. */
  readonly version: Version | undefined;
}

/** A resource that is there, but was not handed out or cannot be read. */
export interface Unserved {
  readonly reason: string;
  readonly settled: boolean;
  readonly version: Version;
}

export interface Findings {
  readonly side: Side;
  readonly known: Known;
  readonly listing: Listing;
  /** What was read. */
  readonly found: readonly KnownItem[];
  /** Of what was read, the places with the rest of an item that was whole. Absent: none. */
  readonly damaged?: ReadonlySet<Href>;
  readonly unserved: ReadonlyMap<Href, Unserved>;
}

export interface Identified {
  /** New, changed or moved items. */
  readonly items: ReadonlyMap<Ident, Version>;
  /** Known items that are gone. */
  readonly removed: ReadonlySet<Ident>;
  /** Nothing may be concluded about these. In neither of the other two. Resources without identity stand under `identOfHref`. */
  readonly unclear: ReadonlyMap<Ident, Doubt>;
  /** Further places of items that are there more than once, with the same content. Absent: none. */
  readonly copies?: Copies;
}

export type Copies = ReadonlyMap<Ident, readonly ItemRef[]>;

/**
 * Turns places into identities: which item is new, changed, moved or gone, and of which nothing may be said. Pure, but for
 * reading the status.
 */
export function identify(findings: Findings): Identified {
  const { listing, unserved, damaged = new Set() } = findings;
  const found = findings.found.filter(({ version }) => !damaged.has(version.href));
  const foundAt = new Map(found.map(({ ident, version }) => [version.href, ident]));
  const items = new Map<Ident, Version>();
  const unclear = new Map<Ident, Doubt>();
  const copies = new Map<Ident, readonly ItemRef[]>();
  const places = groupByIdent(found);
  for (const [ident, versions] of places) {
    const [first, ...others] = allPlaces(ident, versions, findings, foundAt);
    if (!first) continue;
    if (others.some(({ hash }) => hash !== first.hash))
      setAside({ ident, first, others }, findings.side, unclear);
    else {
      items.set(ident, first);
      if (others.length > 0) copies.set(ident, others);
      for (const copy of others) unclear.set(...asCopy(copy, findings.side));
    }
  }
  const removed = findRemoved(findings, foundAt, places);
  for (const [href, doubt] of unserved) doubtUnserved(href, doubt, findings, unclear);
  for (const item of findings.found)
    if (damaged.has(item.version.href)) doubtDamaged(item, places, findings, unclear);
  for (const ref of listing.unclear) doubtRef(ref, findings, unclear);
  for (const ident of unclear.keys()) {
    items.delete(ident);
    removed.delete(ident);
    copies.delete(ident);
  }
  return { items, removed, unclear, copies };
}

function groupByIdent(found: readonly KnownItem[]): Map<Ident, Version[]> {
  const groups = new Map<Ident, Version[]>();
  for (const { ident, version } of found) {
    const group = groups.get(ident);
    if (group) group.push(version);
    else groups.set(ident, [version]);
  }
  return groups;
}

/** Where an item is now; in front the place where it was known, if it is still there or may be. */
function allPlaces(
  ident: Ident,
  versions: readonly Version[],
  { side, known, listing }: Findings,
  foundAt: ReadonlyMap<Href, Ident>,
): readonly Version[] {
  const before = known.of(side, ident);
  const isBefore = ({ href }: Version): boolean => href === before?.href;
  const others = versions.filter((version) => !isBefore(version)).toSorted(byHref);
  const reread = versions.filter(isBefore);
  const left = !before || listing.gone.has(before.href) || foundAt.has(before.href);
  return reread.length > 0 || left ? [...reread, ...others] : [before, ...others];
}

const byHref = (one: Version, other: Version): number => (one.href < other.href ? -1 : 1);

interface Duplicate {
  readonly ident: Ident;
  readonly first: Version;
  readonly others: readonly Version[];
}

/** One identity at several places, with different contents; which is the right one is for the user to say. */
function setAside({ ident, first, others }: Duplicate, side: Side, unclear: Map<Ident, Doubt>): void {
  const hrefs = [first, ...others].map(({ href }) => href).join(', ');
  const reason = `several items have this UID: ${hrefs}; keep one, or give the others UIDs of their own ("pimsync repair" does)`;
  unclear.set(ident, { reason, weight: 'problem', settled: true, version: first });
  for (const other of others) unclear.set(...asCopy(other, side));
}

/** It is read again each time: nothing else tells whether it still is the same as the first. */
const asCopy = ({ href, etag }: Version, side: Side): [Ident, Doubt] => [
  identOfHref(side, href),
  { reason: 'there more than once', weight: 'passing', settled: true, version: { href, etag, hash: UNREAD } },
];

/** Items whose place is empty or has another item in it, and that are nowhere else. */
function findRemoved(
  { side, known, listing }: Findings,
  foundAt: ReadonlyMap<Href, Ident>,
  places: ReadonlyMap<Ident, unknown>,
): Set<Ident> {
  const replaced = [...foundAt.keys()].flatMap((href) => known.at(side, href)?.ident ?? []);
  const left = [...listing.gone.values(), ...replaced];
  return new Set(left.filter((ident) => !places.has(ident) && !isHrefIdent(ident)));
}

function doubtUnserved(
  href: Href,
  doubt: Unserved,
  { side, known }: Findings,
  unclear: Map<Ident, Doubt>,
): void {
  const ident = known.at(side, href)?.ident;
  // An item that was found elsewhere too is a duplicate already; its former place still has to be remembered.
  const name = ident === undefined || unclear.has(ident) ? identOfHref(side, href) : ident;
  unclear.set(name, { ...doubt, weight: 'problem' });
}

/** The item that was there, and the one whose UID the rest still has: where that is nowhere else, it is not gone. */
function doubtDamaged(
  { ident, version }: KnownItem,
  places: ReadonlyMap<Ident, unknown>,
  findings: Findings,
  unclear: Map<Ident, Doubt>,
): void {
  const { side, known, listing } = findings;
  const { href } = version;
  const doubt = { reason: damageReason(href), settled: true };
  doubtUnserved(href, { ...doubt, version: { ...version, hash: UNREAD } }, findings, unclear);
  const place = known.of(side, ident);
  const isLost = place === undefined || listing.gone.has(place.href);
  if (isLost && known.synced(ident) && !places.has(ident) && !unclear.has(ident))
    unclear.set(ident, { ...doubt, weight: 'passing', version: undefined });
}

function doubtRef(
  { href, ident, reason, weight, isDeletion }: UnclearRef,
  findings: Findings,
  unclear: Map<Ident, Doubt>,
): void {
  const { side, known } = findings;
  const before = known.at(side, href)?.ident;
  const idents = new Set([before, ident].filter((candidate) => candidate !== undefined));
  if (idents.size === 0) idents.add(identOfHref(side, href));
  for (const name of idents)
    unclear.set(name, { reason, weight, isDeletion, settled: false, version: known.of(side, name) });
}
