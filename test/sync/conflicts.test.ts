import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Ident, identOfUid } from '../../src/core/item.ts';
import type { ConflictMode } from '../../src/core/conflict-mode.ts';
import { RefusedError } from '../../src/core/errors.ts';
import { changesIn, problemsIn, type Setup, type TwoSides, twoSides } from '../support/two-sides.ts';

const IDENT: Ident = identOfUid('standup');

/** One item in step, then changed on both sides by `edit`. */
async function changedOnBoth(
  conflict: ConflictMode,
  edits: Readonly<Record<'a' | 'b', (text: string) => string>>,
  setup: Setup = {},
): Promise<TwoSides> {
  const sides = await twoSides({ standup: 'at 9' }, { ...setup, conflict });
  for (const side of ['a', 'b'] as const) {
    const [[name, text] = ['', '']] = Object.entries(sides[side].texts());
    sides[side].put(name, edits[side](text));
  }
  return sides;
}

const title =
  (wanted: string) =>
  (text: string): string =>
    text.replace(/SUMMARY:.*/, `SUMMARY:${wanted}`);
const property =
  (line: string) =>
  (text: string): string =>
    text.replace('SUMMARY', `${line}\r\nSUMMARY`);
const all =
  (...edits: ((text: string) => string)[]) =>
  (text: string): string =>
    edits.reduce((done, edit) => edit(done), text);

const textsOf = (sides: TwoSides): string[] =>
  [sides.a, sides.b].flatMap((side) => Object.values(side.texts()));

/** Both sides hold one text, and a further run has nothing to do. @returns the text */
async function inStep(sides: TwoSides): Promise<string> {
  const [a, b, ...more] = textsOf(sides);
  assert.deepEqual([a, more], [b, []]);
  sides.forgetCalls();
  const report = await sides.sync();
  assert.deepEqual([problemsIn(report), changesIn(report)], [[], []]);
  assert.deepEqual([sides.a.calls.fetches, sides.b.calls.fetches], [0, 0]);
  return a ?? '';
}

describe('an item changed on both sides', () => {
  for (const [mode, want, on] of [
    ['keep a', 'at 10', 'b'],
    ['keep b', 'at 11', 'a'],
  ] as const) {
    it(`in mode "${mode}" becomes that side's as a whole, and the pair is quiet`, async () => {
      const sides = await changedOnBoth(mode, {
        a: all(title('at 10'), property('LOCATION:here')),
        b: title('at 11'),
      });
      const report = await sides.sync();
      assert.deepEqual([changesIn(report), problemsIn(report)], [[`update standup on ${on}`], []]);
      const text = await inStep(sides);
      assert.match(text, new RegExp(`SUMMARY:${want}`));
      assert.equal(text.includes('LOCATION'), mode === 'keep a');
    });

    it(`in mode "${mode}", when it is new on both, too`, async () => {
      const sides = await twoSides({}, { conflict: mode });
      sides.put('a', { standup: 'at 10' });
      sides.put('b', { standup: 'at 11' });
      assert.deepEqual(problemsIn(await sides.sync()), []);
      assert.match(await inStep(sides), new RegExp(`SUMMARY:${want}`));
    });
  }

  it('in mode "keep a" with b read-only is told as refused, and stays', async () => {
    const sides = await changedOnBoth('keep a', { a: title('at 10'), b: title('at 11') });
    sides.options.b.readOnly = true;
    assert.deepEqual(problemsIn(await sides.sync()), ['refused standup']);
    sides.holds('a', { standup: 'at 10' });
    sides.holds('b', { standup: 'at 11' });
  });

  for (const [name, a, b, want] of [
    ['later on a', '20260102T000000Z', '20260101T000000Z', 'at 10'],
    ['later on b', '20260101T000000Z', '20260102T000000Z', 'at 11'],
  ] as const) {
    it(`in mode "newest" becomes what was changed ${name}`, async () => {
      const sides = await changedOnBoth('newest', {
        a: all(title('at 10'), property(`LAST-MODIFIED:${a}`)),
        b: all(title('at 11'), property(`LAST-MODIFIED:${b}`)),
      });
      assert.deepEqual(problemsIn(await sides.sync()), []);
      assert.match(await inStep(sides), new RegExp(`SUMMARY:${want}`));
    });
  }

  it('in mode "newest" is left for a person where neither is newer', async () => {
    const sides = await changedOnBoth('newest', { a: title('at 10'), b: title('at 11') });
    const { problems } = await sides.sync();
    assert.match(problems[0]?.reason ?? '', /which of them is newer is not told/);
    sides.holds('a', { standup: 'at 10' });
    sides.holds('b', { standup: 'at 11' });
  });
});

describe('in mode "merge", an item changed on both sides', () => {
  const apart = { a: title('at 10'), b: property('LOCATION:there') };

  it('in different things has both changes on both sides afterwards, and the pair is quiet', async () => {
    const sides = await changedOnBoth('merge', apart);
    const report = await sides.sync();
    assert.deepEqual(
      [changesIn(report), problemsIn(report)],
      [['update standup on b', 'update standup on a'], []],
    );
    const text = await inStep(sides);
    assert.match(text, /LOCATION:there\r\nSUMMARY:at 10\r\n/);
    assert.equal(sides.status.base(IDENT), text);
  });

  it('in the same thing is a conflict that names it; both stay, and it is not read again', async () => {
    const sides = await changedOnBoth('merge', { a: title('at 10'), b: title('at 11') });
    const { problems } = await sides.sync();
    assert.match(problems[0]?.reason ?? '', /changed on both sides \(.*SUMMARY/);
    sides.holds('a', { standup: 'at 10' });
    sides.holds('b', { standup: 'at 11' });
    sides.put('a', { standup: 'at 10', tea: 'at 16' });
    sides.forgetCalls();
    assert.deepEqual(problemsIn(await sides.sync()), ['conflict standup']);
    assert.deepEqual(sides.b.calls.fetched, []);
  });

  it('that was a conflict is merged by the next run after one side gave way', async () => {
    const sides = await changedOnBoth('merge', {
      a: title('at 10'),
      b: all(title('at 11'), property('LOCATION:there')),
    });
    await sides.sync();
    const [[name, text] = ['', '']] = Object.entries(sides.b.texts());
    sides.b.put(name, title('at 9')(text));
    assert.deepEqual(problemsIn(await sides.sync()), []);
    assert.match(await inStep(sides), /LOCATION:there\r\nSUMMARY:at 10/);
  });

  it('that is new on both is a conflict: nothing tells what either of them added', async () => {
    const sides = await twoSides({}, { conflict: 'merge' });
    sides.put('a', { standup: 'at 10' });
    sides.put('b', { standup: 'at 11' });
    assert.deepEqual(problemsIn(await sides.sync()), ['conflict standup']);
    sides.holds('b', { standup: 'at 11' });
  });

  it('is planned, and not done, by a dry run', async () => {
    const sides = await changedOnBoth('merge', apart);
    const report = await sides.sync({ dryRun: true });
    assert.deepEqual(changesIn(report), ['update standup on b', 'update standup on a']);
    sides.writes('a', 0);
    sides.writes('b', 0);
  });

  it('is brought together on a server that rewrites what it stores', async () => {
    const rewrites = (text: string): string =>
      text.includes('X-SEEN') ? text : text.replace('SUMMARY', 'X-SEEN:1\r\nSUMMARY');
    const sides = await changedOnBoth('merge', apart, { b: { rewrites } });
    assert.deepEqual(problemsIn(await sides.sync()), []);
    assert.match(await inStep(sides), /LOCATION:there\r\n(X-SEEN:1\r\n)?SUMMARY:at 10/);
  });

  it('whose merged text the server refuses is told so and stays; it is not tried again by itself', async () => {
    const sides = await changedOnBoth('merge', apart);
    sides.options.b.failsWrite = () => new RefusedError('not this one');
    const { problems } = await sides.sync();
    assert.deepEqual(
      problems.map(({ type, reason }) => [type, reason]),
      [['refused', 'not this one']],
    );
    sides.forgetCalls();
    assert.deepEqual(problemsIn(await sides.sync()), ['refused standup']);
    sides.put('a', { standup: 'at 10', tea: 'at 16' });
    sides.options.b.failsWrite = undefined;
    assert.deepEqual(problemsIn(await sides.sync()), ['refused standup']);
    assert.deepEqual(problemsIn(await sides.sync({ retryRefused: true })), []);
    assert.match(Object.values(sides.b.texts()).join(), /LOCATION:there\r\nSUMMARY:at 10/);
  });

  it('which only one side may be written to is left as it is', async () => {
    const sides = await changedOnBoth('merge', apart);
    sides.options.a.readOnly = true;
    assert.deepEqual(problemsIn(await sides.sync()), ['conflict standup']);
    sides.writes('b', 0);
  });

  it('is merged whatever moment the run is killed at', async () => {
    for (let step = 0; step < 16; step += 1) {
      const sides = await changedOnBoth('merge', apart);
      await killedAt(step, sides);
      assert.deepEqual(problemsIn(await sides.sync()), [], `killed at step ${step}`);
      assert.match(await inStep(sides), /LOCATION:there\r\nSUMMARY:at 10/);
    }
  });

  it('and once more on one of them after a kill half way, keeps all three changes', async () => {
    for (let step = 0; step < 16; step += 1) {
      const sides = await changedOnBoth('merge', apart);
      await killedAt(step, sides);
      const [[name, text] = ['', '']] = Object.entries(sides.a.texts());
      sides.a.put(name, property('CATEGORIES:x')(text));
      assert.deepEqual(problemsIn(await sides.sync()), [], `killed at step ${step}`);
      const now = await inStep(sides);
      for (const line of ['LOCATION:there', 'SUMMARY:at 10', 'CATEGORIES:x'])
        assert.ok(now.includes(line), `${line} is missing after a kill at step ${step}`);
    }
  });
});

class Killed extends Error {}

/** From the n-th call on nothing works. */
async function killedAt(step: number, { options, status, sync }: TwoSides): Promise<void> {
  let left = step;
  const shoot = (): void => {
    left -= 1;
    if (left < 0) throw new Killed();
  };
  const arm = (weapon: (() => void) | undefined): void => {
    options.a.onCall = weapon;
    options.b.onCall = weapon;
    status.onWrite = weapon;
  };
  arm(shoot);
  await sync().catch((error: unknown) => assert.ok(error instanceof Killed, String(error)));
  arm(undefined);
}
