import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { revisedAtMs } from '../../src/core/revision.ts';
import { textDifferences } from '../../src/core/text-differences.ts';

const calendar = (...lines: readonly string[]): string =>
  ['BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const event = (...lines: readonly string[]): string[] => ['BEGIN:VEVENT', 'UID:x', ...lines, 'END:VEVENT'];

describe('textDifferences', () => {
  it('names each property with what it was and is, parameters included', () => {
    const found = textDifferences({
      base: calendar(...event('SUMMARY:tea', 'DTSTART:20260101T100000Z')),
      a: calendar(...event('SUMMARY:green tea', 'DTSTART:20260101T100000Z')),
      b: calendar(...event('SUMMARY:tea', 'DTSTART;TZID=Europe/Rome:20260101T110000')),
    });
    assert.deepEqual(found, [
      { what: 'SUMMARY of VEVENT', base: 'tea', a: 'green tea', b: 'tea' },
      {
        what: 'DTSTART of VEVENT',
        base: '20260101T100000Z',
        a: '20260101T100000Z',
        b: '20260101T110000 (TZID=Europe/Rome)',
      },
    ]);
  });

  it('tells occurrences, alarms and time zones apart', () => {
    const text = (title: string, trigger: string, offset: string): string =>
      calendar(
        'BEGIN:VTIMEZONE',
        'TZID:Here',
        `TZOFFSETTO:${offset}`,
        'END:VTIMEZONE',
        ...event(
          'BEGIN:VALARM',
          'TRIGGER:-PT5M',
          'END:VALARM',
          'BEGIN:VALARM',
          `TRIGGER:${trigger}`,
          'END:VALARM',
        ),
        ...event('RECURRENCE-ID:20260105T090000Z', `SUMMARY:${title}`),
      );
    const found = textDifferences({
      base: undefined,
      a: text('one', '-PT1H', '+0100'),
      b: text('two', '-PT2H', '+0200'),
    });
    assert.deepEqual(
      found.map(({ what, a, b }) => [what, a, b]),
      [
        ['TZOFFSETTO of VTIMEZONE Here', '+0100', '+0200'],
        ['TRIGGER of VALARM 2', '-PT1H', '-PT2H'],
        ['SUMMARY of VEVENT on 20260105T090000Z', 'one', 'two'],
      ],
    );
  });

  it('finds nothing in another order, another folding or in repeated properties that are the same', () => {
    const a = calendar(...event('SUMMARY:tea', 'ATTENDEE:mailto:a@x', 'ATTENDEE:mailto:b@x'));
    const b = calendar(...event('ATTENDEE:mailto:b@x', 'ATTENDEE:mailto:a@x', 'SUMM', ' ARY:tea'));
    assert.deepEqual(textDifferences({ base: undefined, a, b }), []);
  });

  it('shows what one side does not have', () => {
    const [one] = textDifferences({
      base: undefined,
      a: calendar(...event()),
      b: calendar(...event('LOCATION:x')),
    });
    assert.deepEqual(one, { what: 'LOCATION of VEVENT', base: undefined, a: undefined, b: 'x' });
  });
});

describe('revisedAtMs', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5);
  const rows: readonly (readonly [what: string, text: string, want: number | undefined])[] = [
    [
      'LAST-MODIFIED counts for more than DTSTAMP',
      calendar(...event('DTSTAMP:20270101T000000Z', 'LAST-MODIFIED:20260102T030405Z')),
      at,
    ],
    ['DTSTAMP where there is nothing better', calendar(...event('DTSTAMP:20260102T030405Z')), at],
    [
      'the latest of several components',
      calendar(...event('DTSTAMP:20250101T000000Z'), ...event('DTSTAMP:20260102T030405Z')),
      at,
    ],
    [
      'not that of a time zone',
      calendar('BEGIN:VTIMEZONE', 'LAST-MODIFIED:20270101T000000Z', 'END:VTIMEZONE', ...event()),
      undefined,
    ],
    ['REV of a card, with dashes', 'BEGIN:VCARD\r\nREV:2026-01-02T03:04:05Z\r\nEND:VCARD\r\n', at],
    ['a date alone', 'BEGIN:VCARD\r\nREV:20260102\r\nEND:VCARD\r\n', Date.UTC(2026, 0, 2)],
    ['nonsense', calendar(...event('DTSTAMP:yesterday')), undefined],
  ];
  for (const [what, text, want] of rows) it(what, () => assert.equal(revisedAtMs(text), want));
});
