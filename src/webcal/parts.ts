import { createHash } from 'node:crypto';
import { canonicalForm } from '../core/canonical.ts';
import { type Component, type ComponentTree, parseComponents } from '../core/component.ts';
import type { ContentLine } from '../core/content-line.ts';
import type { RawCalendar, RawComponent } from './split.ts';

/** One event, to-do, journal entry or free-busy list of a feed, or one override of it. */
export interface Part extends RawComponent {
  readonly calendar: RawCalendar;
  readonly uid: string | undefined;
  /** Which of several components with one UID it is; empty for the main one. */
  readonly recurrenceId: string;
  /** Time zones it refers to, in order of appearance. */
  readonly zones: readonly string[];
  /** Equal for equal contents, whatever UID and time stamps the server put in. */
  readonly key: string;
}

/** What can be an item of its own in a store (RFC 4791, 4.1). */
const ITEM_COMPONENTS: ReadonlySet<string> = new Set(['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY']);
/** Beside the time stamps, which no canonical form has: what servers invent together with a UID. */
const INVENTED: ReadonlySet<string> = new Set(['UID', 'SEQUENCE', 'X-WR-ALARMUID']);

/** The components of a calendar that are items or parts of items. */
export const partsOf = (calendar: RawCalendar): Part[] =>
  calendar.components
    .filter(({ name }) => ITEM_COMPONENTS.has(name))
    .map((component) => readPart(calendar, component));

function readPart(calendar: RawCalendar, component: RawComponent): Part {
  const tree = parseComponents(component.text);
  const lines = tree.components[0]?.lines ?? [];
  return {
    ...component,
    calendar,
    uid: valueOf(lines, 'UID'),
    recurrenceId: valueOf(lines, 'RECURRENCE-ID') ?? '',
    zones: [...new Set(tree.components.flatMap(zonesOf))],
    key: keyOf(tree, component.text),
  };
}

function valueOf(lines: readonly ContentLine[], name: string): string | undefined {
  const value = lines.find((line) => line.name === name)?.value.trim();
  return value === '' ? undefined : value;
}

function zonesOf({ lines, components }: Component): string[] {
  const own = lines.flatMap(({ params }) =>
    params.filter((param) => param.startsWith('TZID=')).map((param) => unquoted(param.slice(5))),
  );
  return [...own, ...components.flatMap(zonesOf)];
}

const unquoted = (text: string): string => text.replaceAll('"', '').trim();

function keyOf({ components, strayLines, whole }: ComponentTree, text: string): string {
  const tree = { components: components.map(withoutInvented), strayLines, whole };
  return createHash('sha256').update(canonicalForm(tree, text)).digest('hex').slice(0, 32);
}

const withoutInvented = ({ lines, components, ...rest }: Component): Component => ({
  ...rest,
  lines: lines.filter(({ name }) => !INVENTED.has(name)),
  components: components.map(withoutInvented),
});

/** Each time zone of a calendar by its TZID; of two with one name, the first. */
export function zonesByName({ components }: RawCalendar): Map<string, string> {
  const zones = new Map<string, string>();
  for (const { name, text } of components) {
    if (name !== 'VTIMEZONE') continue;
    const id = valueOf(parseComponents(text).components[0]?.lines ?? [], 'TZID');
    if (id !== undefined && !zones.has(unquoted(id))) zones.set(unquoted(id), text);
  }
  return zones;
}
