import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { type Item, type ItemKind, parseItem } from '../../src/core/item.ts';
import { contactText, eventText, todoText } from '../support/items.ts';

const event = (...lines: string[]): string => ['BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR', ''].join('\n');
const calendar = (text: string): Item => parseItem('calendar', text);

describe('the UID of an item', () => {
  const cases: [rule: string, kind: ItemKind, text: string, want: string | undefined][] = [
    ['of an event', 'calendar', eventText({ uid: 'u' }), 'u'],
    ['of a to-do', 'calendar', todoText({ uid: 'u' }), 'u'],
    ['of a contact', 'contact', contactText({ uid: 'u' }), 'u'],
    ['none', 'calendar', eventText({ uid: undefined }), undefined],
    ['none in a contact', 'contact', contactText({ uid: undefined }), undefined],
    ['empty, which is none', 'calendar', eventText({ uid: ' ' }), undefined],
    ['with blanks around', 'calendar', eventText({ uid: '  u ' }), 'u'],
    ['with blanks inside', 'calendar', eventText({ uid: 'u v' }), 'u v'],
    ['with a colon', 'calendar', eventText({ uid: 'urn:uuid:1' }), 'urn:uuid:1'],
    ['folded', 'calendar', event('BEGIN:VEVENT', 'UI', ' D:', ' one', ' \ttwo', 'END:VEVENT'), 'one\ttwo'],
    ['with parameters', 'calendar', event('BEGIN:VEVENT', 'UID;X="a:b":u', 'END:VEVENT'), 'u'],
    ['in small letters', 'calendar', event('begin:vevent', 'uid:u', 'end:vevent'), 'u'],
    [
      'not that of a time zone before it',
      'calendar',
      event('BEGIN:VTIMEZONE', 'UID:tz', 'TZID:x', 'END:VTIMEZONE', 'BEGIN:VEVENT', 'UID:u', 'END:VEVENT'),
      'u',
    ],
    [
      'not that of a time zone alone',
      'calendar',
      event('BEGIN:VTIMEZONE', 'UID:tz', 'END:VTIMEZONE'),
      undefined,
    ],
    [
      'not that of an alarm',
      'calendar',
      event('BEGIN:VEVENT', 'BEGIN:VALARM', 'UID:alarm', 'END:VALARM', 'END:VEVENT'),
      undefined,
    ],
    [
      'not that of an alarm before it',
      'calendar',
      event('BEGIN:VEVENT', 'BEGIN:VALARM', 'UID:alarm', 'END:VALARM', 'UID:u', 'END:VEVENT'),
      'u',
    ],
    [
      'not that of an alarm that strayed out of its event',
      'calendar',
      event('BEGIN:VALARM', 'UID:alarm', 'END:VALARM', 'BEGIN:VEVENT', 'UID:u', 'END:VEVENT'),
      'u',
    ],
    ['not that of the calendar', 'calendar', event('UID:cal', 'BEGIN:VEVENT', 'UID:u', 'END:VEVENT'), 'u'],
    [
      'that of the calendar if there is no other',
      'calendar',
      event('UID:cal', 'BEGIN:VEVENT', 'END:VEVENT'),
      'cal',
    ],
    [
      'the first of a series and its overrides',
      'calendar',
      event('BEGIN:VEVENT', 'UID:u', 'END:VEVENT', 'BEGIN:VEVENT', 'UID:u', 'RECURRENCE-ID:1', 'END:VEVENT'),
      'u',
    ],
    ['of another component that is not known', 'calendar', event('BEGIN:X-NEW', 'UID:u', 'END:X-NEW'), 'u'],
    ['not one with a group', 'contact', contactText({ uid: undefined, lines: ['item1.UID:u'] }), undefined],
    ['not a name that begins alike', 'calendar', event('BEGIN:VEVENT', 'UIDX:u', 'END:VEVENT'), undefined],
    ['in a text that breaks off', 'calendar', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:u\nSUMM', 'u'],
    ['behind a BOM', 'calendar', `\uFEFF${eventText({ uid: 'u' })}`, 'u'],
    ['in a text with NUL', 'calendar', eventText({ uid: 'u\u0000v' }), 'u\u0000v'],
    ['outside of every component', 'calendar', 'UID:u', undefined],
    ['in an empty text', 'calendar', '', undefined],
  ];
  for (const [rule, kind, text, want] of cases) {
    it(`is found: ${rule}`, () => {
      const { uid, ident, hash } = parseItem(kind, text);
      assert.equal(uid, want);
      assert.equal(ident, want ?? `#${hash}`);
    });
  }
});

describe('whether an item is whole', () => {
  const cases: [rule: string, kind: ItemKind, text: string, want: boolean][] = [
    ['an event', 'calendar', eventText(), true],
    ['a contact', 'contact', contactText(), true],
    ['a contact among calendars', 'calendar', contactText(), false],
    ['an event among contacts', 'contact', eventText(), false],
    ['an event without its calendar', 'calendar', 'BEGIN:VEVENT\nUID:1\nEND:VEVENT', false],
    ['a text that breaks off', 'calendar', eventText().slice(0, -20), false],
    ['an empty text', 'calendar', '', false],
    ['an empty calendar', 'calendar', event(), true],
  ];
  for (const [rule, kind, text, want] of cases) {
    it(`is told of ${rule}`, () => assert.equal(parseItem(kind, text).whole, want));
  }
});

describe('parseItem', () => {
  it('keeps the text as it was', () => {
    const text = `\uFEFF${eventText({ eol: '\n' })}\u0000 \r`;
    assert.equal(calendar(text).text, text);
  });

  it('never throws, and tells the same twice', () => {
    const piece = fc.constantFrom(
      'BEGIN:',
      'END:',
      'VEVENT',
      'VCALENDAR',
      'UID',
      ':',
      ';',
      '"',
      '=',
      '\r',
      '\n',
      ' ',
      '\t',
      '\uFEFF',
      '\u0000',
      '\uD800',
    );
    const text = fc.oneof(
      fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 60 }).map((some) => some.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.constantFrom('calendar' as const, 'contact' as const), text, (kind, text) => {
        const item = parseItem(kind, text);
        assert.match(item.hash, /^[0-9a-f]{64}$/);
        assert.notEqual(item.ident, '');
        assert.deepEqual(parseItem(kind, text), item);
      }),
      { numRuns: 500 },
    );
  });

  const huge: [what: string, text: () => string][] = [
    ['a line of 20 MB', () => eventText({ lines: [`DESCRIPTION:${'x'.repeat(20_000_000)}`] })],
    ['a million folded lines', () => eventText({ lines: [`DESCRIPTION:${'x\r\n '.repeat(1_000_000)}`] })],
    ['a million blank lines', () => eventText({ lines: ['\n'.repeat(1_000_000)] })],
    ['a million semicolons', () => eventText({ lines: [`X${';'.repeat(1_000_000)}:y`] })],
    ['a million semicolons before a quote', () => eventText({ lines: [`X${';a'.repeat(1_000_000)}":y`] })],
    ['a million quotes', () => eventText({ lines: [`X;${'"a";'.repeat(1_000_000)}:y`] })],
    [
      'a million components that never close',
      () => event('BEGIN:VEVENT', 'UID:event-1', 'BEGIN:X\n'.repeat(1_000_000)),
    ],
  ];
  for (const [what, text] of huge) {
    // Each takes well below two seconds; anything that grows with the square of the length takes hours.
    it(`reads ${what}`, { timeout: 60_000 }, () => assert.equal(calendar(text()).uid, 'event-1'));
  }
});
