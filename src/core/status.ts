import type { ContentHash, Ident } from './item.ts';
import type { CollectionId, Href, ItemRef, PropertyName, SyncToken } from './storage.ts';

export type Side = 'a' | 'b';
export const otherSide = (side: Side): Side => (side === 'a' ? 'b' : 'a');

/** What one side held at one moment. */
export interface Version extends ItemRef {
  readonly hash: ContentHash;
}

/** What both sides held when they last agreed. Their hashes differ where a server rewrites what it is sent. */
export interface SyncedItem {
  readonly ident: Ident;
  readonly a: Version;
  readonly b: Version;
}

/** A synced item with the text both had, which a later three-way merge needs as its base. `undefined` keeps the stored text. */
export interface Agreement extends SyncedItem {
  readonly text: string | undefined;
}

/** How far one side of a mapping has been read. */
export interface Progress {
  readonly token: SyncToken | undefined;
  /** `CollectionInfo.state` seen before the listing that brought the token. */
  readonly state: string | undefined;
}

/**
 * An item that could not be brought to agreement, with what each side held then (`undefined`: nothing). The next run starts
 * from it, so that tokens may move on meanwhile.
 */
export interface Unfinished {
  readonly ident: Ident;
  readonly a: Version | undefined;
  readonly b: Version | undefined;
  /**
   * `refused`: the same text is not tried again on its own. `conflict`: waits for the user. `failed`: tried again next time.
   * `unclear`: nothing was known about it, look again. `passing`: the same, but nobody needs to be told. `held`: one of so many
   * deletions that a person has to say whether they are meant. `kept`: deleted on one side, and as configured not on the other.
   */
  readonly type: 'refused' | 'conflict' | 'failed' | 'unclear' | 'passing' | 'held' | 'kept';
  readonly reason: string;
  readonly atMs: number;
}

/** What each side had for a property when it was last dealt with; `undefined`: nothing. They differ where a side would not take it. */
export interface AgreedProperty {
  readonly a: string | undefined;
  readonly b: string | undefined;
  /** Why what was changed since is not on the other side. Absent: nothing is in its way. */
  readonly problem?: PropertyProblem | undefined;
}

/** A property that was changed, and that somebody has to do something about. */
export interface PropertyProblem {
  /** `refused`: the other side will not take it. `conflict`: both sides changed it. */
  readonly type: 'refused' | 'conflict';
  /** What each side had then. */
  readonly a: string | undefined;
  readonly b: string | undefined;
  readonly reason: string;
  readonly atMs: number;
}

/** Why a collection as a whole is not in step, where that waits for somebody. */
export interface Trouble {
  /** `refused`: one side will not make it. `held`: it was deleted on one side, and is there on the other. */
  readonly type: 'refused' | 'held';
  readonly reason: string;
  readonly atMs: number;
}

/** A collection of side a tied to one of side b. */
export interface Mapping {
  /** What people call it: the common id, or the configured alias. */
  readonly name: string;
  readonly a: { readonly id: CollectionId; readonly href: Href };
  readonly b: { readonly id: CollectionId; readonly href: Href };
}

/** One mapping's memory. Synchronous on purpose: the file is local and locked for the run, and no transaction spans an await. */
export interface StatusStore {
  get(ident: Ident): SyncedItem | undefined;
  byHref(side: Side, href: Href): SyncedItem | undefined;
  all(): Iterable<SyncedItem>;
  count(): number;
  /** The last common text, where one was stored. */
  base(ident: Ident): string | undefined;
  /** Records agreement; also ends an `Unfinished` of that ident. All or nothing. */
  put(items: readonly Agreement[]): void;
  /** Forgets the agreement and an `Unfinished` of each ident. */
  forget(idents: readonly Ident[]): void;
  /** The same after an item was deleted on that side, and counts it among the deletions. */
  removed(ident: Ident, on: Side, atMs: number): void;
  /** How many items were deleted on that side since then, as far as the last hour is concerned. */
  removedSince(on: Side, sinceMs: number): number;
  properties(): ReadonlyMap<PropertyName, AgreedProperty>;
  /** Replaces those named. */
  putProperties(properties: ReadonlyMap<PropertyName, AgreedProperty>): void;
  unfinished(): readonly Unfinished[];
  /** Ends a run: remembers how far each side was read and what is left over (replacing the former leftovers), in one transaction. */
  finish(run: {
    readonly a: Progress;
    readonly b: Progress;
    readonly unfinished: readonly Unfinished[];
    readonly atMs: number;
    /** Under which settings of the pair it was decided what is left over. Absent: under those that are stored. */
    readonly settings?: string;
  }): void;
  /** What `finish` was told of settings. */
  settings(): string | undefined;
  progress(side: Side): Progress;
  /** When the last complete listing of that side was dealt with, in ms since 1970. */
  lastCompleteAtMs(side: Side): number | undefined;
  setLastComplete(side: Side, atMs: number): void;
}

/** The memory of a pair of storages: one StatusStore a mapping. */
export interface PairStatus {
  mappings(): readonly Mapping[];
  /** Opens a mapping's memory; creates it when new. Hrefs identify a mapping, so a renamed alias keeps its memory. */
  open(mapping: Mapping): StatusStore;
  /** Drops a mapping's memory. */
  forget(mapping: Mapping): void;
  /** By the names of the pairings, which may have no mapping yet. */
  troubles(): ReadonlyMap<string, Trouble>;
  /** `undefined`: it is over. */
  setTrouble(name: string, trouble: Trouble | undefined): void;
}
