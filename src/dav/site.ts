import type { CollectionInfo, StorageMemo } from '../core/storage.ts';
import type { Window } from '../core/window.ts';
import type { Logger } from '../lib/logger.ts';
import type { DavClient } from './client.ts';
import type { Dialect } from './dialect.ts';
import type { FreshItems } from './fresh-items.ts';
import { isItemOf, readHref, urlAt } from './href-path.ts';

/** One collection on a server, with all that is needed to talk about it. */
export interface Site {
  readonly client: DavClient;
  readonly dialect: Dialect;
  readonly info: CollectionInfo;
  readonly origin: URL;
  /** The host that serves another path of the account. */
  readonly originOf: (path: string) => URL;
  readonly memo: StorageMemo;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly fresh: FreshItems;
  readonly maxItemBytes: number;
  /** Of a calendar; undefined: all of it. */
  readonly window: Window | undefined;
}

/** @param path canonical */
export const urlOf = ({ origin }: Site, path: string): URL => urlAt(origin, path);

/**
 * The canonical path of an item of this collection; `undefined` for the collection itself, for what is in or is a folder, and for
 * what lies elsewhere. A foreign host is passed over: servers behind proxies write their inner name, and we ask our own host
 * in any case.
 */
export function itemPath({ info }: Site, href: string): string | undefined {
  const target = readHref(href, info.href);
  return target && isItemOf(info.href, target.path) ? target.path : undefined;
}
