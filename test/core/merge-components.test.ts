import { describe, it } from 'node:test';
import {
  after,
  ALARM,
  alarm,
  type Case,
  checkMerge,
  COMMON,
  DAY,
  event,
  OVERRIDE,
  override,
  zone,
} from '../support/merge-cases.ts';

describe('merging components of events', () => {
  const cases: [rule: string, example: Case][] = [
    [
      'joins an override with an edit of the series',
      {
        base: event(...COMMON),
        a: [['END:VCALENDAR', [...OVERRIDE, 'END:VCALENDAR'].join('\n')]],
        b: [['SUMMARY:tea', 'SUMMARY:milk']],
        want: ['SUMMARY:milk', ...OVERRIDE.filter((line) => line !== 'UID:1'), 'UID:1'],
      },
    ],
    [
      'joins edits of different overrides',
      {
        base: event('SUMMARY:s', 'END:VEVENT', ...OVERRIDE, ...override('20260106T100000Z', 'SUMMARY:bread')),
        a: [['SUMMARY:cake', 'SUMMARY:milk']],
        b: [['SUMMARY:bread', 'SUMMARY:pie']],
        want: ['SUMMARY:milk', 'SUMMARY:pie'],
      },
    ],
    [
      'names the occurrence that both edited',
      {
        base: event('SUMMARY:s', 'END:VEVENT', ...OVERRIDE),
        a: [['DTSTART:20260105T100000Z', 'DTSTART:20260105T110000Z']],
        b: [['DTSTART:20260105T100000Z', 'DTSTART:20260105T120000Z']],
        want: { about: [`DTSTART of the occurrence on ${DAY}`] },
      },
    ],
    [
      'sees a conflict where one removed the override that the other edited',
      {
        base: event('SUMMARY:s', 'END:VEVENT', ...OVERRIDE),
        a: [[OVERRIDE.join('\r\n'), '']],
        b: [['SUMMARY:cake', 'SUMMARY:milk']],
        want: { about: [`the occurrence on ${DAY}`] },
      },
    ],
    [
      'sees a conflict where one deleted the occurrence that the other edited for the first time',
      {
        base: event(...COMMON, 'RRULE:FREQ=DAILY'),
        a: [after('RRULE:FREQ=DAILY', `EXDATE:${DAY}`)],
        b: [['END:VCALENDAR', [...OVERRIDE, 'END:VCALENDAR'].join('\n')]],
        want: { about: [`the occurrence on ${DAY}`] },
      },
    ],
    [
      'joins an alarm changed by one with a title changed by the other',
      {
        base: event('SUMMARY:tea', ...ALARM),
        a: [['TRIGGER:-PT15M', 'TRIGGER:-PT5M']],
        b: [['SUMMARY:tea', 'SUMMARY:milk']],
        want: ['TRIGGER:-PT5M', 'SUMMARY:milk'],
      },
    ],
    [
      'joins different edits of one alarm without an identity',
      {
        base: event('SUMMARY:tea', ...ALARM),
        a: [['TRIGGER:-PT15M', 'TRIGGER:-PT5M']],
        b: [['DESCRIPTION:x', 'DESCRIPTION:y']],
        want: ['TRIGGER:-PT5M', 'DESCRIPTION:y'],
      },
    ],
    [
      'names the alarm that both moved',
      {
        base: event('SUMMARY:tea', ...ALARM),
        a: [['TRIGGER:-PT15M', 'TRIGGER:-PT5M']],
        b: [['TRIGGER:-PT15M', 'TRIGGER:-PT1H']],
        want: { about: ['TRIGGER of the alarm -PT15M'] },
      },
    ],
    [
      'keeps the alarms that both added',
      {
        base: event('SUMMARY:tea'),
        a: [after('SUMMARY:tea', ...alarm('TRIGGER:-PT5M'))],
        b: [after('SUMMARY:tea', ...alarm('TRIGGER:-PT1H'))],
        want: [...alarm('TRIGGER:-PT5M'), ...alarm('TRIGGER:-PT1H')],
      },
    ],
    [
      'takes an alarm that both added alike once',
      {
        base: event('SUMMARY:tea', 'LOCATION:x'),
        a: [after('LOCATION:x', ...alarm('TRIGGER:-PT5M'))],
        b: [['SUMMARY:tea', 'SUMMARY:milk'], after('LOCATION:x', ...alarm('TRIGGER:-PT5M'))],
        want: ['SUMMARY:milk', ...alarm('TRIGGER:-PT5M')],
      },
    ],
    [
      'knows an alarm by its UID',
      {
        base: event('SUMMARY:tea', ...alarm('UID:1a', 'TRIGGER:-PT5M', 'ACTION:AUDIO')),
        a: [['TRIGGER:-PT5M', 'TRIGGER:-PT9M']],
        b: [[alarm('UID:1a', 'TRIGGER:-PT5M', 'ACTION:AUDIO').join('\r\n'), '']],
        want: { about: ['the alarm -PT5M'] },
      },
    ],
    [
      'takes the later acknowledgement of an alarm',
      {
        base: event('SUMMARY:tea', ...ALARM),
        a: [after('DESCRIPTION:x', 'ACKNOWLEDGED:20260101T000000Z')],
        b: [after('DESCRIPTION:x', 'ACKNOWLEDGED:20260102T000000Z')],
        want: ['ACKNOWLEDGED:20260102T000000Z'],
      },
    ],
    [
      'takes the higher SEQUENCE',
      {
        base: event('SEQUENCE:1', ...COMMON),
        a: [
          ['SEQUENCE:1', 'SEQUENCE:2'],
          ['SUMMARY:tea', 'SUMMARY:milk'],
        ],
        b: [
          ['SEQUENCE:1', 'SEQUENCE:10'],
          ['LOCATION:here', 'LOCATION:there'],
        ],
        want: ['SEQUENCE:10', 'SUMMARY:milk', 'LOCATION:there'],
      },
    ],
    [
      'counts SEQUENCE on where both counted back',
      {
        base: event('SEQUENCE:5'),
        a: [['SEQUENCE:5', 'SEQUENCE:3']],
        b: [['SEQUENCE:5', 'SEQUENCE:4']],
        want: ['SEQUENCE:6'],
      },
    ],
    [
      'takes the later DTSTAMP and LAST-MODIFIED and the earlier CREATED',
      {
        base: event('DTSTAMP:20260101T000000Z', 'LAST-MODIFIED:20260101T000000Z', 'CREATED:20260101T000000Z'),
        a: [
          ['DTSTAMP:20260101T000000Z', 'DTSTAMP:20260103T000000Z'],
          ['LAST-MODIFIED:20260101T000000Z', 'LAST-MODIFIED:20260102T000000Z'],
          ['CREATED:20260101T000000Z', 'CREATED:20250101T000000Z'],
        ],
        b: [
          ['DTSTAMP:20260101T000000Z', 'DTSTAMP:20260102T000000Z'],
          ['LAST-MODIFIED:20260101T000000Z', 'LAST-MODIFIED:20260103T000000Z'],
          ['CREATED:20260101T000000Z', 'CREATED:20260105T000000Z'],
        ],
        want: ['DTSTAMP:20260103T000000Z', 'LAST-MODIFIED:20260103T000000Z', 'CREATED:20250101T000000Z'],
      },
    ],
    [
      'takes no other PRODID for a conflict',
      {
        base: event(...COMMON),
        a: [
          ['PRODID:one', 'PRODID:two'],
          ['SUMMARY:tea', 'SUMMARY:milk'],
        ],
        b: [['PRODID:one', 'PRODID:three']],
        want: ['PRODID:two', 'SUMMARY:milk'],
      },
    ],
    [
      'takes the longer of two new definitions of a time zone',
      {
        base: event('SUMMARY:tea', 'END:VEVENT', ...zone('X', 'X-A:1')),
        a: [['X-A:1', 'X-A:2']],
        b: [['X-A:1', 'X-A:3\nX-B:4']],
        want: ['X-A:3', 'X-B:4'],
      },
    ],
    [
      'sees a conflict between an end and a duration',
      {
        base: event(...COMMON),
        a: [after('SUMMARY:tea', 'DTEND:20260101T110000Z')],
        b: [after('SUMMARY:tea', 'DURATION:PT2H')],
        want: { about: ['DTEND and DURATION'] },
      },
    ],
    [
      'sees a conflict in a start behind the end',
      {
        base: event(...COMMON, 'DTEND:20260101T110000Z'),
        a: [['DTSTART:20260101T100000Z', 'DTSTART:20260101T105000Z']],
        b: [['DTEND:20260101T110000Z', 'DTEND:20260101T103000Z']],
        want: { about: ['DTSTART and DTEND'] },
      },
    ],
    [
      'joins an earlier start with a later end',
      {
        base: event(...COMMON, 'DTEND:20260101T110000Z'),
        a: [['DTSTART:20260101T100000Z', 'DTSTART:20260101T090000Z']],
        b: [['DTEND:20260101T110000Z', 'DTEND:20260101T113000Z']],
        want: ['DTSTART:20260101T090000Z', 'DTEND:20260101T113000Z'],
      },
    ],
    [
      'sees a conflict in a day that starts and a time that ends',
      {
        base: event(...COMMON, 'DTEND:20260101T110000Z'),
        a: [['DTSTART:20260101T100000Z', 'DTSTART;VALUE=DATE:20260101']],
        b: [['DTEND:20260101T110000Z', 'DTEND:20260101T113000Z']],
        want: { about: ['DTSTART and DTEND'] },
      },
    ],
  ];
  for (const [rule, example] of cases) it(rule, () => checkMerge('calendar', example));
});
