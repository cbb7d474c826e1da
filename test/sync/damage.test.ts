import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { otherSide, type Side } from '../../src/core/status.ts';
import { textOf } from '../support/items.ts';
import type { MemoryCollection } from '../support/memory-collection.ts';
import { changesIn, problemsIn, twoSides } from '../support/two-sides.ts';

const event = (uid: string, title: string): string => textOf('calendar', uid, title);
const START = { standup: 'at 9', review: 'at 14' };
const WITHOUT_UID = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\n';
const TORN: [what: string, text: string][] = [
  ['without its UID', WITHOUT_UID],
  ['with its UID', event('standup', 'at 10').replace(/END:VEVENT[^]*/, '')],
  ['with nothing in it', ''],
];
const SETUPS = [
  ['with tokens', {}],
  ['without tokens and states', { tokens: false, states: false }],
] as const;

function nameOf(collection: MemoryCollection, uid: string): string {
  const names = Object.entries(collection.texts()).filter(([, text]) => text.includes(`UID:${uid}\r\n`));
  assert.equal(names.length, 1);
  return names[0]?.[0] ?? '';
}

describe('a known item that was half written', () => {
  for (const side of ['a', 'b'] satisfies Side[])
    for (const [what, text] of TORN)
      for (const [how, options] of SETUPS) {
        const other = otherSide(side);
        const torn = async (): Promise<Awaited<ReturnType<typeof twoSides>> & { name: string }> => {
          const setting = await twoSides(START, { a: options, b: options });
          const name = nameOf(setting[side], 'standup');
          setting[side].put(name, text);
          return { ...setting, name };
        };

        it(`${what}, on ${side}, ${how}: is told each time and left alone by both sides`, async () => {
          const { sync, holds, writes, name, ...sides } = await torn();
          for (const _ of [1, 2, 3]) {
            const { problems, changes } = await sync();
            assert.deepEqual(problemsIn({ problems }), ['unclear standup']);
            assert.match(
              problems[0]?.reason ?? '',
              /standup\.ics is damaged .*"pimsync repair" .*, or delete it/,
            );
            assert.deepEqual(changes, []);
          }
          holds(other, START);
          assert.equal(sides[side].texts()[name], text);
          writes('a', 0);
          writes('b', 0);
        });

        it(`${what}, on ${side}, ${how}: is synchronised once it is repaired`, async () => {
          const { sync, holds, name, ...sides } = await torn();
          await sync();
          sides[side].put(name, event('standup', 'at 11'));
          assert.deepEqual(problemsIn(await sync()), []);
          holds(other, { ...START, standup: 'at 11' });
          holds(side, { ...START, standup: 'at 11' });
        });

        it(`${what}, on ${side}, ${how}: is removed from the other side once it is deleted`, async () => {
          const { sync, holds, name, ...sides } = await torn();
          await sync();
          sides[side].drop(name);
          assert.deepEqual(problemsIn(await sync()), []);
          holds(other, { review: 'at 14' });
        });
      }

  it('leaves the pair quiet', async () => {
    const { a, sync } = await twoSides(START);
    a.put('standup.ics', WITHOUT_UID);
    await sync();
    const again = await sync();
    assert.deepEqual([again.outcome, problemsIn(again)], ['quiet', ['unclear standup']]);
  });

  it('does not hold up others', async () => {
    const { a, sync, holds } = await twoSides(START);
    a.put('standup.ics', WITHOUT_UID);
    a.put('review.ics', event('review', 'at 15'));
    await sync();
    holds('b', { standup: 'at 9', review: 'at 15' });
  });

  it('is set aside too where no common text was kept', async () => {
    const { a, sync, holds, status } = await twoSides(START);
    status.base = () => undefined;
    a.put('standup.ics', WITHOUT_UID);
    assert.deepEqual(problemsIn(await sync()), ['unclear standup']);
    holds('b', START);
  });

  for (const place of ['new.ics', 'review.ics'])
    it(`at another place, ${place}, is not taken for gone nor carried; repaired, it is synchronised`, async () => {
      const { a, sync, holds } = await twoSides({ ...START, tea: 'at 5' });
      a.drop('standup.ics');
      a.put(place, event('standup', 'at 10').replace(/END:VEVENT[^]*/, ''));
      for (const _ of [1, 2]) {
        const report = await sync();
        assert.deepEqual([report.changes, report.problems.length], [[], 1]);
      }
      holds('b', { ...START, tea: 'at 5' });
      a.put(place, event('standup', 'at 11'));
      assert.deepEqual(problemsIn(await sync()), []);
      const left = place === 'new.ics' ? { ...START, tea: 'at 5' } : { tea: 'at 5' };
      holds('b', { ...left, standup: 'at 11' });
    });
});

describe('an item that was broken from the start', () => {
  it('is carried as it is', async () => {
    const { a, b, sync } = await twoSides({});
    a.put('x.ics', WITHOUT_UID);
    assert.deepEqual(changesIn(await sync()), ['create an item without UID on b']);
    assert.deepEqual(Object.values(b.texts()), [WITHOUT_UID]);
  });

  it('is carried when it changes, and when it is mended', async () => {
    const { a, b, sync } = await twoSides({ review: 'at 14' });
    const broken = (title: string): string => event('standup', title).replace('END:VCALENDAR\r\n', '');
    for (const text of [broken('at 9'), broken('at 10'), event('standup', 'at 10')]) {
      a.put('standup.ics', text);
      assert.deepEqual(problemsIn(await sync()), []);
      assert.ok(Object.values(b.texts()).includes(text));
    }
  });
});
