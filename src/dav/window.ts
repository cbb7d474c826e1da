import { ServerError } from '../core/errors.ts';
import type { Changes, Href, SyncToken } from '../core/storage.ts';
import { syncToken } from '../core/storage.ts';
import type { Window, WindowEdge } from '../core/window.ts';
import type { Manner } from '../http/guarded-fetch.ts';
import type { XmlBody, XmlContent } from './client.ts';
import { ETAG } from './dialect.ts';
import { readListing } from './listing.ts';
import { type Site, urlOf } from './site.ts';
import { ITEM_COMPONENTS, judge, type WindowNow } from './window-verdict.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Tells one window from another, so that a changed one has everything looked at anew. */
export const labelOf = ({ components, since, until }: Window): string =>
  `${components.join('+')} ${edgeLabel(since)}..${edgeLabel(until)}`;

const edgeLabel = (edge: WindowEdge | undefined): string =>
  edge === undefined ? '' : 'days' in edge ? `${edge.days}d` : edge.date;

/** The storage's own token, where it was given under the same window; else everything is asked for. */
export function tokenIn(window: Window | undefined, token: SyncToken | undefined): SyncToken | undefined {
  if (!window || token === undefined) return token;
  const prefix = `${labelOf(window)}\n`;
  return token.startsWith(prefix) ? syncToken(token.slice(prefix.length)) : undefined;
}

/**
 * Sorts out what is outside of the window. Where the text of an item came along and leaves no doubt, that says it; else the server does,
 * as only that knows its recurrences. What is outside is never taken for gone (docs/facts.md, D19: such a query proves no absence).
 * What comes into the window by the passing of time alone is found by the next complete listing.
 */
export async function inWindow(
  site: Site,
  window: Window,
  changes: Changes,
  manner: Manner,
): Promise<Changes> {
  const token = changes.token && syncToken(`${labelOf(window)}\n${changes.token}`);
  if (changes.changed.length === 0) return { ...changes, token };
  const now = windowAt(window, site.nowMs());
  const verdicts = new Map(
    changes.changed.map(({ href }) => [href, verdictOn(site.fresh.textAt(href), now)]),
  );
  const asked = new Set([...verdicts.values()].flatMap((verdict) => (isDoubt(verdict) ? verdict : [])));
  const listed = await hrefsInside(site, { ...now, wanted: [...asked] }, manner);
  const isInside = (href: Href): boolean => {
    const verdict = verdicts.get(href);
    return verdict === true || (isDoubt(verdict) && listed.has(href));
  };
  return {
    ...changes,
    changed: changes.changed.filter(({ href }) => isInside(href)),
    outside: changes.changed.map(({ href }) => href).filter((href) => !isInside(href)),
    token,
  };
}

const verdictOn = (text: string | undefined, now: WindowNow): ReturnType<typeof judge> =>
  text === undefined ? now.wanted : judge(text, now);

const isDoubt = (verdict: ReturnType<typeof judge> | undefined): verdict is readonly string[] =>
  typeof verdict === 'object';

/** @throws ServerError when the answer is cut short */
async function hrefsInside(site: Site, now: WindowNow, manner: Manner): Promise<Set<Href>> {
  const url = urlOf(site, site.info.href);
  const inside = new Set<Href>();
  // Filters side by side in one query would all have to match (RFC 4791, 9.7.1).
  for (const component of now.wanted) {
    const query = windowQuery(component, now);
    const listing = await readListing(site, site.client.report(url, query, '1', manner));
    if (listing.cut)
      throw new ServerError(
        `REPORT ${site.info.href}: the server does not list all that is in the window; make it smaller`,
      );
    for (const href of [...listing.changed.keys(), ...listing.unclear.keys()]) inside.add(href);
  }
  return inside;
}

function windowAt({ components, since, until }: Window, nowMs: number): WindowNow {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return {
    wanted: components.length > 0 ? components : ITEM_COMPONENTS,
    ...(since && { startMs: atMs(since, today, -1) }),
    // The last day belongs to it.
    ...(until && { endMs: atMs(until, today, 1) + DAY_MS }),
  };
}

const atMs = (edge: WindowEdge, todayMs: number, direction: 1 | -1): number =>
  'days' in edge ? todayMs + direction * edge.days * DAY_MS : Date.parse(`${edge.date}T00:00:00Z`);

/** `20261122T000000Z`; RFC 4791, 9.9 takes no other form. */
const utc = (ms: number): string => new Date(ms).toISOString().replaceAll(/[-:]|\.\d+/g, '');

function windowQuery(component: string, { startMs, endMs }: WindowNow): XmlBody {
  const isOpen = startMs === undefined && endMs === undefined;
  const range = {
    ...(startMs !== undefined && { start: utc(startMs) }),
    ...(endMs !== undefined && { end: utc(endMs) }),
  };
  const filter: XmlContent = {
    'c:comp-filter': {
      _attributes: { name: 'VCALENDAR' },
      'c:comp-filter': {
        _attributes: { name: component },
        ...(isOpen ? {} : { 'c:time-range': { _attributes: range } }),
      },
    },
  };
  return { root: 'c:calendar-query', content: { 'd:prop': ETAG, 'c:filter': filter } };
}
