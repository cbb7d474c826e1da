import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { calendar, event, lunch, standup } from '../support/calendar-texts.ts';
import { eventText } from '../support/items.ts';
import { outcomes, repaired } from '../support/repairs.ts';
import { problemsIn, twoSides } from '../support/two-sides.ts';

const inStep = { tea: 'at 4' };

describe('one side of a pair is repaired, then both are synchronised', () => {
  const cases: [what: string, text: Record<string, string>, want: Record<string, string>][] = [
    ['an item without UID', { 'x.ics': eventText({ uid: undefined, summary: 'walk' }) }, { 'new-1': 'walk' }],
    [
      'two items without UID',
      {
        'x.ics': eventText({ uid: undefined, summary: 'walk' }),
        'y.ics': eventText({ uid: undefined, summary: 'run' }),
      },
      { 'new-1': 'walk', 'new-2': 'run' },
    ],
    [
      'two items with one UID',
      {
        'walk.ics': eventText({ uid: 'walk', summary: 'walk' }),
        'x.ics': eventText({ uid: 'walk', summary: 'run' }),
      },
      { walk: 'walk', 'new-1': 'run' },
    ],
    [
      'two copies of an item',
      {
        'x.ics': eventText({ uid: 'walk', summary: 'walk' }),
        'y.ics': eventText({ uid: 'walk', summary: 'walk' }),
      },
      { walk: 'walk' },
    ],
    [
      'several items in one',
      {
        'x.ics': calendar(
          ...standup('SUMMARY:stand up'),
          ...lunch('SUMMARY:lunch'),
          ...event('DTSTAMP:1', 'SUMMARY:walk'),
        ),
      },
      { standup: 'stand up', lunch: 'lunch', 'new-1': 'walk' },
    ],
    [
      'no END',
      { 'x.ics': eventText({ uid: 'walk', summary: 'walk' }).replace('END:VEVENT\r\nEND:VCALENDAR\r\n', '') },
      { walk: 'walk' },
    ],
    [
      'a mark at the start and no VERSION',
      { 'x.ics': `\uFEFF${eventText({ uid: 'walk', summary: 'walk' }).replace('VERSION:2.0\r\n', '')}` },
      { walk: 'walk' },
    ],
  ];
  for (const [what, texts, want] of cases) {
    for (const before of ['never synchronised', 'synchronised as it was']) {
      it(`${what}, ${before}: both sides get all of it, and are quiet`, async () => {
        const { a, sync, holds } = await twoSides(inStep);
        for (const [name, text] of Object.entries(texts)) a.put(name, text);
        if (before !== 'never synchronised') await sync();
        await repaired(a);
        assert.deepEqual(outcomes(await repaired(a)), []);
        assert.deepEqual(problemsIn(await sync()), []);
        holds('a', { ...inStep, ...want });
        holds('b', { ...inStep, ...want });
        assert.deepEqual((await sync()).changes, []);
      });
    }
  }

  it('an item that was in step on both sides without UID: replaced on the other, not doubled', async () => {
    const { a, b, sync, holds } = await twoSides(inStep);
    for (const side of [a, b]) side.put('x.ics', eventText({ uid: undefined, summary: 'walk' }));
    await sync();
    await repaired(a);
    await sync();
    holds('b', { ...inStep, 'new-1': 'walk' });
  });

  it('what the other side edited meanwhile is not lost', async () => {
    const { a, b, sync, holds } = await twoSides(inStep);
    for (const side of [a, b]) side.put('x.ics', eventText({ uid: undefined, summary: 'walk' }));
    await sync();
    await repaired(a);
    b.put('x.ics', eventText({ uid: undefined, summary: 'walk far' }));
    await sync();
    await sync();
    holds('a', { ...inStep, 'new-1': 'walk', 'no UID': 'walk far' });
    holds('b', { ...inStep, 'new-1': 'walk', 'no UID': 'walk far' });
  });
});
