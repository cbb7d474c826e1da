import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { type ItemKind, parseItem } from '../../src/core/item.ts';
import { contactText, eventText, todoText } from '../support/items.ts';

const hashOf = (text: string, kind: ItemKind = 'calendar'): string => parseItem(kind, text).hash;
const withLine = (line: string): string => eventText({ lines: [line] });
const ZONE = ['BEGIN:VTIMEZONE', 'TZID:Europe/Berlin', 'END:VTIMEZONE'];
const alarm = (...lines: string[]): string[] => ['BEGIN:VALARM', ...lines, 'END:VALARM'];

describe('two texts mean the same', () => {
  const cases: [rule: string, one: string, other: string][] = [
    ['with LF and with CRLF', eventText({ eol: '\n' }), eventText({ eol: '\r\n' })],
    ['with and without a line break at the end', eventText(), eventText().trimEnd()],
    ['with and without a BOM', eventText(), `\uFEFF${eventText()}`],
    ['with blank lines', eventText(), eventText().replaceAll('\r\n', '\r\n\r\n')],
    ['folded and not', withLine('DESCRIPTION:one two'), withLine('DESCRIPTION:one\r\n  two')],
    ['folded with a tab', withLine('DESCRIPTION:onetwo'), withLine('DESCRIPTION:one\r\n\ttwo')],
    [
      'in another order of properties',
      eventText({ lines: ['A:1', 'B:2'] }),
      eventText({ lines: ['B:2', 'A:1'] }),
    ],
    ['in another order of components', eventText({ beside: ZONE }), reordered()],
    ['in another order of parameters', withLine('A;B=1;C=2:x'), withLine('A;C=2;B=1:x')],
    ['with names in small letters', withLine('LOCATION;LANGUAGE=de:x'), withLine('location;language=de:x')],
    ['with needless quotes', withLine('ATTENDEE;CN=Ada:mailto:a'), withLine('ATTENDEE;CN="Ada":mailto:a')],
    ['by another program', eventText(), eventText().replace(/PRODID:.*/, 'PRODID:-//other//')],
    ['written at another time', eventText(), eventText().replace(/DTSTAMP:.*/, 'DTSTAMP:20270101T000000Z')],
    ['with the time of the last change', eventText(), withLine('LAST-MODIFIED:20270101T000000Z')],
    ['with the time of creation', eventText(), withLine('CREATED:20270101T000000Z')],
    [
      'with what programs write, several times in a row',
      eventText(),
      eventText({
        lines: ['DTSTAMP:20270101T000000Z', 'CREATED:20270101T000000Z', 'CREATED:20280101T000000Z'],
      }),
    ],
    ['with a method', eventText(), eventText().replace('VERSION:2.0', 'VERSION:2.0\r\nMETHOD:PUBLISH')],
    ['after Radicale stored it', eventText(), withLine('X-RADICALE-NAME:x.ics')],
  ];
  for (const [rule, one, other] of cases) it(rule, () => assert.equal(hashOf(one), hashOf(other)));

  it('with another revision of a contact', () => {
    assert.equal(
      hashOf(contactText(), 'contact'),
      hashOf(contactText({ lines: ['REV:20270101T000000Z'] }), 'contact'),
    );
  });
});

function reordered(): string {
  const [before = '', rest = ''] = eventText().split('BEGIN:VEVENT');
  return `${before}${ZONE.join('\r\n')}\r\nBEGIN:VEVENT${rest}`;
}

describe('two texts do not mean the same', () => {
  const cases: [rule: string, one: string, other: string][] = [
    ['with another title', eventText({ summary: 'tea' }), eventText({ summary: 'coffee' })],
    ['with a title in other letters', eventText({ summary: 'tea' }), eventText({ summary: 'Tea' })],
    ['with another UID', eventText({ uid: '1' }), eventText({ uid: '2' })],
    ['with a UID in other letters', eventText({ uid: 'a' }), eventText({ uid: 'A' })],
    [
      'with another start',
      eventText({ start: '20261122T100000Z' }),
      eventText({ start: '20261122T110000Z' }),
    ],
    ['with a time zone and without', withLine('DTEND;TZID=Europe/Berlin:1'), withLine('DTEND:1')],
    ['with another time zone', withLine('DTEND;TZID=Europe/Berlin:1'), withLine('DTEND;TZID=Asia/Tokyo:1')],
    [
      'with another answer to an invitation',
      withLine('ATTENDEE;PARTSTAT=ACCEPTED:a'),
      withLine('ATTENDEE;PARTSTAT=DECLINED:a'),
    ],
    ['with another sequence', withLine('SEQUENCE:1'), withLine('SEQUENCE:2')],
    ['with another status', withLine('STATUS:CONFIRMED'), withLine('STATUS:CANCELLED')],
    ['with a private property', eventText(), withLine('X-MINE:1')],
    ['with a property twice', withLine('COMMENT:x'), eventText({ lines: ['COMMENT:x', 'COMMENT:x'] })],
    ['with a blank inside', withLine('LOCATION:a b'), withLine('LOCATION:a  b')],
    ['with a blank at the end', withLine('LOCATION:a'), withLine('LOCATION:a ')],
    ['with a blank in front', withLine('LOCATION:a'), withLine('LOCATION: a')],
    ['with an alarm', eventText(), eventText({ lines: alarm('TRIGGER:-PT5M') })],
    [
      'with another alarm',
      eventText({ lines: alarm('TRIGGER:-PT5M') }),
      eventText({ lines: alarm('TRIGGER:-PT9M') }),
    ],
    [
      'with an alarm that was seen',
      eventText({ lines: alarm('TRIGGER:-PT5M') }),
      eventText({ lines: alarm('TRIGGER:-PT5M', 'ACKNOWLEDGED:1') }),
    ],
    [
      'with an exception',
      withLine('RRULE:FREQ=DAILY'),
      eventText({ lines: ['RRULE:FREQ=DAILY', 'EXDATE:1'] }),
    ],
    [
      'as an event and as a to-do',
      eventText({ uid: '1', summary: 'x' }),
      todoText({ uid: '1', summary: 'x' }),
    ],
    [
      'with a property in the event and in its alarm',
      eventText({ lines: ['X:1', ...alarm('Y:1')] }),
      eventText({ lines: alarm('X:1', 'Y:1') }),
    ],
    ['with separators inside and outside of quotes', withLine('A;B="c;D=e":f'), withLine('A;B=c;D=e:f')],
    [
      'with a value that looks like another line',
      withLine('A:1\\nB:2'),
      eventText({ lines: ['A:1', 'B:2'] }),
    ],
    ['with a line that is none', withLine('Tea at five'), withLine('tea at FIVE')],
    ['broken off and whole', eventText().replace(/END:VEVENT[^]*/, ''), eventText()],
    ['with its last line broken off', eventText().replace('END:VCALENDAR\r\n', ''), eventText()],
    ['with a line behind it', eventText(), `${eventText()}X:1`],
    ['with another line behind it', `${eventText()}X:1`, `${eventText()}X:2`],
    ['without any component, in other words', 'tea', 'coffee'],
    ['empty and blank', '', ' '],
    ['with a NUL', withLine('A:x'), withLine('A:x\u0000')],
  ];
  for (const [rule, one, other] of cases) it(rule, () => assert.notEqual(hashOf(one), hashOf(other)));
});

describe('the hash', () => {
  const name = fc.stringMatching(/^[A-Z][A-Z-]{0,9}$/).filter((some) => !['BEGIN', 'END'].includes(some));
  // A line break ends a value.
  const value = fc.string({ unit: 'grapheme', maxLength: 30 }).map((some) => some.replaceAll(/[\r\n]/g, ''));
  const line = fc.tuple(name, value).map(([name, value]) => `${name}:${value}`);
  const lines = fc.array(line, { maxLength: 8 });

  it('does not depend on folding, line ends or the order of properties', () => {
    const layout = fc.record({
      eol: fc.constantFrom('\n', '\r\n', '\r'),
      blank: fc.constantFrom(' ', '\t'),
      width: fc.integer({ min: 5, max: 80 }),
      reverse: fc.boolean(),
    });
    fc.assert(
      fc.property(lines, layout, (lines, { eol, blank, width, reverse }) => {
        const folded = (reverse ? lines.toReversed() : lines).map((line) => fold(line, width, eol + blank));
        assert.equal(hashOf(eventText({ lines: folded, eol })), hashOf(eventText({ lines })));
      }),
    );
  });

  it('depends on every property that a person can edit', () => {
    const noise = new Set([
      'PRODID',
      'METHOD',
      'DTSTAMP',
      'LAST-MODIFIED',
      'CREATED',
      'REV',
      'X-RADICALE-NAME',
      'X-WR-CALNAME',
    ]);
    fc.assert(
      fc.property(lines, name, value, (lines, name, value) => {
        fc.pre(!noise.has(name));
        assert.notEqual(
          hashOf(eventText({ lines: [...lines, `${name}:${value}`] })),
          hashOf(eventText({ lines })),
        );
      }),
    );
  });
});

/** Breaks a line into pieces, in the middle of characters too, as RFC 5545 allows for bytes. */
function fold(line: string, width: number, glue: string): string {
  const pieces: string[] = [];
  for (let at = 0; at < line.length; at += width) pieces.push(line.slice(at, at + width));
  return pieces.join(glue);
}
