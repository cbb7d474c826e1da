import { parseComponents } from './component.ts';

/** By which a component or card says when it was changed last (RFC 5545, 3.8.7.2 and 3.8.7.3; RFC 6350, 6.7.4), the best one first. */
const STAMPS = ['LAST-MODIFIED', 'REV', 'DTSTAMP'] as const;
/** Their own times say nothing of the item. */
const NOT_MAIN: ReadonlySet<string> = new Set(['VTIMEZONE', 'VALARM']);

/**
 * When an item was changed last by its own words, in ms since 1970; the latest of its components counts. `undefined`: it does not say.
 * Whoever changes an item without setting any of the stamps goes unnoticed; so this is a hint, no more.
 */
export function revisedAtMs(text: string): number | undefined {
  const outers = parseComponents(text).components;
  const inners = outers.flatMap(({ components }) => components.filter(({ name }) => !NOT_MAIN.has(name)));
  const times = [...outers, ...inners].flatMap(({ lines }) => {
    const stamp = STAMPS.map((name) => lines.find((line) => line.name === name)).find(Boolean);
    const atMs = stamp && stampMs(stamp.value);
    return atMs === undefined ? [] : [atMs];
  });
  return times.length === 0 ? undefined : Math.max(...times);
}

/** `20261122T101500Z`, or with dashes and colons as vCard 3 writes it; a time of day without `Z` is taken for UTC, a date for its start. */
function stampMs(value: string): number | undefined {
  const match = /^(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d)(?:\.\d+)?Z?)?$/.exec(value.trim());
  if (!match) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((digits) => Number(digits ?? 0));
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
