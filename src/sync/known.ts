import { brand } from '../core/brand.ts';
import { type ContentHash, type Ident, identOfUid } from '../core/item.ts';
import { href, type Href } from '../core/storage.ts';
import type { Side, StatusStore, SyncedItem, Unfinished, Version } from '../core/status.ts';

/** In place of the hash of a content that could not be read: something is there under that etag, and no more is known of it. */
export const UNREAD = brand<ContentHash>('');

/**
 * Names a resource of which no identity is known, so that it can be left over like any item. The space in front keeps it
 * apart from every UID, as those are trimmed.
 */
export const identOfHref = (side: Side, href: Href): Ident => identOfUid(` ${side} ${href}`);
export const isHrefIdent = (ident: Ident): boolean => ident.startsWith(' ');

/** The resource that `identOfHref` named; undefined for an item. */
export function placeOf(ident: Ident): { readonly side: Side; readonly href: Href } | undefined {
  const [, side, at] = /^ ([ab]) (.*)$/s.exec(ident) ?? [];
  return at !== undefined && (side === 'a' || side === 'b') ? { side, href: href(at) } : undefined;
}

export interface KnownItem {
  readonly ident: Ident;
  readonly version: Version;
}

/**
 * What both sides held when they were last read: the agreements, and over them the leftovers of former runs. Reads the
 * status as it is at each call; the leftovers are those of the start.
 */
export class Known {
  readonly leftovers: ReadonlyMap<Ident, Unfinished>;
  /** At the start there was no record of anything: the first run, or one after which everything was forgotten. */
  readonly isBlank: boolean;
  readonly #status: StatusStore;
  readonly #leftoverAt: Readonly<Record<Side, ReadonlyMap<Href, KnownItem>>>;

  constructor(status: StatusStore) {
    this.#status = status;
    const unfinished = withoutLostPlaces(status);
    this.leftovers = new Map(unfinished.map((left) => [left.ident, left]));
    this.isBlank = unfinished.length === 0 && status.count() === 0;
    this.#leftoverAt = { a: indexByHref(unfinished, 'a'), b: indexByHref(unfinished, 'b') };
  }

  synced(ident: Ident): SyncedItem | undefined {
    return this.#status.get(ident);
  }

  /** The last common text, where one was stored. */
  base(ident: Ident): string | undefined {
    return this.#status.base(ident);
  }

  syncedCount(): number {
    return this.#status.count();
  }

  /** What that side held of an item; `undefined`: nothing. */
  of(side: Side, ident: Ident): Version | undefined {
    const leftover = this.leftovers.get(ident);
    return leftover ? leftover[side] : this.#status.get(ident)?.[side];
  }

  /** What was at `href`. */
  at(side: Side, href: Href): KnownItem | undefined {
    const leftover = this.#leftoverAt[side].get(href);
    if (leftover) return leftover;
    const row = this.#status.byHref(side, href);
    return row && !this.leftovers.has(row.ident) ? { ident: row.ident, version: row[side] } : undefined;
  }

  /** All that side held. */
  *all(side: Side): Iterable<KnownItem> {
    yield* this.#leftoverAt[side].values();
    for (const row of this.#status.all())
      if (!this.leftovers.has(row.ident)) yield { ident: row.ident, version: row[side] };
  }

  /** What has to be looked at again although no listing may mention it. */
  unread(side: Side): KnownItem[] {
    return [...this.#leftoverAt[side].values()].filter(({ version }) => version.hash === UNREAD);
  }
}

/**
 * An agreement is newer than what was left over at its place: a run that was killed after recording it had no time to take that off.
 * An item hidden behind it could be deleted without anybody noticing, and one that was there before would seem to be there twice.
 */
function withoutLostPlaces(status: StatusStore): Unfinished[] {
  const unfinished = status.unfinished();
  const idents = new Set(unfinished.map(({ ident }) => ident));
  const kept = (side: Side, version: Version | undefined): Version | undefined => {
    const owner = version && status.byHref(side, version.href)?.ident;
    return owner === undefined || idents.has(owner) ? version : undefined;
  };
  return unfinished.map(({ ident, type, reason, atMs, a, b }) => {
    return { ident, type, reason, atMs, a: kept('a', a), b: kept('b', b) };
  });
}

function indexByHref(unfinished: readonly Unfinished[], side: Side): Map<Href, KnownItem> {
  const index = new Map<Href, KnownItem>();
  for (const left of unfinished) {
    const version = left[side];
    if (version) index.set(version.href, { ident: left.ident, version });
  }
  return index;
}
