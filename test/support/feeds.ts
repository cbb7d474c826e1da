/** An event of a feed, without its calendar. */
export const event = (uid: string | undefined, title: string, more: readonly string[] = []): string =>
  block('VEVENT', [
    ...(uid === undefined ? [] : [`UID:${uid}`]),
    'DTSTAMP:20260101T000000Z',
    'DTSTART:20260301T090000Z',
    `SUMMARY:${title}`,
    ...more,
  ]);

export const block = (name: string, lines: readonly string[]): string =>
  [`BEGIN:${name}`, ...lines, `END:${name}`, ''].join('\r\n');

export const zone = (id: string): string =>
  block('VTIMEZONE', [
    `TZID:${id}`,
    'BEGIN:STANDARD',
    'DTSTART:19701025T030000',
    'TZOFFSETFROM:+0200',
    'TZOFFSETTO:+0100',
    'END:STANDARD',
  ]);

export const HEAD = ['VERSION:2.0', 'PRODID:-//Example//Feed//EN'];

/** A feed of these components, each ending its line. */
export const calendar = (components: readonly string[], head: readonly string[] = HEAD): string =>
  `BEGIN:VCALENDAR\r\n${head.map((line) => `${line}\r\n`).join('')}${components.join('')}END:VCALENDAR\r\n`;
