import { createHash } from 'node:crypto';
import { InvalidItemError, PimsyncError } from '../core/errors.ts';
import { type Item, parseItem } from '../core/item.ts';
import { type CollectionProperties, etag, href, type Href, type ItemRef } from '../core/storage.ts';
import { calendarProperties } from './calendar-properties.ts';
import { decodeFeed, type Decoded } from './decode.ts';
import { groupParts } from './grouping.ts';
import { type Identified, identify, type Remembered, remember } from './identity.ts';
import { ItemWriter } from './item-text.ts';
import { partsOf } from './parts.ts';
import { splitFeed } from './split.ts';

/** An item of a feed, or why it cannot be carried. */
export type FeedItem = ItemRef & ({ readonly item: Item } | { readonly error: PimsyncError });

/** A feed that was read to its end. */
export interface Feed {
  readonly items: ReadonlyMap<Href, FeedItem>;
  readonly properties: CollectionProperties;
  /** Changes with every change of an item, and with nothing else. */
  readonly state: string;
  readonly remembered: Remembered;
}

export interface FeedOptions {
  /** What the contents went by before. */
  readonly remembered: Remembered;
  readonly maxItemBytes: number;
}

/** Makes items of a downloaded text. Pure. @throws FeedFault when it is not a complete calendar; nothing may be concluded from it then */
export function readFeed(body: Buffer, contentType: string, options: FeedOptions): Feed {
  const decoded = decodeFeed(body, contentType);
  const calendars = splitFeed(decoded.text);
  const identified = identify(groupParts(calendars.flatMap(partsOf)), options.remembered);
  const writer = new ItemWriter();
  const items = identified.map((one) => toItem(one, writer.write(one), { decoded, ...options }));
  return {
    items: new Map(items.map((item) => [item.href, item])),
    properties: calendarProperties(calendars, decoded.decode),
    state: stateOf(items),
    remembered: remember(identified),
  };
}

interface ItemContext {
  readonly decoded: Decoded;
  readonly maxItemBytes: number;
}

/** The etag is the one of the contents: time stamps that the server sets anew for every download are no change. */
function toItem({ group, uid }: Identified, raw: string, { decoded, maxItemBytes }: ItemContext): FeedItem {
  const at = hrefOf(uid);
  try {
    const item = parseItem('calendar', decoded.decode(raw));
    if (Buffer.byteLength(item.text) <= maxItemBytes) return { href: at, etag: etag(item.hash), item };
    const limit = `${maxItemBytes / 1024 / 1024} MB (max_item)`;
    return { href: at, etag: etag(item.hash), error: new InvalidItemError(`${at} is larger than ${limit}`) };
  } catch (error) {
    if (!(error instanceof PimsyncError)) throw error;
    const told = new InvalidItemError(`${at}: ${error.message}`, { cause: error });
    return { href: at, etag: etag(group.key), error: told };
  }
}

/** What may stand in a file name anywhere as it is. */
const PLAIN = /^[\dA-Za-z][\w@.{}+=-]{0,199}$/;

/** The other side makes its file name of it, so it is the UID where that can be one. */
const hrefOf = (uid: string): Href =>
  href(`${PLAIN.test(uid) ? uid : createHash('sha256').update(uid).digest('hex').slice(0, 32)}.ics`);

function stateOf(items: readonly FeedItem[]): string {
  const lines = items.map(({ href, etag }) => `${href} ${etag}\n`);
  return createHash('sha256').update(lines.toSorted().join('')).digest('hex');
}
