import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  array,
  assert as assertProperty,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  oneof,
  option,
  record,
} from 'fast-check';
import type { Side } from '../../src/core/status.ts';
import { textOf } from '../support/items.ts';
import { RUNS } from '../support/runs.ts';
import { changesIn, contentsOf, problemsIn, type TwoSides, twoSides } from '../support/two-sides.ts';

const ONE_WAY = { oneWay: true } as const;

type Step =
  | { readonly type: 'sync'; readonly allowEmpty: boolean }
  | {
      readonly type: 'edit';
      readonly side: Side;
      readonly uid: string;
      readonly title: string | undefined;
    };

const step = oneof(
  { weight: 1, arbitrary: record({ type: constant('sync' as const), allowEmpty: boolean() }) },
  {
    weight: 3,
    arbitrary: record({
      type: constant('edit' as const),
      side: constantFrom<Side[]>('a', 'b'),
      uid: constantFrom('standup', 'review', 'lunch'),
      title: option(constantFrom('at 9', 'at 10', 'at 11'), { nil: undefined, freq: 2 }),
    }),
  },
);

function edit({ a, b }: TwoSides, { side, uid, title }: Extract<Step, { type: 'edit' }>): void {
  const collection = { a, b }[side];
  const [file] = Object.entries(collection.texts()).find(([, text]) => text.includes(`UID:${uid}\r`)) ?? [];
  if (title !== undefined) collection.put(file ?? `${uid}.ics`, textOf('calendar', uid, title));
  else if (file !== undefined) collection.drop(file);
}

describe('a one-way pair', () => {
  it('removes from b what was deleted on a, though it was edited on b', async () => {
    const { put, sync, holds, writes } = await twoSides({ keep: 'tea', gone: 'tea' }, ONE_WAY);
    put('a', { keep: 'tea' });
    put('b', { keep: 'tea', gone: 'edited' });
    assert.deepEqual(changesIn(await sync()), ['remove gone on b']);
    holds('b', { keep: 'tea' });
    writes('a', 0);
  });

  for (const word of [{ deletions: 'confirm' }, { allowEmpty: true }] as const)
    it(`fills a copy again that lost everything, after ${JSON.stringify(word)}`, async () => {
      const { put, sync, holds, writes } = await twoSides({ keep: 'tea', more: 'tea' }, ONE_WAY);
      put('b', {});
      assert.equal((await sync()).error?.code, 'emptied');
      await sync(word);
      for (const side of ['a', 'b'] as const) holds(side, { keep: 'tea', more: 'tea' });
      writes('a', 0);
    });

  it('makes b what a is after any history, never writes to a, and is quiet then', async () => {
    await assertProperty(
      asyncProperty(array(step, { maxLength: 20 }), boolean(), async (steps, tokens) => {
        const sides = await twoSides({}, { ...ONE_WAY, a: { tokens }, b: { tokens } });
        for (const one of steps) {
          if (one.type === 'edit') edit(sides, one);
          else await sides.sync({ allowEmpty: one.allowEmpty });
        }
        const wanted = contentsOf(sides.a);
        const last = await sides.sync({ allowEmpty: true, deletions: 'confirm' });
        assert.deepEqual(problemsIn(last), []);
        for (const side of ['a', 'b'] as const) sides.holds(side, wanted);
        sides.writes('a', 0);
        sides.forgetCalls();
        await sides.sync();
        sides.writes('b', 0);
      }),
      { numRuns: RUNS },
    );
  });
});
