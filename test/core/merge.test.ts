import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ItemKind } from '../../src/core/item.ts';
import { mergeTexts } from '../../src/core/merge.ts';
import {
  after,
  ALARM,
  COMMON,
  contact,
  DAY,
  edited,
  event,
  OVERRIDE,
  textOf,
  zone,
} from '../support/merge-cases.ts';

describe('merging keeps bytes', () => {
  const folded = 'DESCRIPTION:a very\r\n  long\r\n\t tale\r\n';
  const base = textOf(event(...COMMON)).replace('LOCATION', `${folded}location`);

  it('of folded and oddly written lines that nobody changed', () => {
    const [a, b] = [base.replace('tea', 'milk'), base.replace('20260101', '20260102')];
    const merged = mergeTexts('calendar', { base, a, b });
    assert.deepEqual(merged, { type: 'merged', text: a.replace('20260101', '20260102') });
  });

  it('of a BOM, of line ends, and of a missing line end at the end', () => {
    const odd = `\uFEFF${base.replaceAll('\r\n', '\n').trimEnd()}`;
    const [a, b] = [odd.replace('tea', 'milk'), odd.replace('20260101', '20260102')];
    const merged = mergeTexts('calendar', { base: odd, a, b });
    assert.deepEqual(merged, { type: 'merged', text: a.replace('20260101', '20260102') });
  });

  it('of the side that wrote everything anew', () => {
    const [a, b] = [base.replaceAll('\r\n', '\n'), base.replace('tea', 'milk')];
    const merged = mergeTexts('calendar', { base, a, b });
    assert.deepEqual(merged, { type: 'merged', text: a.replace('SUMMARY:tea\n', 'SUMMARY:milk\r\n') });
  });

  it('but folds a line of which both changed a part', () => {
    const line = (one: string, other: string): string => `X-A;X-ONE=${one};X-TWO=${other}:${'ä'.repeat(60)}`;
    const text = (one: string, other: string): string => textOf(event(line(one, other)));
    const merged = mergeTexts('calendar', { base: text('1', '1'), a: text('2', '1'), b: text('1', '2') });
    assert.ok(merged.type === 'merged');
    assert.ok(merged.text.replaceAll('\r\n ', '').includes(line('2', '2')));
    for (const physical of merged.text.split('\r\n')) assert.ok(Buffer.byteLength(physical) <= 75);
  });

  it('and puts a new property before the alarms', () => {
    const [a, b] = [
      edited(event('SUMMARY:tea'), [after('SUMMARY:tea', ...ALARM)]),
      edited(event('SUMMARY:tea'), [after('SUMMARY:tea', 'URL:x')]),
    ];
    const text = textOf(event('SUMMARY:tea', 'URL:x', ...ALARM));
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const merged = mergeTexts('calendar', { base: textOf(event('SUMMARY:tea')), a: one, b: other });
      assert.deepEqual(merged, { type: 'merged', text });
    }
  });
});

describe('merging time zones', () => {
  const base = textOf(event('SUMMARY:tea', 'LOCATION:x', 'END:VEVENT', ...zone('X/Y')));
  const a = base.replace(textOf(zone('X/Y')), '');

  it('keeps one that a side removed and the other came to need', () => {
    const b = base.replace('LOCATION:x', 'RDATE;TZID="X/Y":20260101T000000');
    assert.deepEqual(mergeTexts('calendar', { base, a, b }), { type: 'merged', text: b });
  });

  it('removes one that nobody needs', () => {
    const b = base.replace('LOCATION:x', 'LOCATION:y');
    const text = b.replace(textOf(zone('X/Y')), '');
    assert.deepEqual(mergeTexts('calendar', { base, a, b }), { type: 'merged', text });
  });
});

describe('what cannot be merged', () => {
  const base = textOf(event(...COMMON));
  const a = base.replace('tea', 'milk');
  const twice = base.replace('END:VCALENDAR', 'BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR');
  const overrides = textOf(event('X:1', 'END:VEVENT', ...OVERRIDE, ...OVERRIDE));
  const card = textOf(contact('TEL:1'));
  const broken = 'a BEGIN without its END, or lines outside of both';
  const cases: [rule: string, kind: ItemKind, b: string, about: string][] = [
    ['a missing END', 'calendar', base.replace('END:VEVENT\r\n', ''), `the text of b: ${broken}`],
    ['a line behind the end', 'calendar', `${base}X:1\r\n`, `the text of b: ${broken}`],
    ['nothing', 'calendar', '', `the text of b: ${broken}`],
    ['another UID', 'calendar', base.replace('UID:1', 'UID:2'), 'UID'],
    ['no UID', 'calendar', base.replace('UID:1\r\n', ''), 'the text of b: no UID'],
    ['several calendars', 'calendar', base + base, 'the text of b: several calendars in one text'],
    ['two series', 'calendar', twice, 'the text of b: several main components without RECURRENCE-ID'],
    [
      'an occurrence twice',
      'calendar',
      overrides,
      `the text of b: two components for the occurrence on ${DAY}`,
    ],
    ['several items', 'calendar', twice.replace('UID:1', 'UID:2'), 'the text of b: several UIDs in one text'],
    ['a contact', 'calendar', card, 'the text of b: VCARD in place of a calendar'],
    ['several contacts', 'contact', card + card, 'the text of b: several contacts in one text'],
    ['an event', 'contact', base, 'the text of b: VCALENDAR in place of a contact'],
  ];
  for (const [rule, kind, b, about] of cases) {
    it(`is told: ${rule}`, () => {
      const texts =
        kind === 'calendar' ? { base, a, b } : { base: card, a: card.replace('TEL:1', 'TEL:2'), b };
      assert.deepEqual(mergeTexts(kind, texts), { type: 'conflict', about: [about] });
    });
  }

  it('is told for each of the texts', () => {
    assert.deepEqual(mergeTexts('calendar', { base: 'x', a: 'y', b: 'z' }), {
      type: 'conflict',
      about: [`the last common text: ${broken}`, `the text of a: ${broken}`, `the text of b: ${broken}`],
    });
  });

  it('does not keep a damaged text from being taken where the other side changed nothing', () => {
    const damaged = base.replace('END:VEVENT\r\n', '');
    assert.deepEqual(mergeTexts('calendar', { base, a: damaged, b: base }), {
      type: 'merged',
      text: damaged,
    });
  });
});

describe('merging large items', () => {
  it('takes time in proportion to their size', () => {
    const values = Array.from({ length: 20_000 }, (_, at) => String(at));
    const attendees = values.map((at) => `ATTENDEE:mailto:${at}@x`);
    const base = textOf(event('SUMMARY:tea', 'LOCATION:x', ...attendees, `CATEGORIES:${values.join(',')}`));
    const a = base.replace('SUMMARY:tea', 'SUMMARY:milk').replace('mailto:7@x', 'mailto:seven@x');
    const b = base.replace('LOCATION:x', 'LOCATION:y').replace('CATEGORIES:0', 'CATEGORIES:zero');
    assert.equal(mergeTexts('calendar', { base, a, b }).type, 'merged');
  });
});
