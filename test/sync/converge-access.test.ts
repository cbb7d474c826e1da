import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Arbitrary,
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
import { ServerError } from '../../src/core/errors.ts';
import { METADATA_NAMES } from '../../src/core/item-name.ts';
import { type Pair, syncPair } from '../../src/sync/engine.ts';
import type { CollectionReport } from '../../src/sync/report.ts';
import { textOf } from '../support/items.ts';
import { MemoryPairStatus } from '../support/memory-status.ts';
import { type MemoryOptions, MemoryStorage } from '../support/memory-storage.ts';
import { RUNS } from '../support/runs.ts';
import { type Contents, contentsOf, optionsOf } from '../support/two-sides.ts';

const NAMES = ['one', 'two', 'three'] as const;
type Name = (typeof NAMES)[number];

type Step =
  | { readonly type: 'edit'; readonly at: Name; readonly uid: string; readonly title: string | undefined }
  | { readonly type: 'read-only' | 'failing'; readonly at: Name }
  | {
      readonly type: 'sync';
      readonly a: Name;
      readonly b: Name;
      readonly conflict: Pair['conflict'];
      readonly allowEmpty: boolean;
    };

const name = constantFrom(...NAMES);
const step = oneof(
  {
    weight: 5,
    arbitrary: record({
      type: constant('edit' as const),
      at: name,
      uid: constantFrom('standup', 'review', 'lunch'),
      title: option(constantFrom('at 9', 'at 10', 'at 11'), { nil: undefined, freq: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: record({ type: constantFrom('read-only' as const, 'failing' as const), at: name }),
  },
  {
    weight: 4,
    arbitrary: record({
      type: constant('sync' as const),
      a: name,
      b: name,
      conflict: constantFrom('keep a' as const, 'keep b' as const),
      allowEmpty: boolean(),
    }).filter(({ a, b }) => a !== b),
  },
);
const behaviour: Arbitrary<MemoryOptions> = record({
  tokens: boolean(),
  states: constantFrom<NonNullable<MemoryOptions['states']>[]>(true, false, 'digest'),
  etags: constantFrom<MemoryOptions['etags'][]>(undefined, 'withheld', 'strong'),
  flakyEtags: boolean(),
});

/** Storages that anybody may tie to each other, and what the engine remembers of each two. */
class World {
  readonly #storages = new Map<Name, MemoryStorage>();
  readonly #memories = new Map<string, MemoryPairStatus>();

  constructor(behaviours: readonly MemoryOptions[]) {
    for (const [at, name] of NAMES.entries()) {
      const storage = new MemoryStorage({ ...behaviours[at], name });
      storage.collection('work');
      this.#storages.set(name, storage);
    }
  }

  storage(name: Name): MemoryStorage {
    const found = this.#storages.get(name);
    assert.ok(found);
    return found;
  }

  holds(name: Name): Contents {
    return contentsOf(this.storage(name).collection('work'));
  }

  edit(at: Name, uid: string, title: string | undefined): void {
    const collection = this.storage(at).collection('work');
    const [file] = Object.entries(collection.texts()).find(([, text]) => text.includes(`UID:${uid}\r`)) ?? [];
    if (title !== undefined) collection.put(file ?? `${uid}.ics`, textOf('calendar', uid, title));
    else if (file !== undefined) collection.drop(file);
  }

  async sync({ a, b, conflict, allowEmpty }: Extract<Step, { type: 'sync' }>): Promise<CollectionReport> {
    const key = `${a} ${b}`;
    const status = this.#memories.get(key) ?? new MemoryPairStatus();
    this.#memories.set(key, status);
    const pair: Pair = {
      name: 'pair',
      a: this.storage(a),
      b: this.storage(b),
      collections: { type: 'all' },
      onEmpty: 'skip',
      onDelete: 'sync',
      oneWay: false,
      noDelete: { a: false, b: false },
      properties: METADATA_NAMES,
      conflict,
      status,
    };
    const options = optionsOf({ ms: 0 }, { allowEmpty, retryRefused: true });
    const [report] = (await syncPair(pair, options)).collections;
    assert.ok(report);
    return report;
  }
}

describe('three storages, any two of which are synchronised now and then', () => {
  it('agree where they may be written to, and are left alone where not', async () => {
    await assertProperty(
      asyncProperty(
        array(behaviour, { minLength: 3, maxLength: 3 }),
        array(step, { maxLength: 20 }),
        async (behaviours, steps) => {
          const world = new World(behaviours);
          for (const one of steps) {
            if (one.type === 'edit') world.edit(one.at, one.uid, one.title);
            else if (one.type === 'sync') await checkSync(world, one);
            else change(world.storage(one.at).options, one.type);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });
});

function change(options: MemoryOptions, what: 'read-only' | 'failing'): void {
  if (what === 'read-only') options.readOnly = options.readOnly !== true;
  else options.failsWrite = options.failsWrite ? undefined : () => new ServerError('500');
}

async function checkSync(world: World, sync: Extract<Step, { type: 'sync' }>): Promise<void> {
  const { a, b } = sync;
  const before = { a: world.holds(a), b: world.holds(b) };
  const report = await world.sync(sync);
  const now = { a: world.holds(a), b: world.holds(b) };
  const isFree = (name: Name): boolean =>
    world.storage(name).options.readOnly !== true && !world.storage(name).options.failsWrite;
  for (const side of ['a', 'b'] as const)
    if (!isFree(sync[side])) assert.deepEqual(now[side], before[side], 'a side that takes no writes');
  if (report.error) {
    assert.equal(report.error.code, 'emptied');
    assert.ok(!sync.allowEmpty);
    assert.ok([before.a, before.b].some((contents) => Object.keys(contents).length === 0));
    assert.deepEqual(now, before);
    return;
  }
  if (isFree(a) && isFree(b)) {
    assert.deepEqual(report.problems, []);
    assert.deepEqual(now.a, now.b);
  }
  for (const { type } of report.problems) {
    const isTold = type === 'refused' || type === 'failed' || type === 'conflict';
    assert.ok(isTold && !(isFree(a) && isFree(b)), type);
  }
}
