import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Arbitrary,
  array,
  assert as check,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  integer,
  oneof,
  option,
  record,
} from 'fast-check';
import type { Side } from '../../src/core/status.ts';
import { textOf } from '../support/items.ts';
import { syncKilledAt } from '../support/kill-at.ts';
import type { MemoryStorage } from '../support/memory-storage.ts';
import { RUNS } from '../support/runs.ts';
import { trial } from '../support/pair-trial.ts';
import { type Contents, contentsOf } from '../support/two-sides.ts';

const UIDS = ['standup', 'review', 'lunch'] as const;
const COLLECTIONS = ['home', 'work', 'club'] as const;

type Event =
  | {
      readonly type: 'edit' | 'delete' | 'carry';
      readonly side: Side;
      readonly uid: string;
      readonly title: string;
      /** Of those where it is not, the first or the second. */
      readonly to: 0 | 1;
    }
  /** `diesAt`: at that call to a storage or write to the status. */
  | { readonly type: 'sync'; readonly diesAt: number | undefined };

const side = constantFrom<Side[]>('a', 'b');
const happening = <T extends 'edit' | 'delete' | 'carry'>(...types: readonly T[]) =>
  record({
    type: constantFrom(...types),
    side,
    uid: constantFrom(...UIDS),
    title: constantFrom('at 9', 'at 10'),
    to: constantFrom(0 as const, 1 as const),
  });
const run = (diesAt: Arbitrary<number | undefined>) => record({ type: constant('sync' as const), diesAt });
const events = oneof(
  array<Event>(
    oneof(
      happening('edit', 'delete', 'carry', 'carry'),
      run(option(integer({ min: 1, max: 40 }), { nil: undefined })),
    ),
    { maxLength: 16 },
  ),
  array<Event>(oneof(happening('carry'), run(constant(undefined))), { maxLength: 16 }),
);
const behaviour = record({ moves: boolean(), tokens: boolean(), states: boolean() });

const placesOf = (storage: MemoryStorage, uid: string): readonly string[] =>
  COLLECTIONS.filter((id) => Object.hasOwn(contentsOf(storage.collection(id)), uid));
const placeOf = (storage: MemoryStorage, uid: string): string | undefined => placesOf(storage, uid)[0];

/** Nothing is edited, deleted or killed. */
const isHarmless = (event: Event): boolean =>
  event.type === 'carry' || (event.type === 'sync' && event.diesAt === undefined);

function happen(storage: MemoryStorage, event: Exclude<Event, { type: 'sync' }>): void {
  const { type, uid, title, to } = event;
  const at = placeOf(storage, uid);
  if (at === undefined) return;
  const text = storage.collection(at).texts()[`${uid}.ics`];
  if (text === undefined) return;
  if (type === 'edit') storage.collection(at).put(`${uid}.ics`, textOf('calendar', uid, title));
  if (type === 'edit') return;
  storage.collection(at).drop(`${uid}.ics`);
  if (type === 'carry')
    storage.collection(COLLECTIONS.filter((id) => id !== at)[to] ?? at).put(`${uid}.ics`, text);
}

const shown = (storage: MemoryStorage): Readonly<Record<string, Contents>> =>
  Object.fromEntries(COLLECTIONS.map((id) => [id, contentsOf(storage.collection(id))]));

describe('three pairs of collections between which items move', () => {
  it(
    'come to agree in three runs after the last fault, and lose nothing that nobody deleted',
    { timeout: 600_000 },
    async () => {
      await check(
        asyncProperty(record({ a: behaviour, b: behaviour }), events, async (options, history) => {
          const made = trial({ ...options, pair: { conflict: 'keep a' } });
          for (const uid of UIDS)
            made.a.collection('home').put(`${uid}.ics`, textOf('calendar', uid, 'at 8'));
          for (const id of ['work', 'club']) made.a.collection(id);
          await made.sync();
          const deleted = new Set<string>();
          for (const event of history) {
            if (event.type === 'sync')
              await syncKilledAt(made, event.diesAt ?? Infinity, { allowEmpty: true });
            else happen(made[event.side], event);
            if (event.type === 'delete') deleted.add(event.uid);
          }
          const isInOnePlace = options.a.moves && options.b.moves && history.every(isHarmless);
          for (let run = 0; run < 3; run += 1) await made.sync({ allowEmpty: true });
          assert.deepEqual(shown(made.a), shown(made.b));
          for (const uid of UIDS.filter((one) => !deleted.has(one))) {
            const places = placesOf(made.a, uid);
            assert.ok(
              isInOnePlace ? places.length === 1 : places.length > 0,
              `${uid} is in ${places.join()}`,
            );
          }
          const writes = (): number =>
            COLLECTIONS.reduce(
              (sum, id) => sum + made.a.collection(id).writes + made.b.collection(id).writes,
              0,
            );
          const before = writes();
          const last = await made.sync({ allowEmpty: true });
          assert.deepEqual(
            last.collections.flatMap(({ problems }) => problems),
            [],
          );
          assert.equal(writes(), before, 'a quiet run writes nothing');
        }),
        { numRuns: RUNS },
      );
    },
  );
});
