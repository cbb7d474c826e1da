import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ItemKind } from '../../src/core/item.ts';
import { diagnose } from '../../src/repair/diagnose.ts';
import { calendar, cut, event, lunch, standup, startIn, zone } from '../support/calendar-texts.ts';
import { contactText, eventText, todoText } from '../support/items.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 10, 15);

describe('a text with nothing wrong', () => {
  const sound: [what: string, kind: ItemKind, text: string][] = [
    ['an event', 'calendar', eventText()],
    ['a to-do', 'calendar', todoText()],
    ['a contact', 'contact', contactText()],
    ['LF at the end of each line, as programs and servers have it', 'calendar', eventText({ eol: '\n' })],
    ['an empty line behind the last one', 'calendar', `${eventText()}\r\n`],
    ['no line end behind the last line', 'calendar', eventText().trimEnd()],
    ['lower case', 'calendar', eventText({ uid: 'x' }).toLowerCase()],
    ['a UID with blanks around it, folded', 'calendar', eventText({ uid: ' fol\r\n ded ' })],
    [
      'an event with overrides and a time zone',
      'calendar',
      calendar(...zone('Oslo'), ...standup(startIn('Oslo')), ...standup('RECURRENCE-ID:20261123T100000Z')),
    ],
    ['only overrides', 'calendar', calendar(...standup('RECURRENCE-ID:1'), ...standup('RECURRENCE-ID:2'))],
    ['a time zone that nothing needs', 'calendar', calendar(...zone('Oslo'), ...standup())],
    [
      'components that nobody knows, beside an event',
      'calendar',
      calendar(...standup(), 'BEGIN:X-A', 'END:X-A'),
    ],
    [
      'vCalendar 1.0 without PRODID',
      'calendar',
      cut(calendar(...event('UID:a')), 'PRODID:-//x//EN').replace('2.0', '1.0'),
    ],
    [
      'a contact with soft line breaks',
      'contact',
      contactText({ lines: ['NOTE;ENCODING=QUOTED-PRINTABLE:a=', 'b'] }),
    ],
    ['a line without a colon', 'calendar', eventText({ lines: ['nonsense'] })],
    ['tabs', 'calendar', eventText({ lines: ['DESCRIPTION:a\tb', '\tc'] })],
  ];
  for (const [what, kind, text] of sound) {
    it(`${what}: stays as it is`, () => {
      const found = diagnose(kind, text, NOW_MS);
      assert.ok(!('reason' in found), JSON.stringify(found));
      assert.deepEqual(found.findings, []);
      assert.deepEqual(
        found.units.map((unit) => unit.text),
        [text],
      );
    });
  }
});

describe('a text that nobody can mend without guessing', () => {
  const hopeless: [what: string, kind: ItemKind, text: string, reason: RegExp][] = [
    ['nothing', 'calendar', '', /^it is empty$/],
    ['blanks and NULs', 'calendar', ' \r\n\0\0', /^it is empty$/],
    ['garbage', 'calendar', 'hello\r\n', /does not begin with BEGIN/],
    ['a line behind the calendar', 'calendar', `${eventText()}X-A:1\r\n`, /"X-A" stands outside/],
    [
      'an END too many',
      'calendar',
      `${eventText()}END:VCALENDAR\r\n`,
      /nothing begins that END:VCALENDAR ends/,
    ],
    [
      'another END than the BEGIN',
      'calendar',
      eventText().replace('END:VEVENT', 'END:VEVNT'),
      /nothing begins that END:VEVNT/,
    ],
    ['a line that was cut', 'calendar', eventText().slice(0, 120), /breaks off in the middle of a line/],
    [
      'an END that was cut',
      'calendar',
      eventText().trimEnd().slice(0, -2),
      /nothing begins that END:VCALEND /,
    ],
    ['a card among events', 'calendar', contactText(), /a VCARD where a VCALENDAR belongs/],
    ['an event among cards', 'contact', eventText(), /a VCALENDAR where a VCARD belongs/],
    [
      'an event without a calendar around it',
      'calendar',
      standup().join('\r\n') + '\r\n',
      /a VEVENT where a VCALENDAR/,
    ],
    ['a calendar with nothing in it', 'calendar', calendar(), /no event, to-do or journal entry/],
    ['a time zone alone', 'calendar', calendar(...zone('Oslo')), /no event, to-do or journal entry/],
    ['unknown components alone', 'calendar', calendar('BEGIN:FOO', 'END:FOO'), /FOO is no component/],
    [
      'several UIDs in one component',
      'calendar',
      calendar(...standup('UID:other')),
      /several UIDs: standup, other/,
    ],
    [
      'several UIDs in one card',
      'contact',
      contactText({ lines: ['UID:other'] }),
      /several UIDs: contact-1, other/,
    ],
    [
      'two events with one UID, and an override',
      'calendar',
      calendar(...standup(), ...standup('A:b'), ...standup('RECURRENCE-ID:1')),
      /which of them an override belongs/,
    ],
    [
      'an override without UID of one of two events',
      'calendar',
      calendar(...standup(), ...lunch(), ...event('RECURRENCE-ID:1')),
      /which of them an override belongs/,
    ],
    [
      'an unknown component beside two events',
      'calendar',
      calendar(...standup(), ...lunch(), 'BEGIN:X-A', 'END:X-A'),
      /nothing tells which X-A belongs to/,
    ],
    ['too many components in components', 'calendar', 'BEGIN:X\r\n'.repeat(100_000), /nested too deep/],
    ['the same, closed', 'calendar', 'BEGIN:X\r\n'.repeat(100) + 'END:X\r\n'.repeat(100), /nested too deep/],
  ];
  for (const [what, kind, text, reason] of hopeless) {
    it(what, () => {
      const found = diagnose(kind, text, NOW_MS);
      assert.ok('reason' in found, JSON.stringify(found));
      assert.match(found.reason, reason);
    });
  }

  it('takes time in proportion to the text, whatever is in it', () => {
    for (const piece of ['\n', '\r', ' \n', '\v', 'BEGIN:VCARD\n', 'END:VCARD\n', 'BEGIN:VEVENT\n', 'x\n'])
      diagnose('calendar', piece.repeat(300_000), NOW_MS);
  });
});
