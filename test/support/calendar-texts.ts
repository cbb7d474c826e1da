/** Calendars by their lines, for tests about the text itself. */
export const calendar = (...lines: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');

export const event = (...lines: readonly string[]): string[] => ['BEGIN:VEVENT', ...lines, 'END:VEVENT'];

export const standup = (...lines: readonly string[]): string[] =>
  event('UID:standup', 'DTSTAMP:20261101T000000Z', ...lines);

export const lunch = (...lines: readonly string[]): string[] =>
  event('UID:lunch', 'DTSTAMP:20261101T000000Z', ...lines);

export const zone = (name: string): string[] => ['BEGIN:VTIMEZONE', `TZID:${name}`, 'END:VTIMEZONE'];

/** A line that needs that zone. */
export const startIn = (name: string): string => `DTSTART;TZID=${name}:20261122T100000`;

/** The text without the first of each of these lines. */
export const cut = (text: string, ...lines: readonly string[]): string =>
  lines.reduce((rest, line) => rest.replace(`${line}\r\n`, ''), text);
