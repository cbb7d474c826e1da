import ICAL from 'ical.js';

/** What a person recognises an item by. */
export interface Description {
  readonly title: string | undefined;
  /** For people: `2026-11-22T10:00:00Z`, `2026-11-22`; undefined where there is none. */
  readonly start: string | undefined;
}

const UNKNOWN: Description = { title: undefined, start: undefined };
const MAIN: ReadonlySet<string> = new Set(['vevent', 'vtodo', 'vjournal']);

/** Title and start of the first event, to-do or journal entry. What ical.js cannot parse has neither; nothing is thrown. */
export function describeCalendarItem(text: string): Description {
  try {
    const parsed: unknown = ICAL.parse(text);
    const calendar = new ICAL.Component(parsed as ConstructorParameters<typeof ICAL.Component>[0]);
    const main = calendar.getAllSubcomponents().find(({ name }) => MAIN.has(name));
    return main
      ? {
          title: asText(main.getFirstPropertyValue('summary')),
          start: asText(main.getFirstPropertyValue('dtstart')),
        }
      : UNKNOWN;
  } catch {
    // Damaged items are carried too; they only go without a title in messages.
    return UNKNOWN;
  }
}

const asText = (value: string | { toString(): string } | null): string | undefined => value?.toString();
