import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diagnose } from '../../src/repair/diagnose.ts';
import { calendar, cut, event, lunch, standup, startIn, zone } from '../support/calendar-texts.ts';
import { contactText, eventText } from '../support/items.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 10, 15);

describe('a text that can be mended', () => {
  const mended: [what: string, text: string, faults: string[], ...becomes: string[]][] = [
    ['a byte order mark', `\uFEFF${eventText()}`, ['bom'], eventText()],
    [
      'a NUL and an escape',
      eventText({ summary: 'a\0b\u001B[31m' }),
      ['control-characters'],
      eventText({ summary: 'ab[31m' }),
    ],
    [
      'a vertical tab between words',
      eventText({ summary: 'a\vb' }),
      ['control-characters'],
      eventText({ summary: 'a b' }),
    ],
    [
      'a form feed in front of a line',
      eventText({ lines: ['\fLOCATION:x'] }),
      ['control-characters'],
      eventText({ lines: ['LOCATION:x'] }),
    ],
    [
      'NULs behind the end, as a crash leaves them',
      `${eventText()}\0\0`,
      ['control-characters'],
      eventText(),
    ],
    ['CR alone', eventText({ eol: '\r' }), ['line-ends'], eventText()],
    ['CRLF and LF', eventText().replace('\r\n', '\n'), ['line-ends'], eventText()],
    ['empty lines between others', eventText({ lines: ['', ''] }), ['empty-lines'], eventText()],
    [
      'empty lines at the start',
      `\n \n${eventText({ eol: '\n' })}`,
      ['empty-lines'],
      eventText({ eol: '\n' }),
    ],
    [
      'an empty line in front of a folded one',
      eventText({ summary: 'a\r\n\r\n b' }),
      ['empty-lines'],
      eventText({ summary: 'a\r\n b' }),
    ],
    ['no END at the end', cut(eventText(), 'END:VEVENT', 'END:VCALENDAR'), ['unclosed'], eventText()],
    ['no END:VCALENDAR', cut(eventText(), 'END:VCALENDAR'), ['unclosed'], eventText()],
    ['nothing behind END:VEVENT', cut(eventText(), 'END:VCALENDAR').trimEnd(), ['unclosed'], eventText()],
    ['no END in front of the last one', cut(eventText(), 'END:VEVENT'), ['unclosed'], eventText()],
    [
      'no END of an alarm in front of another and of the event',
      calendar(...standup('BEGIN:VALARM', 'ACTION:AUDIO', 'BEGIN:VALARM', 'ACTION:DISPLAY')),
      ['unclosed'],
      calendar(
        ...standup(
          'BEGIN:VALARM',
          'ACTION:AUDIO',
          'END:VALARM',
          'BEGIN:VALARM',
          'ACTION:DISPLAY',
          'END:VALARM',
        ),
      ),
    ],
    [
      'no END of a time zone',
      calendar('BEGIN:VTIMEZONE', 'TZID:Oslo', 'BEGIN:STANDARD', ...standup()),
      ['unclosed'],
      calendar(
        'BEGIN:VTIMEZONE',
        'TZID:Oslo',
        'BEGIN:STANDARD',
        'END:STANDARD',
        'END:VTIMEZONE',
        ...standup(),
      ),
    ],
    [
      'no END, with LF and in lower case',
      'begin:vcalendar\nversion:2.0\nprodid:x\nbegin:vevent\nuid:a\ndtstamp:x\n',
      ['unclosed'],
      'begin:vcalendar\nversion:2.0\nprodid:x\nbegin:vevent\nuid:a\ndtstamp:x\nEND:vevent\nEND:vcalendar\n',
    ],
    ['no VERSION', cut(calendar(...standup()), 'VERSION:2.0'), ['no-version'], calendar(...standup())],
    [
      'no PRODID',
      cut(calendar(...standup()), 'PRODID:-//x//EN'),
      ['no-prodid'],
      calendar(...standup()).replace(
        'VERSION:2.0\r\nPRODID:-//x//EN',
        'PRODID:-//pimsync//repair//EN\r\nVERSION:2.0',
      ),
    ],
    [
      'no DTSTAMP, with LAST-MODIFIED',
      calendar(...event('UID:a', 'LAST-MODIFIED:20250102T030405Z')),
      ['no-dtstamp'],
      calendar(...event('DTSTAMP:20250102T030405Z', 'UID:a', 'LAST-MODIFIED:20250102T030405Z')),
    ],
    [
      'no DTSTAMP, with CREATED',
      calendar(...event('UID:a', 'LAST-MODIFIED:?', 'CREATED:20250102T030405Z')),
      ['no-dtstamp'],
      calendar(...event('DTSTAMP:20250102T030405Z', 'UID:a', 'LAST-MODIFIED:?', 'CREATED:20250102T030405Z')),
    ],
    [
      'no DTSTAMP and no other time',
      calendar(...event('UID:a')),
      ['no-dtstamp'],
      calendar(...event('DTSTAMP:20261122T101500Z', 'UID:a')),
    ],
    [
      'an override without the UID',
      calendar(...standup(), ...event('RECURRENCE-ID:1', 'DTSTAMP:1')),
      ['no-uid'],
      calendar(...standup(), ...event('UID:standup', 'RECURRENCE-ID:1', 'DTSTAMP:1')),
    ],
    [
      'two events',
      calendar(...standup(), ...lunch()),
      ['several-items'],
      calendar(...standup()),
      calendar(...lunch()),
    ],
    [
      'an event and a to-do with one UID',
      calendar(...standup(), 'BEGIN:VTODO', 'UID:standup', 'DTSTAMP:1', 'END:VTODO'),
      ['several-items'],
      calendar(...standup()),
      calendar('BEGIN:VTODO', 'UID:standup', 'DTSTAMP:1', 'END:VTODO'),
    ],
    [
      'two different events with one UID',
      calendar(...standup('SUMMARY:a'), ...standup('SUMMARY:b')),
      ['several-items'],
      calendar(...standup('SUMMARY:a')),
      calendar(...standup('SUMMARY:b')),
    ],
    [
      'two events without UID',
      calendar(...event('DTSTAMP:1'), ...event('DTSTAMP:2')),
      ['several-items'],
      calendar(...event('DTSTAMP:1')),
      calendar(...event('DTSTAMP:2')),
    ],
    [
      'two events with overrides and time zones: each gets what it needs',
      calendar(
        'X-WR-CALNAME:x',
        ...zone('Oslo'),
        ...zone('Rome'),
        ...standup(startIn('Oslo')),
        ...lunch(startIn('Rome')),
        ...standup('RECURRENCE-ID:1'),
      ),
      ['several-items'],
      calendar('X-WR-CALNAME:x', ...zone('Oslo'), ...standup(startIn('Oslo')), ...standup('RECURRENCE-ID:1')),
      calendar('X-WR-CALNAME:x', ...zone('Rome'), ...lunch(startIn('Rome'))),
    ],
    [
      'two calendars',
      calendar(...standup()) + calendar(...lunch()),
      ['several-items'],
      calendar(...standup()),
      calendar(...lunch()),
    ],
    [
      'an item in two calendars',
      calendar(...standup()) + calendar(...standup('RECURRENCE-ID:1')),
      ['several-calendars'],
      calendar(...standup(), ...standup('RECURRENCE-ID:1')),
    ],
    [
      'everything at once',
      `\uFEFFBEGIN:VCALENDAR\n\rBEGIN:VEVENT\nUID:a\0\n`,
      [
        'bom',
        'control-characters',
        'line-ends',
        'empty-lines',
        'unclosed',
        'no-version',
        'no-prodid',
        'no-dtstamp',
      ],
      'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//pimsync//repair//EN\r\nBEGIN:VEVENT\r\nDTSTAMP:20261122T101500Z\r\nUID:a\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n',
    ],
  ];
  for (const [what, text, faults, ...becomes] of mended) {
    it(what, () => {
      const found = diagnose('calendar', text, NOW_MS);
      assert.ok(!('reason' in found), JSON.stringify(found));
      assert.deepEqual(
        found.findings.map(({ fault }) => fault),
        faults,
      );
      assert.deepEqual(
        found.units.map((unit) => unit.text),
        becomes,
      );
    });
  }

  const cards: [what: string, text: string, faults: string[], ...becomes: string[]][] = [
    ['no VERSION', cut(contactText(), 'VERSION:3.0'), ['no-version'], contactText()],
    [
      'no VERSION, but what only 4.0 has',
      cut(contactText({ lines: ['KIND:group'] }), 'VERSION:3.0'),
      ['no-version'],
      contactText({ lines: ['KIND:group'] }).replace('3.0', '4.0'),
    ],
    [
      'no VERSION, but what only 2.1 has',
      cut(contactText({ lines: ['NOTE;QUOTED-PRINTABLE:a'] }), 'VERSION:3.0'),
      ['no-version'],
      contactText({ lines: ['NOTE;QUOTED-PRINTABLE:a'] }).replace('3.0', '2.1'),
    ],
    [
      'two cards',
      contactText() + contactText({ uid: 'b' }),
      ['several-items'],
      contactText(),
      contactText({ uid: 'b' }),
    ],
    [
      'two cards, the first without its END',
      cut(contactText(), 'END:VCARD') + contactText({ uid: 'b' }),
      ['unclosed', 'several-items'],
      contactText(),
      contactText({ uid: 'b' }),
    ],
    [
      'two cards, no line end behind the last',
      contactText() + contactText({ uid: 'b' }).trimEnd(),
      ['several-items'],
      contactText(),
      contactText({ uid: 'b' }),
    ],
  ];
  for (const [what, text, faults, ...becomes] of cards) {
    it(`contact: ${what}`, () => {
      const found = diagnose('contact', text, NOW_MS);
      assert.ok(!('reason' in found), JSON.stringify(found));
      assert.deepEqual(
        found.findings.map(({ fault }) => fault),
        faults,
      );
      assert.deepEqual(
        found.units.map((unit) => unit.text),
        becomes,
      );
    });
  }
});
