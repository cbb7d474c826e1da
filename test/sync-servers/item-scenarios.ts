import assert from 'node:assert/strict';
import { identOfUid } from '../../src/core/item.ts';
import { etag } from '../../src/core/storage.ts';
import { eventText, textOf } from '../support/items.ts';
import { changesIn, problemsIn } from '../support/two-sides.ts';
import { type Scenario, SIDES } from './scenario.ts';

const event = (uid: string, title: string): string => textOf('calendar', uid, title);
const DAY_MS = 24 * 60 * 60 * 1000;

const newItems: readonly Scenario[] = [
  {
    title: 'S2: what both have alike is only noted',
    async run(pair) {
      for (const side of SIDES) await pair.put(side, { standup: 'at 9' });
      await pair.settled();
      pair.wroteNothing();
      assert.equal(pair.status().count(), 1);
    },
  },
  {
    title: 'S3: what both have differently is a conflict that nothing changes, and "keep a" decides it',
    async run(pair) {
      await pair.put('a', { standup: 'haha' });
      await pair.put('b', { standup: 'hoho' });
      assert.deepEqual(problemsIn(await pair.sync()), ['conflict standup']);
      assert.equal(pair.status().count(), 0);
      await pair.holds('a', { standup: 'haha' });
      await pair.holds('b', { standup: 'hoho' });
      pair.conflict = 'keep a';
      await pair.settled({ retryRefused: true });
      await pair.bothHold({ standup: 'haha' });
    },
  },
  {
    title: 'S16: one new item is one fetch of that item, and one write',
    async run(pair) {
      await pair.start({ standup: 'at 9', review: 'at 14', lunch: 'at 12' });
      await pair.putText('a', 'new', event('new', 'tea'));
      assert.deepEqual(changesIn(await pair.sync()), ['create new on b']);
      assert.equal(pair.spies.a.fetched.length, 1);
      assert.match(pair.spies.a.fetched[0] ?? '', /new\.ics$/);
      assert.deepEqual(pair.spies.b.writes, ['create new']);
      assert.deepEqual([pair.spies.a.writes, pair.spies.b.fetched], [[], []]);
    },
  },
  {
    title: 'S27: an item that is listed three times is fetched once and carried once',
    async run(pair) {
      await pair.start({ standup: 'at 9' });
      await pair.putText('b', 'new', event('new', 'tea'));
      pair.spies.b.answers = ({ changed, ...given }) => ({
        ...given,
        changed: [...changed, ...changed, ...changed],
      });
      assert.deepEqual(changesIn(await pair.sync()), ['create new on a']);
      assert.deepEqual([pair.spies.b.fetched.length, pair.spies.a.writes], [1, ['create new']]);
      await pair.bothHold({ standup: 'at 9', new: 'tea' });
    },
  },
  {
    title: 'S25: names and UIDs with umlauts are carried, and so is an edit of what they belong to',
    async run(pair) {
      await pair.putText('a', 'Müllabfuhr', event('ü-Größe', 'blaue Tonne'));
      await pair.settled();
      await pair.bothHold({ 'ü-Größe': 'blaue Tonne' });
      await pair.put('b', { 'ü-Größe': 'gelber Sack' });
      await pair.settled();
      await pair.bothHold({ 'ü-Größe': 'gelber Sack' });
    },
  },
];

const edits: readonly Scenario[] = [
  {
    title: 'S8: an edit goes to whatever the item is called on the other side',
    async run(pair) {
      await pair.putText('a', 'one-a', event('one', 'tea'));
      await pair.putText('b', 'one-b', event('one', 'tea'));
      await pair.settled();
      await pair.putText('b', 'one-b', event('one', 'coffee'));
      await pair.putText('b', 'two-b', event('two', 'cake'));
      await pair.settled();
      await pair.bothHold({ one: 'coffee', two: 'cake' });
      await pair.put('a', { one: 'coffee', two: 'pie' });
      await pair.settled();
      await pair.bothHold({ one: 'coffee', two: 'pie' });
      assert.deepEqual((await pair.names('a')).includes('one-a'), true);
      assert.deepEqual((await pair.names('b')).toSorted(), ['one-b', 'two-b']);
    },
  },
  {
    title: 'S11: what is in step is written nowhere, fetched nowhere and not noted anew',
    async run(pair) {
      await pair.start({ standup: 'at 9', review: 'at 14' });
      const before = [...pair.status().all()];
      for (const _run of [1, 2]) assert.deepEqual((await pair.sync()).changes, []);
      pair.wroteNothing();
      assert.deepEqual([...pair.spies.a.fetched, ...pair.spies.b.fetched], []);
      assert.deepEqual([...pair.status().all()], before);
    },
  },
  ...(
    [
      ['manual', 'at 10', 'at 11'],
      ['keep a', 'at 10', 'at 10'],
      ['keep b', 'at 11', 'at 11'],
    ] as const
  ).map(([conflict, onA, onB]): Scenario => ({
    title: `S12: what both edited differently, in mode "${conflict}"`,
    setup: { conflict },
    async run(pair) {
      await pair.start({ standup: 'at 9' });
      await pair.put('a', { standup: 'at 10' });
      await pair.put('b', { standup: 'at 11' });
      const wanted = conflict === 'manual' ? ['conflict standup'] : [];
      for (const _run of [1, 2]) assert.deepEqual(problemsIn(await pair.sync()), wanted);
      await pair.holds('a', { standup: onA });
      await pair.holds('b', { standup: onB });
    },
  })),
  {
    title: 'S15: etags that are not the noted ones are noted, and nothing is written for them',
    async run(pair) {
      await pair.start({ standup: 'at 9' });
      const status = pair.status();
      const rows = [...status.all()];
      const bogus = etag('"bogus"');
      status.put(
        rows.map((row) => ({
          ...row,
          a: { ...row.a, etag: bogus },
          b: { ...row.b, etag: bogus },
          text: undefined,
        })),
      );
      // Everything is listed once a day.
      pair.clock.ms += DAY_MS;
      await pair.settled();
      pair.wroteNothing();
      assert.deepEqual([...status.all()], rows);
    },
  },
  {
    title: 'S19: an item that got another UID in its place is another item',
    async run(pair) {
      await pair.start({ 'a-one': 'on a', 'b-one': 'on b' });
      await pair.drop('a', 'a-one');
      await pair.putText('a', 'a-one', event('a-two', 'on a'));
      await pair.settled();
      await pair.bothHold({ 'a-two': 'on a', 'b-one': 'on b' });
    },
  },
  {
    title: 'S23: an item under another name is fetched once, and written nowhere',
    async run(pair) {
      await pair.start({ standup: 'at 9', review: 'at 14' });
      await pair.drop('b', 'standup');
      await pair.putText('b', 'renamed', event('standup', 'at 9'));
      await pair.settled();
      pair.wroteNothing();
      assert.equal(pair.spies.b.fetched.length, 1);
      assert.deepEqual(pair.spies.a.fetched, []);
      assert.match(pair.status().get(identOfUid('standup'))?.b.href ?? '', /renamed\.ics$/);
      pair.clock.ms += DAY_MS;
      await pair.settled();
      assert.equal(pair.spies.b.fetched.length, 1);
    },
  },
  {
    title: 'S24: an edit goes over what was only saved anew',
    async run(pair) {
      await pair.start({ standup: 'at 9', review: 'at 14' });
      await pair.putText('a', 'standup', (await pair.text('a', 'standup')) ?? '');
      await pair.put('b', { standup: 'at 10', review: 'at 14' });
      await pair.settled();
      await pair.bothHold({ standup: 'at 10', review: 'at 14' });
      assert.deepEqual(pair.spies.b.writes, []);
    },
  },
  {
    title: 'E14: in mode "merge" edits of different things are joined, and of the same thing left alone',
    setup: { conflict: 'merge' },
    async run(pair) {
      await pair.start({ standup: 'at 9', review: 'at 14' });
      await pair.put('a', { standup: 'at 10', review: 'at 15' });
      await pair.putText(
        'b',
        'standup',
        eventText({ uid: 'standup', summary: 'at 9', lines: ['LOCATION:there'] }),
      );
      await pair.putText('b', 'review', event('review', 'at 16'));
      for (const _run of [1, 2]) assert.deepEqual(problemsIn(await pair.sync()), ['conflict review']);
      for (const side of SIDES) {
        const text = await pair.text(side, 'standup');
        assert.match(text ?? '', /SUMMARY:at 10\r/);
        assert.match(text ?? '', /LOCATION:there\r/);
      }
      await pair.holds('a', { standup: 'at 10', review: 'at 15' });
      await pair.holds('b', { standup: 'at 10', review: 'at 16' });
    },
  },
];

const deletions: readonly Scenario[] = [
  {
    title: 'S1: what both have lost is forgotten, and nothing is written',
    async run(pair) {
      await pair.start({ standup: 'at 9' });
      for (const side of SIDES) await pair.put(side, {});
      await pair.settled();
      assert.equal(pair.status().count(), 0);
      pair.wroteNothing();
    },
  },
  {
    title: 'S9: an item that is deleted, made again and deleted again, on either side',
    async run(pair) {
      await pair.start({ one: 'tea', two: 'cake' });
      await pair.put('b', { two: 'cake' });
      await pair.settled();
      await pair.holds('a', { two: 'cake' });
      await pair.put('a', { one: 'tea', two: 'cake' });
      await pair.settled();
      await pair.holds('b', { one: 'tea', two: 'cake' });
      await pair.put('a', { two: 'cake' });
      await pair.settled();
      await pair.bothHold({ two: 'cake' });
    },
  },
  ...SIDES.map((deleted): Scenario => ({
    title: `S13: an edit outlives a deletion on ${deleted}`,
    async run(pair) {
      await pair.start({ standup: 'at 9', review: 'at 14' });
      await pair.put(deleted, { review: 'at 14' });
      await pair.put(deleted === 'a' ? 'b' : 'a', { standup: 'at 10', review: 'at 14' });
      await pair.settled();
      await pair.bothHold({ standup: 'at 10', review: 'at 14' });
    },
  })),
  ...SIDES.map((emptied): Scenario => ({
    title: `S17: nothing is deleted because ${emptied} became empty, until it is allowed`,
    async run(pair) {
      await pair.start({ standup: 'at 9', review: 'at 14' });
      await pair.put(emptied, {});
      for (const _run of [1, 2]) assert.equal((await pair.sync()).error?.code, 'emptied');
      pair.wroteNothing();
      await pair.holds(emptied === 'a' ? 'b' : 'a', { standup: 'at 9', review: 'at 14' });
      await pair.settled({ allowEmpty: true });
      await pair.bothHold({});
    },
  })),
  {
    title: 'E19: of a mass deletion nothing goes over, and everything else does, until there is a word',
    async run(pair) {
      const old = Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`old-${at}`, 'tea']));
      await pair.start({ ...old, kept: 'tea' });
      await pair.put('b', { kept: 'coffee', new: 'cake' });
      for (const _run of [1, 2]) {
        const problems = problemsIn(await pair.sync()).toSorted();
        assert.deepEqual(
          problems,
          Object.keys(old)
            .map((uid) => `held ${uid}`)
            .toSorted(),
        );
      }
      await pair.holds('a', { ...old, kept: 'coffee', new: 'cake' });
      await pair.settled({ deletions: 'confirm' });
      await pair.bothHold({ kept: 'coffee', new: 'cake' });
    },
  },
  {
    title: 'E6: one that both deleted does not keep the others from going over',
    async run(pair) {
      await pair.start({ standup: 'at 9', review: 'at 14' });
      await pair.put('a', { review: 'at 15' });
      await pair.put('b', { review: 'at 14', lunch: 'at 12' });
      await pair.settled();
      await pair.bothHold({ review: 'at 15', lunch: 'at 12' });
      assert.equal(pair.status().count(), 2);
    },
  },
];

/** What happens to items when nothing goes wrong but what people do. */
export const itemScenarios: readonly Scenario[] = [...newItems, ...edits, ...deletions];
