import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brand } from '../../src/core/brand.ts';
import type { ContentHash } from '../../src/core/item.ts';
import { etag, href } from '../../src/core/storage.ts';
import type { Finding } from '../../src/repair/finding.ts';
import { type Examined, planRepairs, type Repair } from '../../src/repair/plan.ts';

/** `uid content` for each item in it; `-` for no UID. */
function stored(name: string, items: readonly string[], ...faults: readonly Finding[]): Examined {
  const marks = items.map((item) => {
    const [uid = '', content = ''] = item.split(' ');
    return { uid: uid === '-' ? undefined : uid, hash: brand<ContentHash>(content) };
  });
  const label = { title: undefined, start: undefined, uid: undefined };
  return { href: href(name), etag: etag('1'), label, findings: faults, marks };
}

const bom: Finding = { fault: 'bom' };
const two: Finding = { fault: 'several-items', count: 2 };

const inWords = ({ item, fates, findings, moves }: Repair): string => {
  const done = fates.map((fate) => (fate.type === 'drop' ? `as ${fate.kept}` : fate.type)).join(' + ');
  return `${item.href}: ${done}${moves ? ', moves' : ''} (${findings.map(findingInWords).join(', ')})`;
};

const findingInWords = (finding: Finding): string =>
  finding.fault === 'duplicate-uid' ? `duplicate, ${finding.because}` : finding.fault;

describe('planRepairs', () => {
  const cases: [rule: string, found: Examined[], want: string[]][] = [
    ['nothing wrong: nothing to do', [stored('a.ics', ['a x']), stored('b.ics', ['b x'])], []],
    ['what is broken is rewritten under its UID', [stored('a.ics', ['a x'], bom)], ['a.ics: keep (bom)']],
    ['no UID: gets one', [stored('a.ics', ['- x'])], ['a.ics: new uid (no-uid)']],
    [
      'no UID and the same content: one of them goes, the other gets one',
      [stored('a.ics', ['- x']), stored('b.ics', ['- x'])],
      ['b.ics: as a.ics (copy)', 'a.ics: new uid (no-uid)'],
    ],
    [
      'no UID and other content: each gets one',
      [stored('a.ics', ['- x']), stored('b.ics', ['- y'])],
      ['a.ics: new uid (no-uid)', 'b.ics: new uid (no-uid)'],
    ],
    [
      'one UID: the one named after it keeps it',
      [stored('/c/a-copy.ics', ['a x']), stored('/c/a.ics', ['a y'])],
      ['/c/a-copy.ics: new uid (duplicate, named)'],
    ],
    [
      'a name that is encoded in the href counts',
      [stored('/c/1.ics', ['a@b x']), stored('/c/a%40b.ics', ['a@b y'])],
      ['/c/1.ics: new uid (duplicate, named)'],
    ],
    [
      'one UID and no such name: the first one keeps it',
      [stored('2.ics', ['a x']), stored('1.ics', ['a y'])],
      ['2.ics: new uid (duplicate, first)'],
    ],
    [
      'one UID: a sound one keeps it, whatever the names',
      [stored('a.ics', ['a x'], bom), stored('b.ics', ['a y'])],
      ['a.ics: new uid (bom, duplicate, sound)'],
    ],
    [
      'one UID and one content: one stays, nothing else is done to the other',
      [stored('1.ics', ['a x']), stored('2.ics', ['a x'], bom)],
      ['2.ics: as 1.ics (copy)'],
    ],
    [
      'the kept one is mended; the copy goes first',
      [stored('1.ics', ['a x'], bom), stored('2.ics', ['a x'], bom)],
      ['2.ics: as 1.ics (copy)', '1.ics: keep (bom)'],
    ],
    [
      'one UID, two contents, copies of both',
      [
        stored('1.ics', ['a x']),
        stored('2.ics', ['a y']),
        stored('3.ics', ['a x']),
        stored('4.ics', ['a y']),
      ],
      ['3.ics: as 1.ics (copy)', '4.ics: as 2.ics (copy)', '2.ics: new uid (duplicate, first)'],
    ],
    [
      'two items in one: split',
      [stored('1.ics', ['a x', 'b y'], two)],
      ['1.ics: keep + keep (several-items)'],
    ],
    [
      'two items in one, one of them is elsewhere: only the other stays',
      [stored('1.ics', ['a x', 'b y'], two), stored('b.ics', ['b y'])],
      ['1.ics: keep + as b.ics (several-items, copy)'],
    ],
    [
      'two items in one, one has the UID of another: it gets a new one',
      [stored('1.ics', ['a x', 'b y'], two), stored('b.ics', ['b z'])],
      ['1.ics: keep + new uid (several-items, duplicate, sound)'],
    ],
    [
      'two items in one, both elsewhere: it goes',
      [stored('1.ics', ['a x', 'b y'], two), stored('a.ics', ['a x']), stored('b.ics', ['b y'])],
      ['1.ics: as a.ics + as b.ics (copy, copy)'],
    ],
    [
      'two equal items in one: one of them goes',
      [stored('1.ics', ['a x', 'a x'], two)],
      ['1.ics: keep + as 1.ics (several-items, copy)'],
    ],
  ];
  for (const [rule, found, want] of cases)
    it(rule, () => assert.deepEqual(planRepairs(found, { unsafeUids: false }).repairs.map(inWords), want));
});

describe('UIDs and names that make trouble', () => {
  const cases: [what: string, found: Examined, unsafe: number, want: string[]][] = [
    ['safe', stored('a.ics', ['a x']), 0, []],
    ['safe, with what UIDs have', stored('x.ics', ['2026-11@ex.com_+ x']), 0, []],
    ['urn:uuid: of contacts', stored('x.vcf', ['urn:uuid:12-34 x']), 0, []],
    ['an odd folder in the href', stored('/ünder standing/a.ics', ['a x']), 0, []],
    ['a slash', stored('a.ics', ['a/b x']), 1, ['a.ics: new uid, moves (unsafe-uid)']],
    ['an umlaut', stored('a.ics', ['ü x']), 1, ['a.ics: new uid, moves (unsafe-uid)']],
    ['a leading dot', stored('a.ics', ['.a x']), 1, ['a.ics: new uid, moves (unsafe-uid)']],
    ['too long', stored('a.ics', [`${'u'.repeat(201)} x`]), 1, ['a.ics: new uid, moves (unsafe-uid)']],
    [
      'an unsafe name of a safe UID',
      stored('/c/a%20b.ics', ['a x']),
      1,
      ['/c/a%20b.ics: new uid, moves (unsafe-name)'],
    ],
    ['both', stored('ü.ics', ['ü x']), 1, ['ü.ics: new uid, moves (unsafe-uid)']],
    ['no UID, unsafe name', stored('ü.ics', ['- x']), 1, ['ü.ics: new uid, moves (no-uid, unsafe-name)']],
  ];
  for (const [what, found, unsafe, want] of cases) {
    it(what, () => {
      assert.deepEqual(planRepairs([found], { unsafeUids: true }).repairs.map(inWords), want);
      const left = planRepairs([found], { unsafeUids: false });
      assert.equal(left.unsafe, unsafe);
      assert.ok(left.repairs.every(({ moves }) => !moves));
    });
  }

  it('what goes because it is a copy is not counted', () => {
    const found = [stored('1.ics', ['a x']), stored('ü.ics', ['a x'])];
    assert.equal(planRepairs(found, { unsafeUids: false }).unsafe, 0);
  });
});
