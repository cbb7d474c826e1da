import type { ItemKind } from '../core/item.ts';
import type { PropertyName } from '../core/storage.ts';
import type { Window } from '../core/window.ts';
import type { ConflictChoice } from './conflict-choice.ts';
import type { SecretSource } from './secret.ts';

/** What the user wants, complete with defaults; every path absolute, every time in milliseconds. */
export interface Config {
  /** The file it came from; undefined for the embedded default. */
  readonly path: string | undefined;
  readonly statePath: string;
  readonly storages: ReadonlyMap<string, StorageConfig>;
  readonly mount: MountConfig | undefined;
  readonly pairs: ReadonlyMap<string, PairConfig>;
  /** What is allowed but unwise, one line each. */
  readonly warnings: readonly string[];
}

export type StorageConfig = DavStorageConfig | WebcalStorageConfig | VdirStorageConfig;

interface CommonStorageConfig {
  readonly name: string;
  readonly kind: ItemKind;
  readonly readOnly: boolean;
  /** Deletions on the other side leave the items here alone. */
  readonly noDelete: boolean;
  /** How often to look for changes where nothing announces them. */
  readonly intervalMs: number;
  /** Larger items are told as unreadable, and stay where they are. */
  readonly maxItemBytes: number;
}

/** What is reached over HTTP. */
export interface RemoteStorageConfig extends CommonStorageConfig {
  /** http or https. */
  readonly url: URL;
  readonly username: string | undefined;
  readonly password: SecretSource | undefined;
  /** Undefined: 60 s for an item, 300 s for a report or a feed. */
  readonly timeoutMs: number | undefined;
  /** Of one answer. */
  readonly maxResponseBytes: number;
  readonly userAgent: string | undefined;
  /** A PEM file whose certificates are trusted beside the roots that Node brings along. */
  readonly tlsRoot: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface DavStorageConfig extends RemoteStorageConfig {
  readonly type: 'caldav' | 'carddav';
  /** Undefined: everything. */
  readonly window: Window | undefined;
}

export interface WebcalStorageConfig extends RemoteStorageConfig {
  readonly type: 'webcal';
  /** What its only collection is called. */
  readonly collection: string;
}

export interface VdirStorageConfig extends CommonStorageConfig {
  readonly type: 'vdir/icalendar' | 'vdir/vcard';
  readonly path: string;
  /** With the leading dot. */
  readonly fileext: string | undefined;
  /** Changes are noticed at once, not only on the interval. */
  readonly watch: boolean;
  /** A program and its first arguments; called with the path of each item file that was written. */
  readonly postHook: readonly string[] | undefined;
  /** The same for each item file that is about to be deleted. */
  readonly preDeletionHook: readonly string[] | undefined;
}

export interface MountConfig {
  readonly path: string;
  readonly storages: readonly string[];
  /** `nested`: DIR/storage/collection/item; `flat`: DIR/collection/item. */
  readonly layout: 'nested' | 'flat';
  readonly writeDelayMs: number;
  readonly deleteDelayMs: number;
  /** How long texts are kept that items no longer show; 0: not at all. */
  readonly historyMs: number;
  /** How much all of them together may take. */
  readonly historyBytes: number;
  /** What becomes of items that were changed in the mount (side a) and on the server (side b). */
  readonly conflict: ConflictChoice;
}

export interface PairConfig {
  readonly name: string;
  readonly a: string;
  readonly b: string;
  readonly collections: PairCollections;
  readonly onEmpty: 'skip' | 'sync';
  readonly onDelete: 'sync' | 'skip';
  /** b becomes a copy of a. */
  readonly oneWay: boolean;
  /** Which properties of the collections are kept in step. */
  readonly properties: readonly PropertyName[];
  /** What becomes of items that both sides changed. */
  readonly conflict: ConflictChoice;
  /** A program and its arguments, called after a run that changed items. */
  readonly onChange: readonly string[] | undefined;
}

export type PairCollections =
  | { readonly type: 'all' | 'from a' | 'from b' }
  | { readonly type: 'list'; readonly entries: readonly PairEntry[] };

/** One collection of a pair, by its id on each side. */
export interface PairEntry {
  readonly name: string;
  readonly a: string;
  readonly b: string;
}

/** Of what `loadConfig` gave: whether there was no file, so that the storages are our own folders, made when they are missing. */
export const isEmbeddedDefault = ({ path }: Config): boolean => path === undefined;
