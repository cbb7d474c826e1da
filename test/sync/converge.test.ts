import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assert as assertProperty, asyncProperty } from 'fast-check';
import { CONFLICT_MODES } from '../../src/core/conflict-mode.ts';
import { historiesIn } from '../support/history.ts';
import { play, settle, type Witness } from '../support/play-history.ts';
import { RUNS } from '../support/runs.ts';
import { type Contents, contentsOf } from '../support/two-sides.ts';

const MANY = { numRuns: RUNS };

describe('after any history of edits, faults, deaths and runs', () => {
  it('both sides agree but for conflicts, and a further run writes nothing and fetches nothing', async () => {
    await assertProperty(
      asyncProperty(historiesIn(CONFLICT_MODES), async (history) => {
        const sides = await play(history);
        const conflicts = await settle(sides);
        assert.deepEqual(without(conflicts, contentsOf(sides.a)), without(conflicts, contentsOf(sides.b)));
        sides.forgetCalls();
        await sides.sync({ allowEmpty: true });
        for (const side of ['a', 'b'] as const) {
          sides.writes(side, 0);
          if (history[side].flakyEtags !== true) assert.equal(sides[side].calls.fetches, 0);
        }
      }),
      MANY,
    );
  });

  it('every title that no user overwrote or deleted is somewhere', async () => {
    await assertProperty(
      asyncProperty(historiesIn(['manual', 'merge']), async (history) => {
        const wanted = new Set<string>();
        let count = 0;
        const witness: Witness = {
          // Each title is written once, so that none can stand in for another.
          name: (title) => `${title}, ${(count += 1)}`,
          onAct: (before, after) => {
            if (before !== undefined) wanted.delete(before);
            if (after !== undefined) wanted.add(after);
          },
        };
        const sides = await play(history, witness);
        await settle(sides, witness);
        const left = new Set([sides.a, sides.b].flatMap((side) => Object.values(contentsOf(side))));
        assert.deepEqual(
          [...wanted].filter((title) => !left.has(title)),
          [],
        );
      }),
      MANY,
    );
  });
});

const without = (uids: readonly string[], contents: Contents): Contents =>
  Object.fromEntries(Object.entries(contents).filter(([uid]) => !uids.includes(uid)));
