import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidItemError } from '../../src/core/errors.ts';
import { parseItem } from '../../src/core/item.ts';
import { href } from '../../src/core/storage.ts';
import { calendar, event, lunch, standup } from '../support/calendar-texts.ts';
import { contactText, eventText } from '../support/items.ts';
import type { MemoryOptions } from '../support/memory-storage.ts';
import { outcomes, repaired, stored } from '../support/repairs.ts';

const withoutUid = eventText({ uid: undefined });
const both = calendar(...standup(), ...lunch());

describe('repairCollection', () => {
  const cases: [rule: string, before: Record<string, string>, after: Record<string, string>][] = [
    [
      'what is sound stays as it is, byte for byte',
      { 'a.ics': eventText({ eol: '\n' }) },
      { 'a.ics': eventText({ eol: '\n' }) },
    ],
    [
      'no UID: inserted, with the line end of the text',
      { 'a.ics': eventText({ uid: undefined, eol: '\n' }) },
      { 'a.ics': eventText({ uid: 'new-1', eol: '\n' }) },
    ],
    ['an empty UID: filled', { 'a.ics': eventText({ uid: '' }) }, { 'a.ics': eventText({ uid: 'new-1' }) }],
    [
      'no UID, with overrides: all get the same, the time zone gets none',
      {
        'a.ics': calendar(
          'BEGIN:VTIMEZONE',
          'TZID:x',
          'END:VTIMEZONE',
          ...event('DTSTAMP:1'),
          ...event('DTSTAMP:2', 'RECURRENCE-ID:1'),
        ),
      },
      {
        'a.ics': calendar(
          'BEGIN:VTIMEZONE',
          'TZID:x',
          'END:VTIMEZONE',
          ...event('UID:new-1', 'DTSTAMP:1'),
          ...event('UID:new-1', 'DTSTAMP:2', 'RECURRENCE-ID:1'),
        ),
      },
    ],
    [
      'one UID: the other gets a new one, in all its overrides, and the alarm keeps its own',
      {
        'standup.ics': calendar(...standup()),
        'x.ics': calendar(
          ...standup('A:b', 'BEGIN:VALARM', 'UID:alarm', 'END:VALARM'),
          ...event('DTSTAMP:1', 'UID:stand', ' up', 'RECURRENCE-ID:1'),
        ),
      },
      {
        'standup.ics': calendar(...standup()),
        'x.ics': calendar(
          ...event('UID:new-1', 'DTSTAMP:20261101T000000Z', 'A:b', 'BEGIN:VALARM', 'UID:alarm', 'END:VALARM'),
          ...event('DTSTAMP:1', 'UID:new-1', 'RECURRENCE-ID:1'),
        ),
      },
    ],
    [
      'copies: one is left',
      { '1.ics': eventText(), '2.ics': eventText({ eol: '\n' }) },
      { '1.ics': eventText() },
    ],
    [
      'several items in one: the first stays where it is, the others get a place of their own',
      { 'a.ics': both },
      { 'a.ics': calendar(...standup()), 'lunch.ics': calendar(...lunch()) },
    ],
    [
      'several items in one, the first is elsewhere: the other one stays',
      { 'a.ics': both, 'standup.ics': calendar(...standup()) },
      { 'a.ics': calendar(...lunch()), 'standup.ics': calendar(...standup()) },
    ],
    [
      'several items in one, the first has the UID of another: the one that keeps its UID stays in its place',
      { 'a.ics': both, 'standup.ics': calendar(...standup('A:b')) },
      {
        'a.ics': calendar(...lunch()),
        'new-1.ics': calendar(...event('UID:new-1', 'DTSTAMP:20261101T000000Z')),
        'standup.ics': calendar(...standup('A:b')),
      },
    ],
    [
      'several items in two, each of both twice',
      { '1.ics': both, '2.ics': both },
      { '1.ics': calendar(...standup()), 'lunch.ics': calendar(...lunch()) },
    ],
  ];
  for (const [rule, before, after] of cases) {
    it(rule, async () => {
      const { collection } = stored(before);
      await repaired(collection);
      assert.deepEqual(sorted(collection.texts()), sorted(after));
      assert.deepEqual(outcomes(await repaired(collection)), []);
    });
  }

  it('contacts: the UID comes behind VERSION', async () => {
    const { collection } = stored({ 'a.vcf': contactText({ uid: undefined }) }, { kind: 'contact' });
    await repaired(collection);
    assert.deepEqual(collection.texts(), { 'a.vcf': contactText({ uid: 'new-1' }) });
  });

  it('unsafe UIDs and names: new ones, if asked', async () => {
    const before = {
      'a.ics': eventText({ uid: '/x' }),
      'b c.ics': eventText({ uid: 'b' }),
      'd.ics': eventText({ uid: 'd' }),
    };
    const { collection } = stored(before);
    const left = await repaired(collection);
    assert.deepEqual([left.unsafe, left.items, collection.writes], [2, [], 0]);
    await repaired(collection, { unsafeUids: true });
    assert.deepEqual(Object.keys(collection.texts()).toSorted(), ['d.ics', 'new-1.ics', 'new-2.ics']);
    assert.equal((await repaired(collection)).unsafe, 0);
  });

  it('a preview tells the same and changes nothing', async () => {
    const { collection } = stored({
      'a.ics': withoutUid,
      'b.ics': both,
      '1.ics': eventText(),
      '2.ics': eventText(),
    });
    const report = await repaired(collection, { apply: false });
    assert.deepEqual(outcomes(report), [
      '2.ics: planned (copy)',
      'a.ics: planned (no-uid)',
      'b.ics: planned (several-items)',
    ]);
    assert.equal(report.looked, 4);
    assert.equal(collection.writes, 0);
  });

  it('what nobody can mend is named, and the rest is repaired', async () => {
    const { collection } = stored({
      'a.ics': withoutUid,
      'b.ics': 'hello',
      'c.ics': eventText(),
      'd.ics': eventText(),
      'e.ics': '',
    });
    collection.unreadable.set(href(`${collection.info.href}c.ics`), new InvalidItemError('too large'));
    collection.unclear.set(href(`${collection.info.href}d.ics`), {
      ident: undefined,
      reason: 'is a link',
      weight: 'problem',
    });
    collection.unclear.set(href(`${collection.info.href}e.ics`), {
      ident: undefined,
      reason: 'new',
      weight: 'passing',
    });
    const report = await repaired(collection);
    assert.deepEqual(outcomes(report), [
      'a.ics: repaired (no-uid)',
      'b.ics: not repairable',
      'c.ics: not repairable',
      'd.ics: not repairable',
    ]);
    const reasons = report.items
      .flatMap(({ outcome }) => ('reason' in outcome ? outcome.reason : []))
      .toSorted();
    assert.deepEqual(reasons, [
      'is a link',
      'it does not begin with BEGIN; correct it by hand, restore it from a backup, or delete it',
      'too large',
    ]);
  });

  const servers: [what: string, options: MemoryOptions][] = [
    ['gives no etags', { etags: 'withheld' }],
    ['gives new etags each time it is asked', { flakyEtags: true }],
    [
      'stores something else than it is sent',
      { rewrites: (text) => text.replace('VERSION:2.0', 'VERSION:2.0\r\nX-A:b') },
    ],
  ];
  for (const [what, options] of servers) {
    it(`a server that ${what}: everything is repaired all the same`, async () => {
      const { collection } = stored(
        { 'a.ics': withoutUid, 'b.ics': both, '1.ics': eventText(), '2.ics': eventText() },
        options,
      );
      await repaired(collection);
      assert.deepEqual(outcomes(await repaired(collection)), []);
      const uids = Object.values(collection.texts()).map((text) => parseItem('calendar', text).uid ?? '');
      assert.deepEqual(uids.toSorted(), ['event-1', 'lunch', 'new-1', 'standup']);
    });
  }
});

const sorted = (texts: Record<string, string>): [string, string][] =>
  Object.entries(texts).toSorted(([one], [other]) => (one < other ? -1 : 1));
