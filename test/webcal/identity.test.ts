import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseItem } from '../../src/core/item.ts';
import type { Feed } from '../../src/webcal/feed.ts';
import { etagsIn, NOTHING, read, textOf, textsIn } from '../support/feed-reading.ts';
import { block, calendar, event, HEAD } from '../support/feeds.ts';

describe('the identity of what is in a feed', () => {
  it('outlives UIDs that are new at every download', () => {
    const download = (number: number): string =>
      calendar(
        ['tea', 'coffee', 'tea', 'cake'].map((title, at) =>
          event(`${number}-${at}`, title).replace('20260101T000000Z', `2026010${number}T000000Z`),
        ),
      );
    const first = read(download(1));
    let last = first;
    for (const number of [2, 3, 4]) {
      last = read(download(number), last.remembered);
      assert.deepEqual(etagsIn(last), etagsIn(first), `download ${number}`);
      assert.equal(last.state, first.state);
    }
    assert.equal(last.items.size, 4);
    for (const [href, text] of Object.entries(textsIn(last)))
      assert.equal(`${parseItem('calendar', text).uid}.ics`, href);
  });

  it('of a series with overrides outlives them too, and alarms keep their own', () => {
    const alarm = ['BEGIN:VALARM', 'UID:alarm', 'END:VALARM'];
    const download = (uid: string): string =>
      calendar([event(uid, 'weekly', alarm), event(uid, 'moved', ['RECURRENCE-ID:20260308T090000Z'])]);
    const first = read(download('one'));
    const second = read(download('two'), first.remembered);
    assert.deepEqual(textsIn(second), textsIn(first));
  });

  it('of one changed item leaves the others alone', () => {
    const first = read(calendar([event('1', 'tea'), event('2', 'coffee')]));
    const second = read(calendar([event('7', 'tea'), event('8', 'juice')]), first.remembered);
    assert.deepEqual([...second.items.keys()], ['1.ics', '8.ics']);
  });

  it('is the UID as long as the feed keeps it, whatever else changes', () => {
    const first = read(calendar([event('1', 'tea'), event('2', 'coffee')]));
    const second = read(calendar([event('2', 'tea'), event('1', 'coffee')]), first.remembered);
    assert.deepEqual(textsIn(second), {
      '1.ics': calendar([event('1', 'coffee')]),
      '2.ics': calendar([event('2', 'tea')]),
    });
  });

  it('of what has no UID is made from its contents, for twins too', () => {
    const tea = event(undefined, 'tea');
    const feed = read(calendar([tea, event(undefined, 'coffee'), tea]));
    const again = read(calendar([event(undefined, 'coffee'), tea, tea.replace('20260101', '20260202')]));
    assert.equal(feed.items.size, 3);
    assert.deepEqual(etagsIn(again), etagsIn(feed));
    for (const [href, text] of Object.entries(textsIn(feed))) {
      const uid = href.replace(/\.ics$/, '');
      assert.match(uid, /^pimsync-[\da-f]{32}(-2)?$/);
      const title = text.includes('coffee') ? 'coffee' : 'tea';
      assert.equal(text, calendar([event(uid, title)]));
    }
  });

  it('of different things under one UID is made from their contents', () => {
    const feed = read(calendar([event('same', 'tea'), event('same', 'coffee'), event('other', 'cake')]));
    const again = read(
      calendar([event('other', 'cake'), event('same', 'coffee'), event('same', 'tea')]),
      feed.remembered,
    );
    assert.equal(feed.items.size, 3);
    assert.ok(feed.items.has('other.ics' as never));
    assert.deepEqual(etagsIn(again), etagsIn(feed));
  });

  it('of an event and a to-do under one UID is made from their contents', () => {
    const both = calendar([event('1', 'tea'), block('VTODO', ['UID:1', 'SUMMARY:buy tea'])]);
    assert.deepEqual(
      [...read(both).items.keys()].map((href) => href.slice(0, 8)),
      ['pimsync-', 'pimsync-'],
    );
  });

  it('of something that is there twice is one', () => {
    const { items } = read(calendar([event('1', 'tea'), event('1', 'tea')]));
    assert.deepEqual([...items.keys()], ['1.ics']);
    assert.equal(textOf([...items.values()][0]), calendar([event('1', 'tea')]));
  });

  it('never makes two of one, nor one of two, whatever UIDs a download has', () => {
    const uid = fc.option(fc.constantFrom('1', '2', '3', '4', '5', '6'), { nil: undefined });
    const download = fc.array(fc.tuple(uid, fc.constantFrom('tea', 'coffee', 'cake')), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(download, { minLength: 1, maxLength: 4 }), (downloads) => {
        let remembered: Feed['remembered'] = NOTHING;
        for (const one of downloads) {
          const body = one.map(([own, title]) => event(own, title));
          const feed = read(calendar(body), remembered);
          const repeated = one.filter(
            ([own, title], at) =>
              own !== undefined && one.findIndex(([u, t]) => u === own && t === title) < at,
          );
          assert.equal(feed.items.size, one.length - repeated.length);
          for (const [href, text] of Object.entries(textsIn(feed)))
            assert.equal(`${parseItem('calendar', text).uid}.ics`, href);
          const again = read(calendar(body.toReversed()), feed.remembered);
          assert.equal(again.state, feed.state);
          ({ remembered } = feed);
        }
      }),
    );
  });
});

describe('the state of a feed', () => {
  const before = read(calendar([event('1', 'tea'), event('2', 'coffee')])).state;
  const cases: [what: string, text: string, same: boolean][] = [
    ['the order of its items', calendar([event('2', 'coffee'), event('1', 'tea')]), true],
    [
      'time stamps',
      calendar([event('1', 'tea'), event('2', 'coffee')]).replaceAll('20260101', '20270101'),
      true,
    ],
    ['its name', calendar([event('1', 'tea'), event('2', 'coffee')], [...HEAD, 'X-WR-CALNAME:New']), true],
    ['an item', calendar([event('1', 'tea!'), event('2', 'coffee')]), false],
    ['a new item', calendar([event('1', 'tea'), event('2', 'coffee'), event('3', 'cake')]), false],
    ['one item less', calendar([event('1', 'tea')]), false],
  ];
  for (const [what, text, same] of cases)
    it(`${same ? 'stays' : 'changes'} with ${what}`, () => assert.equal(read(text).state === before, same));
});
