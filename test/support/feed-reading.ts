import assert from 'node:assert/strict';
import { type Feed, type FeedItem, readFeed } from '../../src/webcal/feed.ts';

export const NOTHING = new Map<string, readonly string[]>();

export const read = (
  text: string | Buffer,
  remembered = NOTHING as Feed['remembered'],
  type = 'text/calendar',
): Feed => readFeed(Buffer.from(text), type, { remembered, maxItemBytes: 10_000 });

export const textOf = (found: FeedItem | undefined): string => {
  assert.ok(found && 'item' in found, 'the item can be carried');
  return found.item.text;
};

/** Href → text. */
export const textsIn = ({ items }: Feed): Record<string, string> =>
  Object.fromEntries([...items].map(([href, found]) => [href, textOf(found)]));

/** Href → etag. */
export const etagsIn = ({ items }: Feed): Record<string, string> =>
  Object.fromEntries([...items].map(([href, { etag }]) => [href, etag]));
