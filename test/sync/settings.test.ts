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
import { type Pair, syncPair } from '../../src/sync/engine.ts';
import { textOf } from '../support/items.ts';
import { RUNS } from '../support/runs.ts';
import {
  changesIn,
  type Contents,
  contentsOf,
  optionsOf,
  problemsIn,
  type Setup,
  type TwoSides,
  twoSides,
} from '../support/two-sides.ts';

type Settings = Partial<Pick<Pair, 'noDelete' | 'oneWay' | 'onEmpty' | 'conflict'>> & {
  readonly readOnlyB?: boolean;
};

/** What the daemon does once the configuration says so; a person who asks has what was tried before tried again. */
async function syncAs({ pair, clock, options }: TwoSides, settings: Settings, retryRefused = false) {
  const { readOnlyB, ...ofPair } = settings;
  if (readOnlyB !== undefined) options.b.readOnly = readOnlyB;
  const report = await syncPair({ ...pair, ...ofPair }, optionsOf(clock, { retryRefused }));
  const [collection] = report.collections;
  assert.ok(collection);
  return collection;
}

const words = (report: Awaited<ReturnType<typeof syncAs>>): readonly string[] => [
  report.outcome,
  ...changesIn(report),
  ...problemsIn(report),
];

const START = { standup: 'at 9', lunch: 'at 12', review: 'at 14' };
const { standup: _, ...WITHOUT_STANDUP } = START;
const KEEPS_B: Settings = { noDelete: { a: false, b: true } };
const KEEPS_NONE: Settings = { noDelete: { a: false, b: false } };

const OLD = Array.from({ length: 12 }, (_, at) => `old${10 + at}`);
const MANY = { keep: 'tea', ...Object.fromEntries(OLD.map((uid) => [uid, 'tea'])) };

interface Case {
  /** Absent: START. */
  readonly start?: Contents;
  /** How things come to wait. */
  readonly setup: Setup;
  readonly given: (sides: TwoSides) => Promise<void> | void;
  readonly switched: Settings;
  /** What the first run under the new settings says. */
  readonly want: readonly string[];
}

const edited = ({ put }: TwoSides): void => {
  put('a', { ...START, standup: 'at 10' });
  put('b', { ...START, standup: 'at 11' });
};

const WITH_PLACE = 'LOCATION:here\r\nEND:VEVENT';
const editedApart = ({ a, b }: TwoSides): void => {
  a.put('standup.ics', textOf('calendar', 'standup', 'at 10'));
  b.put('standup.ics', textOf('calendar', 'standup', 'at 9').replace('END:VEVENT', WITH_PLACE));
};

const cases: readonly (readonly [string, Case])[] = [
  [
    'what no_delete kept is deleted once that is switched off',
    {
      setup: KEEPS_B,
      given: ({ put }) => put('a', WITHOUT_STANDUP),
      switched: KEEPS_NONE,
      want: ['synced', 'remove standup on b'],
    },
  ],
  [
    'a conflict is merged once the mode is merge',
    {
      setup: { conflict: 'manual' },
      given: editedApart,
      switched: { conflict: 'merge' },
      want: ['synced', 'update standup on b', 'update standup on a'],
    },
  ],
  [
    'a conflict that could not be merged is decided once the mode is to keep a',
    {
      setup: { conflict: 'merge' },
      given: edited,
      switched: { conflict: 'keep a' },
      want: ['synced', 'update standup on b'],
    },
  ],
  [
    'a conflict waits for a word where the pair has become one-way',
    {
      setup: { conflict: 'manual' },
      given: edited,
      switched: { oneWay: true },
      want: ['synced', 'held standup'],
    },
  ],
  [
    'a mass deletion that waited for a word goes on once none is asked for',
    {
      setup: {},
      start: MANY,
      given: ({ put }) => put('a', { keep: 'tea' }),
      switched: { onEmpty: 'sync' },
      want: ['synced', ...OLD.map((uid) => `remove ${uid} on b`)],
    },
  ],
  [
    'a mass deletion that waited for a word is none any more where nothing is deleted',
    {
      setup: {},
      start: MANY,
      given: ({ put }) => put('a', { keep: 'tea' }),
      switched: KEEPS_B,
      want: ['synced'],
    },
  ],
  [
    'what a read-only side could not be given is written once it is no longer that',
    {
      setup: { b: { readOnly: true } },
      given: ({ put }) => put('a', { ...START, standup: 'at 10' }),
      switched: { readOnlyB: false },
      want: ['synced', 'update standup on b'],
    },
  ],
  [
    'a merge that a read-only side did not allow is made once it is no longer that',
    {
      setup: { conflict: 'merge', b: { readOnly: true } },
      given: editedApart,
      switched: { readOnlyB: false },
      want: ['synced', 'update standup on b', 'update standup on a'],
    },
  ],
];

describe('what is left over when a setting of the pair is switched', () => {
  for (const [name, { setup, start = START, given, switched, want }] of cases) {
    it(name, async () => {
      const sides = await twoSides(start, setup);
      await given(sides);
      await sides.sync();
      await sides.sync();
      assert.equal((await sides.sync()).outcome, 'quiet');
      sides.forgetCalls();
      const [report, asked] = [
        await syncAs(sides, switched),
        sides.a.calls.complete + sides.b.calls.complete,
      ];
      assert.deepEqual(words(report), want);
      assert.equal(asked, 0, 'nothing is listed anew for it');
      await syncAs(sides, switched);
      assert.equal((await syncAs(sides, switched)).outcome, 'quiet');
    });
  }
});

interface Step {
  readonly edits: readonly {
    readonly side: Side;
    readonly uid: string;
    readonly title: string | undefined;
  }[];
  readonly settings: Required<Settings>;
}

const step = record<Step>({
  edits: array(
    record({
      side: constantFrom<Side[]>('a', 'b'),
      uid: constantFrom('standup', 'review', 'lunch'),
      title: option(constantFrom('at 9', 'at 10', 'at 11'), { nil: undefined, freq: 2 }),
    }),
    { maxLength: 4 },
  ),
  settings: record<Required<Settings>>({
    noDelete: record({ a: boolean(), b: boolean() }),
    oneWay: oneof({ weight: 3, arbitrary: constant(false) }, boolean()),
    onEmpty: constantFrom<Pair['onEmpty'][]>('skip', 'sync'),
    conflict: constantFrom<Pair['conflict'][]>('manual', 'merge', 'keep a', 'keep b'),
    readOnlyB: oneof({ weight: 3, arbitrary: constant(false) }, boolean()),
  }),
});

function play({ a, b }: TwoSides, edits: Step['edits']): void {
  const sides = { a, b };
  for (const { side, uid, title } of edits) {
    const [file] =
      Object.entries(sides[side].texts()).find(([, text]) => text.includes(`UID:${uid}\r`)) ?? [];
    if (title !== undefined) sides[side].put(file ?? `${uid}.ics`, textOf('calendar', uid, title));
    else if (file !== undefined) sides[side].drop(file);
  }
}

describe('settings that change at any time', () => {
  it('have the same effect where a quiet pair is passed over and where each run decides about all that is left', async () => {
    await assertProperty(
      asyncProperty(array(step, { maxLength: 8 }), async (steps) => {
        const passing = await twoSides(START);
        const looking = await twoSides(START, { a: { states: false }, b: { states: false } });
        for (const { edits, settings } of steps) {
          for (const sides of [passing, looking]) play(sides, edits);
          await syncAs(passing, settings);
          await syncAs(looking, settings, true);
          for (const side of ['a', 'b'] as const)
            assert.deepEqual(contentsOf(passing[side]), contentsOf(looking[side]));
        }
      }),
      { numRuns: RUNS },
    );
  });
});
