import { type Component, parseComponents } from '../core/component.ts';

export const ITEM_COMPONENTS = ['VEVENT', 'VTODO', 'VJOURNAL'] as const;

const DAY_MS = 24 * 60 * 60 * 1000;
/** More than a day without a time, in whatever time zone, can differ from the same day in UTC at either end. */
const MARGIN_MS = 2 * DAY_MS;
/** What makes more of an event than its first time. */
const REPEATS: ReadonlySet<string> = new Set(['RRULE', 'RDATE', 'RECURRENCE-ID', 'DURATION']);

/** A window at one moment. */
export interface WindowNow {
  /** Names of components that are carried. */
  readonly wanted: readonly string[];
  /** From here on; absent: from ever. */
  readonly startMs?: number;
  /** Up to here; absent: for ever. */
  readonly endMs?: number;
}

/**
 * Whether an item is in a window, as far as that is beyond doubt; else the components of which the server has to say it. Recurrences,
 * to-dos in time and what is near an edge are for the server (RFC 4791, 9.9). Pure.
 */
export function judge(text: string, { wanted, startMs, endMs }: WindowNow): boolean | readonly string[] {
  const tree = parseComponents(text);
  const inner = tree.components.flatMap(({ components }) => components);
  const kinds = new Set(inner.map(({ name }) => name).filter(isItemComponent));
  // It is no calendar item that we could read.
  if (!tree.whole || kinds.size === 0) return wanted;
  const asked = wanted.filter((name) => kinds.has(name));
  if (asked.length === 0) return false;
  if (startMs === undefined && endMs === undefined) return true;
  const events = inner.filter(({ name }) => name === 'VEVENT');
  const [event] = events;
  if (!event || events.length > 1 || asked.join() !== 'VEVENT') return asked;
  return judgeEvent(event, startMs ?? -Infinity, endMs ?? Infinity) ?? asked;
}

const isItemComponent = (name: string): boolean => (ITEM_COMPONENTS as readonly string[]).includes(name);

/** `undefined`: not beyond doubt. */
function judgeEvent({ lines }: Component, startMs: number, endMs: number): boolean | undefined {
  if (lines.some(({ name }) => REPEATS.has(name))) return undefined;
  const first = dayOf(lines, 'DTSTART');
  const last = dayOf(lines, 'DTEND') ?? first;
  if (first === undefined || last === undefined || last < first) return undefined;
  if (first - MARGIN_MS >= endMs || last + MARGIN_MS <= startMs) return false;
  return first + MARGIN_MS < endMs && last - MARGIN_MS > startMs ? true : undefined;
}

/** The day that a property names, as if it were in UTC. */
function dayOf(lines: Component['lines'], wanted: string): number | undefined {
  const value = lines.find(({ name }) => name === wanted)?.value;
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})(?:T|$)/.exec(value?.trim() ?? '') ?? [];
  if (year === undefined) return undefined;
  const ms = Date.parse(`${year}-${month}-${day}T00:00:00Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
