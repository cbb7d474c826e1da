import { describe, it } from 'node:test';
import { after, type Case, checkMerge, COMMON, event, gone } from '../support/merge-cases.ts';

describe('merging properties of events', () => {
  const cases: [rule: string, example: Case][] = [
    [
      'joins edits of different properties',
      {
        base: event(...COMMON),
        a: [['SUMMARY:tea', 'SUMMARY:milk']],
        b: [['LOCATION:here', 'LOCATION:there']],
        want: ['SUMMARY:milk', 'LOCATION:there'],
      },
    ],
    [
      'names what both edited',
      {
        base: event(...COMMON),
        a: [['SUMMARY:tea', 'SUMMARY:milk']],
        b: [['SUMMARY:tea', 'SUMMARY:beer']],
        want: { about: ['SUMMARY'] },
      },
    ],
    [
      'names all that both edited',
      {
        base: event(...COMMON),
        a: [['SUMMARY:tea', 'SUMMARY:milk'], gone('LOCATION:here')],
        b: [
          ['SUMMARY:tea', 'SUMMARY:beer'],
          ['LOCATION:here', 'LOCATION:there'],
        ],
        want: { about: ['LOCATION', 'SUMMARY'] },
      },
    ],
    [
      'takes the same edit of both once',
      {
        base: event(...COMMON),
        a: [
          ['SUMMARY:tea', 'SUMMARY:milk'],
          ['LOCATION:here', 'LOCATION:there'],
        ],
        b: [['SUMMARY:tea', 'SUMMARY:milk'], after('LOCATION:here', 'URL:x')],
        want: ['SUMMARY:milk', 'LOCATION:there', 'URL:x'],
      },
    ],
    [
      'takes a removal by both for the same edit',
      {
        base: event(...COMMON),
        a: [gone('LOCATION:here'), ['SUMMARY:tea', 'SUMMARY:milk']],
        b: [gone('LOCATION:here'), after('SUMMARY:tea', 'URL:x')],
        want: ['SUMMARY:milk', 'URL:x'],
      },
    ],
    [
      'sees a conflict in an edit of what the other side removed',
      {
        base: event(...COMMON),
        a: [gone('LOCATION:here')],
        b: [['LOCATION:here', 'LOCATION:there']],
        want: { about: ['LOCATION'] },
      },
    ],
    [
      'sees a conflict in a property that both added in different ways',
      {
        base: event(...COMMON),
        a: [after('SUMMARY:tea', 'URL:x')],
        b: [after('SUMMARY:tea', 'URL:y')],
        want: { about: ['URL'] },
      },
    ],
    [
      'joins edits of different parameters of one property',
      {
        base: event('LOCATION;X-P=1;X-Q=1:here'),
        a: [['LOCATION;X-P=1;X-Q=1:here', 'LOCATION;X-P=2;X-Q=1:here']],
        b: [['LOCATION;X-P=1;X-Q=1:here', 'LOCATION;X-P=1;X-R=3:here']],
        want: ['LOCATION;X-P=2;X-R=3:here'],
      },
    ],
    [
      'joins an edit of a parameter with one of the value',
      {
        base: event('SUMMARY:tea', 'LOCATION;ALTREP="http://x/;y":here'),
        a: [['LOCATION;ALTREP="http://x/;y":here', 'LOCATION;ALTREP="http://x/;z":here']],
        b: [['LOCATION;ALTREP="http://x/;y":here', 'LOCATION;ALTREP="http://x/;y":there']],
        want: ['LOCATION;ALTREP="http://x/;z":there'],
      },
    ],
    [
      'sees a conflict in different edits of one parameter',
      {
        base: event('LOCATION;LANGUAGE=en:here'),
        a: [['LOCATION;LANGUAGE=en:here', 'LOCATION;LANGUAGE=de:here']],
        b: [['LOCATION;LANGUAGE=en:here', 'LOCATION;LANGUAGE=fr:here']],
        want: { about: ['LOCATION'] },
      },
    ],
    [
      'does not join a time with a zone that it was not meant for',
      {
        base: event('DTSTART;TZID=Europe/Berlin:20260101T100000'),
        a: [['DTSTART;TZID=Europe/Berlin:20260101T100000', 'DTSTART;TZID=Asia/Tokyo:20260101T100000']],
        b: [['DTSTART;TZID=Europe/Berlin:20260101T100000', 'DTSTART;TZID=Europe/Berlin:20260101T110000']],
        want: { about: ['DTSTART'] },
      },
    ],
    [
      'joins answers of different attendees',
      {
        base: event('ATTENDEE:mailto:a@x', 'ATTENDEE:mailto:b@x'),
        a: [['ATTENDEE:mailto:a@x', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@x']],
        b: [['ATTENDEE:mailto:b@x', 'ATTENDEE;PARTSTAT=DECLINED:mailto:b@x']],
        want: ['ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@x', 'ATTENDEE;PARTSTAT=DECLINED:mailto:b@x'],
      },
    ],
    [
      'joins different parameters of one attendee',
      {
        base: event('ATTENDEE:mailto:a@x'),
        a: [['ATTENDEE:mailto:a@x', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@x']],
        b: [['ATTENDEE:mailto:a@x', 'ATTENDEE;CN=Ada:mailto:a@x']],
        want: ['ATTENDEE;CN=Ada;PARTSTAT=ACCEPTED:mailto:a@x'],
      },
    ],
    [
      'names the attendee about whom both differ',
      {
        base: event('ATTENDEE:mailto:a@x', 'ATTENDEE:mailto:bob@x'),
        a: [['ATTENDEE:mailto:bob@x', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@x']],
        b: [['ATTENDEE:mailto:bob@x', 'ATTENDEE;PARTSTAT=DECLINED:mailto:bob@x']],
        want: { about: ['ATTENDEE bob@x'] },
      },
    ],
    [
      'sees a conflict where one removed the attendee that the other edited',
      {
        base: event('ATTENDEE:mailto:bob@x'),
        a: [gone('ATTENDEE:mailto:bob@x')],
        b: [['ATTENDEE:mailto:bob@x', 'ATTENDEE;PARTSTAT=DECLINED:mailto:bob@x']],
        want: { about: ['ATTENDEE bob@x'] },
      },
    ],
    [
      'adds one attendee and removes another',
      {
        base: event('ATTENDEE:mailto:a@x', 'ATTENDEE:mailto:b@x'),
        a: [gone('ATTENDEE:mailto:a@x')],
        b: [after('ATTENDEE:mailto:b@x', 'ATTENDEE:mailto:c@x')],
        want: ['ATTENDEE:mailto:c@x'],
      },
    ],
    [
      'joins categories in one line',
      {
        base: event('CATEGORIES:A,B'),
        a: [['CATEGORIES:A,B', 'CATEGORIES:A,B,C']],
        b: [['CATEGORIES:A,B', 'CATEGORIES:B,D']],
        want: ['CATEGORIES:B,C,D'],
      },
    ],
    [
      'joins categories that both sides gave to an event without any',
      {
        base: event(...COMMON),
        a: [after('SUMMARY:tea', 'CATEGORIES:A')],
        b: [after('SUMMARY:tea', 'CATEGORIES:B')],
        want: ['CATEGORIES:A', 'CATEGORIES:B'],
      },
    ],
    [
      'takes a category with a comma in it for one',
      {
        base: event('RESOURCES:a\\,b,c'),
        a: [['RESOURCES:a\\,b,c', 'RESOURCES:a\\,b,c,d']],
        b: [['RESOURCES:a\\,b,c', 'RESOURCES:c']],
        want: ['RESOURCES:c,d'],
      },
    ],
    [
      'joins exceptions in lines of their own',
      {
        base: event('EXDATE:20260101T100000Z'),
        a: [after('EXDATE:20260101T100000Z', 'EXDATE:20260102T100000Z')],
        b: [after('EXDATE:20260101T100000Z', 'EXDATE:20260103T100000Z')],
        want: ['EXDATE:20260102T100000Z', 'EXDATE:20260103T100000Z'],
      },
    ],
    [
      'joins exceptions in one line, and one that was taken back',
      {
        base: event('EXDATE;TZID=Europe/Berlin:20260101T100000,20260102T100000'),
        a: [
          [
            'EXDATE;TZID=Europe/Berlin:20260101T100000,20260102T100000',
            'EXDATE;TZID=Europe/Berlin:20260101T100000,20260102T100000,20260103T100000',
          ],
        ],
        b: [
          [
            'EXDATE;TZID=Europe/Berlin:20260101T100000,20260102T100000',
            'EXDATE;TZID=Europe/Berlin:20260102T100000',
          ],
        ],
        want: ['EXDATE;TZID=Europe/Berlin:20260102T100000,20260103T100000'],
      },
    ],
    [
      'joins comments',
      {
        base: event('COMMENT:x'),
        a: [after('COMMENT:x', 'COMMENT:y')],
        b: [['COMMENT:x', 'COMMENT:z']],
        want: ['COMMENT:y', 'COMMENT:z'],
      },
    ],
    [
      'sees a conflict in a comment that both edited',
      {
        base: event('COMMENT:x'),
        a: [['COMMENT:x', 'COMMENT:y']],
        b: [['COMMENT:x', 'COMMENT:z']],
        want: { about: ['COMMENT x'] },
      },
    ],
    [
      'sees a conflict where nobody knows what several of an unknown property mean',
      {
        base: event('X-A:1', 'X-A:2'),
        a: [gone('X-A:1')],
        b: [after('X-A:2', 'X-A:3')],
        want: { about: ['X-A'] },
      },
    ],
    [
      'keeps unknown properties of both',
      {
        base: event('X-A:1'),
        a: [after('X-A:1', 'X-B;P="a:b":2')],
        b: [after('X-A:1', 'X-C:3')],
        want: ['X-B;P="a:b":2', 'X-C:3'],
      },
    ],
  ];
  for (const [rule, example] of cases) it(rule, () => checkMerge('calendar', example));
});
