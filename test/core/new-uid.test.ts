import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseItem } from '../../src/core/item.ts';
import { uidFrom, withUid } from '../../src/core/new-uid.ts';
import { contactText, eventText } from '../support/items.ts';

const NEW = '11111111-2222-8333-8444-555555555555';

describe('withUid', () => {
  it('gives it to the event and all its occurrences, and leaves every other byte', () => {
    const override = [
      'BEGIN:VEVENT',
      'UID:tea',
      'RECURRENCE-ID:20261123T100000Z',
      'SUMMARY:later',
      'END:VEVENT',
    ];
    const text = eventText({ uid: 'tea', lines: ['RRULE:FREQ=DAILY'], beside: override });
    assert.equal(withUid('calendar', text, NEW), text.replaceAll('UID:tea', `UID:${NEW}`));
  });

  it('leaves references to other items, and the UIDs of alarms and time zones', () => {
    const text = eventText({
      uid: 'tea',
      lines: [
        'RELATED-TO:tea',
        'X-UID:tea',
        'BEGIN:VALARM',
        'UID:tea',
        'TRIGGER:-PT5M',
        'ACTION:DISPLAY',
        'END:VALARM',
      ],
      beside: ['BEGIN:VTIMEZONE', 'TZID:Here', 'UID:tea', 'END:VTIMEZONE'],
    });
    assert.equal(withUid('calendar', text, NEW), text.replace('UID:tea', `UID:${NEW}`));
  });

  const cards: readonly (readonly [what: string, line: string, want: string])[] = [
    ['plain', 'UID:ada', `UID:${NEW}`],
    ['with parameters', 'UID;VALUE=text:ada', `UID;VALUE=text:${NEW}`],
    ['as a URN', 'UID:urn:uuid:0000', `UID:urn:uuid:${NEW}`],
    ['folded', 'UID:a\r\n da', `UID:${NEW}`],
    ['with blanks around', 'UID: ada ', `UID:${NEW}`],
    ['in lower case', 'uid:ada', `uid:${NEW}`],
  ];
  for (const [what, line, want] of cards) {
    it(`of a contact, ${what}`, () => {
      const text = contactText({ uid: undefined, lines: [line, 'RELATED:ada'] });
      const changed = withUid('contact', text, NEW);
      assert.equal(changed, text.replace(line, want));
    });
  }

  const strange: readonly (readonly [what: string, text: string])[] = [
    ['a text without UID', eventText({ uid: undefined })],
    ['a damaged text', eventText({ uid: 'tea' }).replace('END:VEVENT', 'END:VTODO')],
    ['no item at all', 'UID:tea'],
  ];
  for (const [what, text] of strange)
    it(`of ${what} is not told`, () => assert.equal(withUid('calendar', text, NEW), undefined));

  it('changes nothing but the identity, whatever the line ends', () => {
    fc.assert(
      fc.property(fc.constantFrom('\n', '\r\n', '\r'), fc.stringMatching(/^[\w-]{1,90}$/), (eol, uid) => {
        const text = eventText({ uid, eol });
        const changed = withUid('calendar', text, NEW);
        assert.equal(changed && parseItem('calendar', changed).uid, NEW);
        assert.equal(changed && withUid('calendar', changed, uid), text);
      }),
    );
  });
});

describe('uidFrom', () => {
  it('is a UUID that is the same for the same seed, and another for another', () => {
    assert.match(uidFrom('x'), /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    assert.equal(uidFrom('x'), uidFrom('x'));
    assert.notEqual(uidFrom('x'), uidFrom('y'));
  });
});
