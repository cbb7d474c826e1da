import { type Item, type ItemKind, parseItem } from '../../src/core/item.ts';

interface Common {
  /** Left out of the text when `undefined` is given. */
  readonly uid?: string | undefined;
  /** Whole content lines to put into the main component. */
  readonly lines?: readonly string[];
  /** CRLF as the RFCs demand, unless told otherwise. */
  readonly eol?: string;
}

interface EventFields extends Common {
  readonly summary?: string;
  readonly start?: string;
  /** Further components beside the event: overrides, time zones. */
  readonly beside?: readonly string[];
}

interface TodoFields extends Common {
  readonly summary?: string;
}

interface ContactFields extends Common {
  readonly name?: string;
}

/** An iCalendar text with one event in it, valid enough for any server. */
export function eventText(fields: EventFields = {}): string {
  const { summary = 'standup', start = '20261122T100000Z', lines = [], beside = [], eol = '\r\n' } = fields;
  const main = [
    'BEGIN:VEVENT',
    ...uidLine(fields, 'event-1'),
    'DTSTAMP:20261101T000000Z',
    `DTSTART:${start}`,
    `SUMMARY:${summary}`,
    ...lines,
    'END:VEVENT',
  ];
  return calendar([...main, ...beside], eol);
}

/** The same with a to-do. */
export function todoText(fields: TodoFields = {}): string {
  const { summary = 'laundry', lines = [], eol = '\r\n' } = fields;
  const main = [
    'BEGIN:VTODO',
    ...uidLine(fields, 'todo-1'),
    'DTSTAMP:20261101T000000Z',
    `SUMMARY:${summary}`,
    ...lines,
    'END:VTODO',
  ];
  return calendar(main, eol);
}

/** A vCard 3.0, the version that every server takes. */
export function contactText(fields: ContactFields = {}): string {
  const { name = 'Ada Lovelace', lines = [], eol = '\r\n' } = fields;
  const main = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    ...uidLine(fields, 'contact-1'),
    `FN:${name}`,
    `N:${name};;;;`,
    ...lines,
    'END:VCARD',
    '',
  ];
  return main.join(eol);
}

/** A text of that kind whose title is `title`. */
export const textOf = (kind: ItemKind, uid: string, title: string): string =>
  kind === 'calendar' ? eventText({ uid, summary: title }) : contactText({ uid, name: title });

export const itemOf = (kind: ItemKind, uid: string, title: string): Item =>
  parseItem(kind, textOf(kind, uid, title));

const calendar = (lines: readonly string[], eol: string): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//pimsync//test//EN', ...lines, 'END:VCALENDAR', ''].join(eol);

function uidLine(fields: Common, fallback: string): string[] {
  const uid = 'uid' in fields ? fields.uid : fallback;
  return uid === undefined ? [] : [`UID:${uid}`];
}
