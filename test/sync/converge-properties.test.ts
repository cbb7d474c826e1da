import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  array,
  assert as assertProperty,
  asyncProperty,
  constant,
  constantFrom,
  oneof,
  option,
  record,
} from 'fast-check';
import type { Side } from '../../src/core/status.ts';
import type { CollectionProperties, PropertyName } from '../../src/core/storage.ts';
import { type Trial, trial } from '../support/pair-trial.ts';
import { RUNS } from '../support/runs.ts';

const VALUES = {
  displayname: ['Work', 'Büro'],
  color: ['#FF0000', '#00FF00'],
  description: ['mine', 'ours\nand theirs'],
  order: ['1', '2.5'],
} as const satisfies Record<PropertyName, readonly string[]>;
const NAMES = Object.keys(VALUES) as PropertyName[];

type Values = Partial<Record<PropertyName, string>>;
type Step =
  | { readonly type: 'sync' }
  | {
      readonly type: 'set';
      readonly side: Side;
      readonly name: PropertyName;
      readonly value: string | undefined;
    };

const step = oneof(
  { weight: 1, arbitrary: constant({ type: 'sync' as const }) },
  ...NAMES.map((name) => ({
    weight: 1,
    arbitrary: record({
      type: constant('set' as const),
      side: constantFrom<Side[]>('a', 'b'),
      name: constant(name),
      value: option(constantFrom<string[]>(...VALUES[name]), { nil: undefined, freq: 3 }),
    }),
  })),
);

/** What a person would say that a run makes of a property. */
function settled(
  a: string | undefined,
  b: string | undefined,
  last: string | undefined,
  winner: Side,
): string | undefined {
  if (a === last) return b;
  if (b === last) return a;
  return winner === 'a' ? a : b;
}

describe('properties after any history of changes on both sides', () => {
  it('are the same on both, as three-way comparison says, noted so, and quiet', async () => {
    await assertProperty(
      asyncProperty(constantFrom<Side[]>('a', 'b'), array(step, { maxLength: 24 }), async (winner, steps) => {
        const made = trial({ pair: { conflict: `keep ${winner}` } });
        for (const side of ['a', 'b'] as const) made[side].collection('work');
        const wanted: Record<Side | 'last', Values> = { a: {}, b: {}, last: {} };
        for (const one of [...steps, { type: 'sync' } as const]) {
          if (one.type === 'set') set(made, wanted, one);
          else await syncs(made, wanted, winner);
        }
        const calls = made.a.calls.setProperties + made.b.calls.setProperties;
        await made.sync();
        assert.equal(made.a.calls.setProperties + made.b.calls.setProperties, calls);
      }),
      { numRuns: RUNS },
    );
  });
});

function set(
  made: Trial,
  wanted: Record<Side, Values>,
  { side, name, value }: Extract<Step, { type: 'set' }>,
): void {
  const collection = made[side].collection('work');
  const { [name]: _, ...others } = collection.properties;
  collection.properties = value === undefined ? others : { ...others, [name]: value };
  wanted[side] = { ...collection.properties };
}

async function syncs(made: Trial, wanted: Record<Side | 'last', Values>, winner: Side): Promise<void> {
  await made.sync();
  const now: Values = {};
  for (const name of NAMES) {
    const value = settled(wanted.a[name], wanted.b[name], wanted.last[name], winner);
    if (value !== undefined) now[name] = value;
  }
  Object.assign(wanted, { a: now, b: now, last: now });
  const seen = (['a', 'b'] as const).map(
    (side): CollectionProperties => made[side].collection('work').properties,
  );
  assert.deepEqual(seen, [now, now]);
  const [mapping] = made.status.mappings();
  assert.ok(mapping);
  for (const [name, { a, b }] of made.status.open(mapping).properties())
    assert.deepEqual([a, b], [now[name], now[name]], name);
}
