import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RefusedError } from '../../src/core/errors.ts';
import { type Ident, identOfUid, parseItem } from '../../src/core/item.ts';
import type { Decided, ItemResolution } from '../../src/sync/resolution.ts';
import { textOf } from '../support/items.ts';
import { changesIn, problemsIn, type Setup, type TwoSides, twoSides } from '../support/two-sides.ts';

const IDENT: Ident = identOfUid('standup');
const titled = (title: string): string => textOf('calendar', 'standup', title);

/** "standup" is "at 10" on a and "at 11" on b, and known to be in conflict. */
async function inConflict(setup: Setup = {}): Promise<TwoSides> {
  const sides = await twoSides({ standup: 'at 9', lunch: 'at 12' }, setup);
  sides.put('a', { standup: 'at 10', lunch: 'at 12' });
  sides.put('b', { standup: 'at 11', lunch: 'at 12' });
  assert.deepEqual(problemsIn(await sides.sync()), ['conflict standup']);
  sides.forgetCalls();
  return sides;
}

const decided = (how: Decided, seen?: ItemResolution['seen']): readonly ItemResolution[] => [
  { ident: IDENT, how, seen },
];
const hashOf = (title: string) => parseItem('calendar', titled(title)).hash;

/** What each side holds, without the item that nobody touches: titles by UID, a copy as "copy". */
function shown(sides: TwoSides): readonly Readonly<Record<string, string>>[] {
  return [sides.a, sides.b].map((side) => {
    const items = Object.values(side.texts()).map((text) => parseItem('calendar', text));
    const titles = items.map(({ uid = '', text }) => [uid, /SUMMARY:(.*)\r/.exec(text)?.[1] ?? ''] as const);
    return Object.fromEntries(
      titles
        .filter(([uid]) => uid !== 'lunch')
        .map(([uid, title]) => [uid === 'standup' ? uid : 'copy', title] as const),
    );
  });
}

const copyUids = (sides: TwoSides): (string | undefined)[] =>
  [sides.a, sides.b].flatMap((side) =>
    Object.values(side.texts())
      .map((text) => parseItem('calendar', text).uid)
      .filter((uid) => uid !== 'standup' && uid !== 'lunch'),
  );

async function isQuiet(sides: TwoSides): Promise<void> {
  await sides.sync();
  sides.forgetCalls();
  const report = await sides.sync();
  assert.deepEqual([problemsIn(report), changesIn(report), report.outcome], [[], [], 'quiet']);
}

const BOTH = { standup: 'at 10', copy: 'at 11' };

describe('to keep both', () => {
  it("leaves a's text where it was and makes b's an item of its own, on both sides", async () => {
    const sides = await inConflict();
    const report = await sides.sync({ resolutions: decided({ type: 'both' }) });
    assert.deepEqual(problemsIn(report), []);
    assert.deepEqual(shown(sides), [BOTH, BOTH]);
    const [uid, other] = copyUids(sides);
    assert.equal(uid, other);
    const copies = [sides.a, sides.b].map((side) =>
      Object.values(side.texts()).find((text) => text.includes('at 11')),
    );
    assert.deepEqual(
      copies,
      [1, 2].map(() => titled('at 11').replace('UID:standup', `UID:${uid ?? ''}`)),
    );
    await isQuiet(sides);
  });

  it('of an item that is new on both works as well', async () => {
    const sides = await twoSides({});
    sides.put('a', { standup: 'at 10' });
    sides.put('b', { standup: 'at 11' });
    await sides.sync();
    await sides.sync({ resolutions: decided({ type: 'both' }) });
    assert.deepEqual(shown(sides), [BOTH, BOTH]);
    await isQuiet(sides);
  });

  it('reports each write', async () => {
    const sides = await inConflict();
    const report = await sides.sync({ resolutions: decided({ type: 'both' }) });
    assert.deepEqual(
      report.changes.map(({ type, on }) => `${type} on ${on}`),
      ['create on b', 'update on b', 'create on a'],
    );
    sides.writes('a', 1);
    sides.writes('b', 2);
  });

  it('works on servers that rewrite what they store', async () => {
    const rewrites = (text: string): string =>
      text.includes('X-SEEN') ? text : text.replace('SUMMARY', 'X-SEEN:1\r\nSUMMARY');
    const sides = await inConflict({ b: { rewrites } });
    assert.deepEqual(problemsIn(await sides.sync({ resolutions: decided({ type: 'both' }) })), []);
    assert.deepEqual(shown(sides), [BOTH, BOTH]);
    await isQuiet(sides);
  });

  for (const readOnly of ['a', 'b'] as const) {
    it(`with ${readOnly} read-only changes nothing and says so`, async () => {
      const sides = await inConflict();
      sides.options[readOnly].readOnly = true;
      const { problems } = await sides.sync({ resolutions: decided({ type: 'both' }) });
      assert.match(problems[0]?.reason ?? '', /one side is read-only/);
      assert.deepEqual(shown(sides), [{ standup: 'at 10' }, { standup: 'at 11' }]);
    });
  }

  it('with a damaged text on b changes nothing and says so', async () => {
    const sides = await twoSides({});
    sides.put('a', { standup: 'at 10' });
    sides.b.put('standup.ics', titled('at 11').replace('END:VEVENT\r\n', ''));
    assert.deepEqual(problemsIn(await sides.sync()), ['conflict standup']);
    sides.forgetCalls();
    const { problems } = await sides.sync({ resolutions: decided({ type: 'both' }) });
    assert.match(problems[0]?.reason ?? '', /damaged text/);
    sides.writes('b', 0);
  });

  it('overwrites nothing when the copy is refused', async () => {
    const sides = await inConflict();
    sides.options.b.failsWrite = (write) =>
      write === 'create' ? new RefusedError('no more items here') : undefined;
    const { problems } = await sides.sync({ resolutions: decided({ type: 'both' }) });
    assert.deepEqual(
      problems.map(({ uid, reason }) => [uid, reason]),
      [['standup', 'no more items here']],
    );
    assert.deepEqual(shown(sides), [{ standup: 'at 10' }, { standup: 'at 11' }]);
  });

  it('does not overwrite what b got after it was looked at', async () => {
    const sides = await inConflict();
    const seen = { a: hashOf('at 10'), b: hashOf('at 11') };
    sides.put('b', { standup: 'at 11:30', lunch: 'at 12' });
    const { problems } = await sides.sync({ resolutions: decided({ type: 'both' }, seen) });
    assert.match(problems[0]?.reason ?? '', /changed it again since it was looked at/);
    assert.deepEqual(shown(sides), [{ standup: 'at 10' }, { standup: 'at 11:30' }]);
  });

  it('takes a copy that somebody edited since for another item', async () => {
    const sides = await inConflict();
    await sides.sync({ resolutions: decided({ type: 'both' }) });
    const uid = copyUids(sides)[0] ?? '';
    sides.put('a', { standup: 'at 10', [uid]: 'at 13', lunch: 'at 12' });
    await sides.sync();
    sides.put('a', { standup: 'at 9', [uid]: 'at 13', lunch: 'at 12' });
    await sides.sync();
    // The same two versions once more.
    sides.put('a', { standup: 'at 10', [uid]: 'at 13', lunch: 'at 12' });
    sides.put('b', { standup: 'at 11', [uid]: 'at 13', lunch: 'at 12' });
    assert.deepEqual(problemsIn(await sides.sync()), ['conflict standup']);
    const report = await sides.sync({ resolutions: decided({ type: 'both' }) });
    assert.deepEqual(problemsIn(report), []);
    const titles = Object.values(sides.b.texts()).map((text) => /SUMMARY:(.*)\r/.exec(text)?.[1] ?? '');
    assert.deepEqual(titles.toSorted(), ['at 10', 'at 11', 'at 12', 'at 13']);
  });

  it('loses and doubles nothing, whatever moment the run is killed at', async () => {
    let wasFinished = false;
    for (let step = 0; !wasFinished; step += 1) {
      const sides = await inConflict();
      wasFinished = await killedAt(step, sides, decided({ type: 'both' }));
      const texts = [sides.a, sides.b].flatMap((side) => Object.values(side.texts())).join('');
      for (const title of ['at 10', 'at 11']) assert.ok(texts.includes(title), `${title} after step ${step}`);
      await sides.sync();
      await sides.sync({ resolutions: decided({ type: 'both' }) });
      assert.deepEqual(shown(sides), [BOTH, BOTH], `killed at step ${step}`);
      await isQuiet(sides);
    }
  });
});

class Killed extends Error {}

/** From the n-th call on nothing works. @returns whether it came to its end before */
async function killedAt(
  step: number,
  { options, status, sync }: TwoSides,
  resolutions: readonly ItemResolution[],
): Promise<boolean> {
  let left = step;
  const arm = (weapon: (() => void) | undefined): void => {
    options.a.onCall = weapon;
    options.b.onCall = weapon;
    status.onWrite = weapon;
  };
  arm(() => {
    left -= 1;
    if (left < 0) throw new Killed();
  });
  try {
    await sync({ resolutions });
    return true;
  } catch (error) {
    assert.ok(error instanceof Killed, String(error));
    return false;
  } finally {
    arm(undefined);
  }
}

describe('what was decided about versions that are no longer there', () => {
  const seen = { a: hashOf('at 10'), b: hashOf('at 11') };
  for (const how of [
    { type: 'keep', side: 'a' },
    { type: 'keep', side: 'b' },
    { type: 'merge' },
    { type: 'text', text: titled('at 10:30') },
    { type: 'left', reason: 'nobody knows' },
  ] satisfies Decided[]) {
    it(`is not done: ${how.type} ${'side' in how ? how.side : ''}`, async () => {
      for (const side of ['a', 'b'] as const) {
        const sides = await inConflict();
        sides.put(side, { standup: 'at 14', lunch: 'at 12' });
        const { problems } = await sides.sync({ resolutions: decided(how, seen) });
        assert.match(problems[0]?.reason ?? '', /changed it again since it was looked at/);
        sides.writes('a', 0);
        sides.writes('b', 0);
      }
    });
  }

  it('is done where they are', async () => {
    const sides = await inConflict();
    await sides.sync({ resolutions: decided({ type: 'text', text: titled('at 10:30') }, seen) });
    assert.deepEqual(shown(sides), [{ standup: 'at 10:30' }, { standup: 'at 10:30' }]);
    await isQuiet(sides);
  });
});

describe('in mode "command"', () => {
  it('an item waits for it, and an ordinary run leaves it and does the rest', async () => {
    const sides = await inConflict({ conflict: 'command' });
    sides.put('a', { standup: 'at 10', lunch: 'at 13' });
    const { problems } = await sides.sync();
    assert.match(problems[0]?.reason ?? '', /its command is to decide/);
    sides.holds('b', { standup: 'at 11', lunch: 'at 13' });
  });

  it('the reason why it came to nothing stays until one of the versions changes', async () => {
    const sides = await inConflict({ conflict: 'command' });
    const reasonOf = async (options = {}): Promise<string> => {
      const { problems } = await sides.sync(options);
      return problems[0]?.reason ?? '';
    };
    await sides.sync({ resolutions: decided({ type: 'left', reason: 'it ended with 1' }) });
    assert.match(await reasonOf(), /it ended with 1/);
    sides.put('a', { standup: 'at 10', lunch: 'at 13' });
    assert.match(await reasonOf(), /it ended with 1/);
    assert.match(await reasonOf({ retryRefused: true }), /it ended with 1/);
    sides.put('a', { standup: 'at 10:15', lunch: 'at 13' });
    assert.match(await reasonOf(), /its command is to decide/);
  });
});

describe('a decision about one item', () => {
  it('does not have others merged again that could not be', async () => {
    const sides = await twoSides({ standup: 'at 9', lunch: 'at 12' }, { conflict: 'merge' });
    sides.put('a', { standup: 'at 10', lunch: 'at 13' });
    sides.put('b', { standup: 'at 11', lunch: 'at 14' });
    assert.deepEqual(problemsIn(await sides.sync()), ['conflict lunch', 'conflict standup']);
    sides.forgetCalls();
    const report = await sides.sync({
      retryRefused: true,
      resolutions: decided({ type: 'keep', side: 'a' }),
    });
    assert.deepEqual(problemsIn(report), ['conflict lunch']);
    assert.ok(!sides.b.calls.fetched.some((at) => at.includes('lunch')));
  });
});
