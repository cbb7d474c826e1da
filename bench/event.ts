/** The event number `index`: of the size and shape of an ordinary one, and accepted by every server. */
export const eventText = (index: number, title = `Meeting number ${index}`): string =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//pimsync//bench//EN',
    'BEGIN:VEVENT',
    `UID:${eventUid(index)}`,
    'DTSTAMP:20261101T000000Z',
    'DTSTART:20261122T100000Z',
    'DTEND:20261122T110000Z',
    `SUMMARY:${title}`,
    'LOCATION:Room 7\\, second floor',
    'DESCRIPTION:Please read the minutes of the last meeting before you come\\, an',
    ' d bring the figures of your group for the quarter. Coffee will be served.',
    'ORGANIZER;CN=Ada Lovelace:mailto:ada@example.com',
    'ATTENDEE;CN=Charles Babbage;PARTSTAT=ACCEPTED:mailto:charles@example.com',
    'ATTENDEE;CN=Mary Somerville;PARTSTAT=NEEDS-ACTION:mailto:mary@example.com',
    'CATEGORIES:WORK',
    'STATUS:CONFIRMED',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'DESCRIPTION:Reminder',
    'TRIGGER:-PT15M',
    'END:VALARM',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');

export const eventUid = (index: number): string => `event-${index}@bench.example`;
export const eventFile = (index: number): string => `event-${index}.ics`;
