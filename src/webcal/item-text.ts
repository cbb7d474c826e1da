import { parseContentLine } from '../core/content-line.ts';
import { ended, lineEndOf, rawLines, unfolded } from '../core/raw-lines.ts';
import type { Identified } from './identity.ts';
import { type Part, zonesByName } from './parts.ts';
import type { RawCalendar } from './split.ts';

/**
 * What an item takes over from its calendar. All else describes the feed (its name, METHOD, how often to ask for it), and would
 * change every item whenever it changes; METHOD is not allowed in stored items (RFC 4791, 4.1).
 */
const SHARED: ReadonlySet<string> = new Set(['VERSION', 'PRODID', 'CALSCALE', 'X-WR-TIMEZONE']);

/** Writes items of feeds, and looks at each calendar's time zones once. */
export class ItemWriter {
  readonly #zones = new Map<RawCalendar, ReadonlyMap<string, string>>();

  /** An item as a calendar of its own: the feed's lines byte for byte, with the time zones it needs, and another UID where it has to have one. */
  write({ group, uid }: Identified): string {
    const [first] = group.parts;
    if (!first) throw new RangeError('an item has at least one component');
    const { begin, end } = first.calendar;
    const bodies = group.parts.map(({ text }) => (group.uid === uid ? text : withUid(text, uid)));
    return [begin, ...headOf(first.calendar), ...this.#zonesOf(group.parts), ...bodies, end].join('');
  }

  #zonesOf(parts: readonly Part[]): string[] {
    const needed = new Map<string, string>();
    for (const { calendar, zones } of parts) {
      for (const id of zones) {
        const zone = this.#zonesIn(calendar).get(id);
        if (zone !== undefined && !needed.has(id)) needed.set(id, zone);
      }
    }
    return [...needed.values()];
  }

  #zonesIn(calendar: RawCalendar): ReadonlyMap<string, string> {
    const known = this.#zones.get(calendar) ?? zonesByName(calendar);
    this.#zones.set(calendar, known);
    return known;
  }
}

/** VERSION and PRODID have to be there (RFC 5545, 3.6); some feeds leave them out, and servers would refuse the items. */
function headOf({ begin, lines }: RawCalendar): string[] {
  const shared = lines.map((raw) => ({ raw, name: nameOf(raw) })).filter(({ name }) => SHARED.has(name));
  const lineEnd = lineEndOf(begin);
  const missing = [
    ['VERSION', '2.0'],
    ['PRODID', '-//pimsync//webcal//EN'],
  ].filter(([required]) => !shared.some(({ name }) => name === required));
  return [
    ...missing.map(([name, value]) => `${name}:${value}${lineEnd}`),
    ...shared.map(({ raw }) => ended(raw)),
  ];
}

const nameOf = (raw: string): string => parseContentLine(unfolded(raw)).name;

/** The same component under another UID; those of alarms inside are their own. */
function withUid(text: string, uid: string): string {
  const lines = [...rawLines(text)].map(({ start, end }) => text.slice(start, end));
  const kept: string[] = [];
  let depth = 0;
  for (const raw of lines) {
    const name = nameOf(raw);
    if (name === 'BEGIN') depth += 1;
    if (name === 'END') depth -= 1;
    if (name !== 'UID' || depth !== 1) kept.push(raw);
    if (kept.length === 1) kept.push(`UID:${uid}${lineEndOf(raw)}`);
  }
  return kept.join('');
}
