import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { describeText } from '../../src/core/describe.ts';
import type { ItemKind } from '../../src/core/item.ts';
import { contactText, eventText, todoText } from '../support/items.ts';

describe('describeText', () => {
  const cases: [rule: string, kind: ItemKind, text: string, title?: string, start?: string][] = [
    ['an event', 'calendar', eventText({ summary: 'tea' }), 'tea', '2026-11-22T10:00:00Z'],
    ['an event with LF', 'calendar', eventText({ summary: 'tea', eol: '\n' }), 'tea', '2026-11-22T10:00:00Z'],
    [
      'an event of a whole day',
      'calendar',
      eventText({ summary: 'tea', start: '20261122' }).replace('DTSTART', 'DTSTART;VALUE=DATE'),
      'tea',
      '2026-11-22',
    ],
    [
      'a title with escapes',
      'calendar',
      eventText({ summary: 'tea\\, cake' }),
      'tea, cake',
      '2026-11-22T10:00:00Z',
    ],
    ['a folded title', 'calendar', eventText({ summary: 'te\r\n a' }), 'tea', '2026-11-22T10:00:00Z'],
    ['a to-do without start', 'calendar', todoText({ summary: 'laundry' }), 'laundry'],
    ['a contact', 'contact', contactText({ name: 'Ada Lovelace' }), 'Ada Lovelace'],
    ['a contact with LF', 'contact', contactText({ name: 'Ada', eol: '\n' }), 'Ada'],
    ['a contact with several names', 'contact', contactText({ name: 'Ada', lines: ['FN:Countess'] }), 'Ada'],
    ['a contact without name', 'contact', 'BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD'],
    ['an event that breaks off', 'calendar', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:tea'],
    ['no calendar', 'calendar', 'tea'],
    ['an empty text', 'calendar', ''],
    ['an empty contact', 'contact', ''],
    ['a contact where an event should be', 'calendar', contactText()],
  ];
  for (const [rule, kind, text, title, start] of cases) {
    it(`tells of ${rule}`, () => assert.deepEqual(describeText(kind, text), { title, start }));
  }

  it('never throws', () => {
    const piece = fc.constantFrom(
      'BEGIN:',
      'END:',
      'VEVENT',
      'VCALENDAR',
      'VCARD',
      'VERSION:3.0',
      'FN',
      'DTSTART',
      ':',
      ';',
      '"',
      '=',
      '\r\n',
      ' ',
      '20261122',
    );
    const text = fc
      .array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 60 })
      .map((some) => some.join(''));
    fc.assert(
      fc.property(fc.constantFrom('calendar' as const, 'contact' as const), text, (kind, text) => {
        const { title, start } = describeText(kind, text);
        assert.ok([title, start].every((one) => one === undefined || typeof one === 'string'));
      }),
      { numRuns: 500 },
    );
  });

  it('reads a contact with a million blanks', { timeout: 20_000 }, () => {
    // vcf alone takes 13 s for a tenth of these, and a hundred times as much for all.
    const text = contactText({ name: 'Ada', lines: [`NOTE:${' '.repeat(1_000_000)}x`] });
    assert.equal(describeText('contact', text).title, 'Ada');
  });
});
