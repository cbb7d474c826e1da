import { describe, it } from 'node:test';
import { after, type Case, checkMerge, contact, gone } from '../support/merge-cases.ts';

describe('merging contacts', () => {
  const cases: [rule: string, example: Case][] = [
    [
      'joins a new number with a new address',
      {
        base: contact('TEL:1', 'EMAIL:a@x'),
        a: [after('TEL:1', 'TEL;TYPE=CELL:2')],
        b: [after('EMAIL:a@x', 'EMAIL:b@x')],
        want: ['TEL;TYPE=CELL:2', 'EMAIL:b@x'],
      },
    ],
    [
      'keeps the numbers that both added',
      {
        base: contact('NOTE:x'),
        a: [after('NOTE:x', 'TEL:1')],
        b: [after('NOTE:x', 'TEL:2')],
        want: ['TEL:1', 'TEL:2'],
      },
    ],
    [
      'joins edits of different numbers',
      {
        base: contact('TEL:1', 'TEL:2'),
        a: [['TEL:1', 'TEL:3']],
        b: [['TEL:2', 'TEL:4']],
        want: ['TEL:3', 'TEL:4'],
      },
    ],
    [
      'sees a conflict in a number that both edited',
      {
        base: contact('TEL;TYPE=HOME:1', 'TEL:2'),
        a: [['TEL;TYPE=HOME:1', 'TEL;TYPE=HOME:3']],
        b: [['TEL;TYPE=HOME:1', 'TEL;TYPE=HOME:4']],
        want: { about: ['TEL 1'] },
      },
    ],
    [
      'sees a conflict in a number that one removed and the other described',
      {
        base: contact('TEL:1', 'TEL:2'),
        a: [gone('TEL:1')],
        b: [['TEL:1', 'TEL;TYPE=HOME:1']],
        want: { about: ['TEL 1'] },
      },
    ],
    [
      'joins different parameters of one number, in the style of vCard 2.1 too',
      {
        base: contact('TEL;HOME:1'),
        a: [['TEL;HOME:1', 'TEL;HOME;VOICE:1']],
        b: [['TEL;HOME:1', 'TEL;HOME;PREF=1:1']],
        want: ['TEL;HOME;PREF=1;VOICE:1'],
      },
    ],
    [
      'knows an address by its PID',
      {
        base: contact('EMAIL;PID=1.1:a@x', 'EMAIL;PID=2.1:b@x'),
        a: [['EMAIL;PID=1.1:a@x', 'EMAIL;PID=1.1:c@x']],
        b: [gone('EMAIL;PID=1.1:a@x')],
        want: { about: ['EMAIL a@x'] },
      },
    ],
    [
      'knows a name in another script by its ALTID and language',
      {
        base: contact('TITLE;ALTID=1;LANGUAGE=en:Boss', 'TITLE;ALTID=1;LANGUAGE=de:Chef'),
        a: [['TITLE;ALTID=1;LANGUAGE=en:Boss', 'TITLE;ALTID=1;LANGUAGE=en:Head']],
        b: [['TITLE;ALTID=1;LANGUAGE=de:Chef', 'TITLE;ALTID=1;LANGUAGE=de:Leiterin']],
        want: ['TITLE;ALTID=1;LANGUAGE=en:Head', 'TITLE;ALTID=1;LANGUAGE=de:Leiterin'],
      },
    ],
    [
      'sees a conflict in a note that both edited',
      {
        base: contact('NOTE:x'),
        a: [['NOTE:x', 'NOTE:y']],
        b: [['NOTE:x', 'NOTE:z']],
        want: { about: ['NOTE'] },
      },
    ],
    [
      'joins categories',
      {
        base: contact('CATEGORIES:A,B'),
        a: [['CATEGORIES:A,B', 'CATEGORIES:A,B,C']],
        b: [['CATEGORIES:A,B', 'CATEGORIES:A,B,D']],
        want: ['CATEGORIES:A,B,C,D'],
      },
    ],
    [
      'takes the later REV, written with separators or without',
      {
        base: contact('REV:20260101T000000Z'),
        a: [['REV:20260101T000000Z', 'REV:2026-01-03T00:00:00Z']],
        b: [['REV:20260101T000000Z', 'REV:20260102T000000Z']],
        want: ['REV:2026-01-03T00:00:00Z'],
      },
    ],
    [
      'keeps a group together that one side edited',
      {
        base: contact('item1.TEL:1', 'item1.X-ABLabel:x', 'item2.URL:u', 'item2.X-ABLabel:y'),
        a: [
          ['item1.TEL:1', 'item1.TEL:2'],
          ['item1.X-ABLabel:x', 'item1.X-ABLabel:z'],
        ],
        b: [['item2.X-ABLabel:y', 'item2.X-ABLabel:w']],
        want: ['item1.TEL:2', 'item1.X-ABLabel:z', 'item2.X-ABLabel:w'],
      },
    ],
    [
      'names a group of which both edited a line',
      {
        base: contact('item1.TEL:1', 'item1.X-ABLabel:x'),
        a: [['item1.TEL:1', 'item1.TEL:2']],
        b: [['item1.X-ABLabel:x', 'item1.X-ABLabel:z']],
        want: { about: ['the group item1'] },
      },
    ],
    [
      'sees a conflict where one removed a group and the other edited its label',
      {
        base: contact('item1.TEL:1', 'item1.X-ABLabel:x'),
        a: [gone('item1.TEL:1'), gone('item1.X-ABLabel:x')],
        b: [['item1.X-ABLabel:x', 'item1.X-ABLabel:z']],
        want: { about: ['the group item1'] },
      },
    ],
    [
      'keeps groups that both added under one name',
      {
        base: contact('NOTE:x'),
        a: [after('NOTE:x', 'item1.TEL:1', 'item1.X-ABLabel:x')],
        b: [after('NOTE:x', 'item1.URL:u', 'item1.X-ABLabel:y')],
        want: ['item1.TEL:1', 'item1.X-ABLabel:x', 'item2.URL:u', 'item2.X-ABLabel:y'],
      },
    ],
    [
      'takes a group that both added once, whatever its name',
      {
        base: contact('NOTE:x', 'item1.TEL:1', 'TEL:5'),
        a: [after('NOTE:x', 'item2.URL:u'), ['TEL:5', 'TEL:6']],
        b: [after('NOTE:x', 'item3.URL:u')],
        want: ['item2.URL:u', 'TEL:6'],
      },
    ],
    [
      'does not mix two versions of vCard',
      {
        base: contact('NOTE:x', 'TEL:1'),
        a: [
          ['VERSION:3.0', 'VERSION:4.0'],
          ['NOTE:x', 'NOTE:y'],
        ],
        b: [['TEL:1', 'TEL:2']],
        want: { about: ['VERSION'] },
      },
    ],
    [
      'sees a conflict in a text of vCard 2.1 with soft line breaks that both edited, and keeps it whole else',
      {
        base: contact('NOTE;ENCODING=QUOTED-PRINTABLE:a=', 'b', 'TEL:1'),
        a: [['b', 'c']],
        b: [['TEL:1', 'TEL:2']],
        want: ['c', 'TEL:2'],
      },
    ],
  ];
  for (const [rule, example] of cases) it(rule, () => checkMerge('contact', example));
});
