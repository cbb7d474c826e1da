import assert from 'node:assert/strict';
import { RefusedError, ServerError } from '../../src/core/errors.ts';
import { parseItem } from '../../src/core/item.ts';
import type { Side } from '../../src/core/status.ts';
import { type SyncToken, syncToken } from '../../src/core/storage.ts';
import { textOf } from '../support/items.ts';
import { anonymous, type RealPair } from '../support/real-pair.ts';
import type { SpiedCall } from '../support/spied-storage.ts';
import { changesIn, problemsIn } from '../support/two-sides.ts';
import { type Scenario, SIDES } from './scenario.ts';

const event = (uid: string, title: string): string => textOf('calendar', uid, title);
const DAY_MS = 24 * 60 * 60 * 1000;

/** What a process that was killed does no more. */
class Killed extends Error {}

/** Lets somebody act just before that call on b takes effect, once. */
function before(pair: RealPair, call: SpiedCall, act: () => Promise<void>): void {
  let done = false;
  pair.spies.b.onCall = async (name, when) => {
    if (done || name !== call || when !== 'before') return;
    done = true;
    await act();
  };
}

const kills: readonly Scenario[] = [0, 1, 2, 3].map((count) => ({
  title: `E1: a run that is killed after ${count} of 3 uploads is finished by the next, and sends hardly anything twice`,
  async run(pair) {
    const items = { one: 'tea', two: 'cake', three: 'pie' };
    await pair.put('a', items);
    let [left, isDead] = [count, false];
    const die = (): never => {
      isDead = true;
      throw new Killed();
    };
    for (const side of SIDES)
      pair.spies[side].onCall = (call, when) => {
        if (isDead || (call === 'create' && when === 'before' && left === 0)) die();
        if (call === 'create' && when === 'after') {
          left -= 1;
          if (left === 0) die();
        }
      };
    await assert.rejects(pair.sync(), Killed);
    const sent = pair.spies.b.writes.length;
    for (const side of SIDES) pair.spies[side].onCall = undefined;
    pair.spies.b.forget();
    await pair.settled();
    await pair.bothHold(items);
    // As many as were under way at once may be in doubt.
    assert.ok(pair.spies.b.writes.length <= 3, `${sent} sent before, ${pair.spies.b.writes.length} after`);
    assert.deepEqual(pair.spies.a.writes, []);
  },
}));

const races: readonly Scenario[] = [
  {
    title: 'E3: what somebody edits between the look and the write is a conflict in the same run, and stays',
    async run(pair) {
      await pair.start({ standup: 'at 9' });
      await pair.put('a', { standup: 'at 10' });
      before(pair, 'update', () => pair.put('b', { standup: 'at 11' }));
      assert.deepEqual(problemsIn(await pair.sync()), ['conflict standup']);
      await pair.holds('a', { standup: 'at 10' });
      await pair.holds('b', { standup: 'at 11' });
    },
  },
  {
    title: 'E4: what somebody deletes between the look and the removal is removed',
    async run(pair) {
      await pair.start({ standup: 'at 9', review: 'at 14' });
      await pair.put('a', { review: 'at 14' });
      before(pair, 'remove', () => pair.drop('b', 'standup'));
      await pair.settled();
      await pair.bothHold({ review: 'at 14' });
      assert.equal(pair.status().count(), 1);
    },
  },
  {
    title: 'E5: what somebody creates alike between the look and the write is taken for the same',
    async run(pair) {
      await pair.put('a', { standup: 'at 9' });
      before(pair, 'create', () => pair.putText('b', 'standup', event('standup', 'at 9')));
      await pair.settled();
      await pair.bothHold({ standup: 'at 9' });
      assert.deepEqual(pair.spies.b.writes, ['create standup']);
    },
  },
  {
    title: 'E5: and what somebody creates otherwise is a conflict',
    async run(pair) {
      await pair.put('a', { standup: 'at 9' });
      before(pair, 'create', () => pair.putText('b', 'standup', event('standup', 'at 10')));
      assert.deepEqual(problemsIn(await pair.sync()), ['conflict standup']);
      await pair.holds('a', { standup: 'at 9' });
      await pair.holds('b', { standup: 'at 10' });
    },
  },
  {
    title: 'E13: an edit that is made during an upload is sent on top of it',
    async run(pair) {
      await pair.start({ standup: 'at 9' });
      await pair.put('a', { standup: 'at 10' });
      before(pair, 'update', () => pair.put('a', { standup: 'at 11' }));
      for (const _run of [1, 2]) await pair.settled();
      await pair.bothHold({ standup: 'at 11' });
      assert.deepEqual(pair.spies.b.writes, ['update standup', 'update standup']);
      assert.deepEqual(pair.spies.a.writes, []);
    },
  },
];

const storages: readonly Scenario[] = [
  {
    title: 'E2: what a server rewrites comes back to nobody, and an edit of it goes out once',
    async run(pair) {
      const text = event('standup', 'at 9').replace('SUMMARY', 'x-odd;b=2;a=1:kept\r\nSUMMARY');
      await pair.putText('a', 'standup', text);
      await pair.settled();
      const before = await pair.text('a', 'standup');
      await pair.settled();
      assert.equal(await pair.text('a', 'standup'), before);
      assert.deepEqual([pair.spies.a.writes, pair.spies.b.writes], [[], ['create standup']]);
      await pair.putText('a', 'standup', text.replace('at 9', 'at 10'));
      await pair.settled();
      await pair.settled();
      await pair.bothHold({ standup: 'at 10' });
      assert.deepEqual(pair.spies.b.writes, ['create standup', 'update standup']);
    },
  },
  ...SIDES.map((side): Scenario => ({
    title: `E7: a listing of ${side} that fails deletes nothing, and the next run does the work`,
    async run(pair) {
      await pair.start({ standup: 'at 9', review: 'at 14' });
      await pair.put('a', { standup: 'at 10' });
      await pair.put('b', { standup: 'at 9', review: 'at 14', tea: 'at 16' });
      pair.spies[side].onCall = (call, when) => {
        if (call === 'changes' && when === 'after') throw new ServerError('507 cut short');
      };
      assert.equal((await pair.sync()).error?.code, 'server');
      pair.wroteNothing();
      pair.spies[side].onCall = undefined;
      await pair.settled();
      await pair.bothHold({ standup: 'at 10', tea: 'at 16' });
    },
  })),
  {
    title: 'E8: a token that is no longer good leads to the same result',
    async run(pair) {
      await pair.start({ standup: 'at 9', review: 'at 14', lunch: 'at 12' });
      const status = pair.status();
      const [a, b] = SIDES.map((side) => status.progress(side));
      assert.ok(a && b);
      const stale = { a: { ...a, token: spoilt(a.token) }, b: { ...b, token: spoilt(b.token) } };
      status.finish({ ...stale, unfinished: [], atMs: pair.clock.ms });
      await pair.put('a', { standup: 'at 10', review: 'at 14' });
      await pair.put('b', { standup: 'at 9', review: 'at 15', lunch: 'at 12', new: 'tea' });
      const isComplete: boolean[] = [];
      pair.spies.b.answers = (given) => {
        isComplete.push(given.complete);
        return given;
      };
      await pair.settled();
      assert.equal(isComplete[0], true, 'the token was not refused');
      await pair.bothHold({ standup: 'at 10', review: 'at 15', new: 'tea' });
    },
  },
  {
    title: 'E9: an item that goes to another collection does so on the other side, with its text',
    setup: { more: ['home'] },
    async run(pair) {
      await pair.start({ standup: 'at 9', review: 'at 14' });
      const text = (await pair.text('a', 'standup')) ?? '';
      await pair.drop('a', 'standup');
      await pair.putText('a', 'standup', text, 'home');
      for (const _run of [1, 2]) {
        const { collections } = await pair.syncAll();
        assert.deepEqual(collections.flatMap(problemsIn), []);
      }
      await pair.bothHold({ review: 'at 14' });
      await pair.bothHold({ standup: 'at 9' }, 'home');
      const hash = (await pair.text('b', 'standup', 'home')) ?? '';
      assert.equal(parseItem('calendar', hash).hash, parseItem('calendar', text).hash);
    },
  },
  {
    title: 'E11: what a side does not tell of is found within a day',
    async run(pair) {
      await pair.start({ standup: 'at 9', review: 'at 14' });
      await pair.put('b', { standup: 'at 10' });
      pair.spies.b.answers = (given) => ({ ...given, complete: false, changed: [], removed: [] });
      await pair.sync();
      await pair.holds('a', { standup: 'at 9', review: 'at 14' });
      pair.clock.ms += DAY_MS;
      await pair.settled();
      await pair.bothHold({ standup: 'at 10' });
    },
  },
  {
    title:
      'E18: what a side refuses stays where it is, named; the others go on; it is tried again when asked',
    async run(pair) {
      await pair.put('a', { odd: 'at 9', review: 'at 14' });
      pair.spies.b.onCall = (call, when, subject) => {
        if (call !== 'changes' && when === 'before' && subject.includes('odd')) throw new RefusedError('415');
      };
      for (const _run of [1, 2]) assert.deepEqual(problemsIn(await pair.sync()), ['refused odd']);
      assert.deepEqual(pair.spies.b.writes.toSorted(), ['create odd', 'create review']);
      await pair.holds('a', { odd: 'at 9', review: 'at 14' });
      await pair.holds('b', { review: 'at 14' });
      pair.spies.b.onCall = undefined;
      assert.deepEqual(changesIn(await pair.sync({ retryRefused: true })), ['create odd on b']);
      await pair.bothHold({ odd: 'at 9', review: 'at 14' });
    },
  },
];

/** Of all items, those without UID too. */
async function titlesOn(pair: RealPair, side: Side): Promise<string[]> {
  const texts = await Promise.all((await pair.names(side)).map((name) => pair.text(side, name)));
  return texts.map((text) => /SUMMARY:(.*)\r/.exec(text ?? '')?.[1] ?? '');
}

const LONG = `long-${'u'.repeat(300)}`;

const identities: readonly Scenario[] = [
  {
    title: 'S18: items without UID are carried, or refused by name, and are no trouble to the others',
    async run(pair) {
      // Some servers take nothing without a UID, from us or anybody else.
      const wishes = { a: 'ASDF', b: 'FOOBAR' } as const;
      const there = new Set<string>();
      for (const side of SIDES) {
        const put = pair.putText(side, wishes[side].toLowerCase(), anonymous(wishes[side]));
        await put.then(
          () => there.add(wishes[side]),
          (error: Error) => assert.match(error.message, /: 400, not/),
        );
      }
      await pair.putText('a', 'other', event('other', 'tea'));
      const { problems } = await pair.sync();
      for (const { type, uid } of problems) assert.deepEqual([type, uid], ['refused', undefined]);
      for (const side of SIDES) {
        const refused = problems.filter(({ hrefs }) => hrefs[side] === undefined);
        const missing = new Set(refused.map(({ title }) => title));
        const wanted = ['tea', ...there].filter((title) => !missing.has(title)).toSorted();
        assert.deepEqual((await titlesOn(pair, side)).toSorted(), wanted, `side ${side}`);
      }
    },
  },
  {
    title: 'S22: two items that come to have one UID are set aside, both named, and the others go on',
    async run(pair) {
      await pair.start({ aaa: 'tea', bbb: 'cake', other: 'pie' });
      await pair.putText('a', 'double', event('aaa', 'coffee')).catch(() => {});
      const isDouble = (await pair.names('a')).includes('double');
      await pair.put('b', { aaa: 'tea', bbb: 'cake', other: 'plum pie' });
      const { problems } = await pair.sync();
      // Most servers take a UID once only.
      assert.deepEqual(problemsIn({ problems }), isDouble ? ['unclear aaa'] : []);
      if (isDouble) assert.match(problems[0]?.reason ?? '', /aaa\.ics.*double\.ics|double\.ics.*aaa\.ics/);
      assert.match((await pair.text('a', 'other')) ?? '', /plum pie/);
      await pair.holds('b', { aaa: 'tea', bbb: 'cake', other: 'plum pie' });
    },
  },
  {
    title: 'E15: odd UIDs are carried, each as an item of its own',
    async run(pair) {
      const odd = [
        'meeting',
        'MEETING',
        'a/b',
        '../up',
        LONG,
        'M\u00FCll',
        'Mu\u0308ll',
        'two words',
        '100%25',
      ];
      const items = Object.fromEntries(odd.map((uid, at) => [uid, `number ${at}`]));
      for (const [at, uid] of odd.entries())
        await pair.putText('a', `item-${at}`, event(uid, `number ${at}`));
      await pair.putText('a', 'padded', event('  padded  ', 'blanks around'));
      await pair.settled();
      await pair.bothHold({ ...items, padded: 'blanks around' });
      pair.spies.b.forget();
      await pair.settled();
      pair.wroteNothing();
    },
  },
];

/** Another token, of which the side has never heard. */
const spoilt = (token: SyncToken | undefined): SyncToken | undefined =>
  token === undefined ? undefined : syncToken(token.replace(/.{4}$/, '0000'));

/** What happens to items when something goes wrong, or is odd. */
export const faultScenarios: readonly Scenario[] = [...kills, ...races, ...storages, ...identities];
