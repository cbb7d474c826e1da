import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReadOnlyError } from '../../src/core/errors.ts';
import { METADATA_NAMES } from '../../src/core/item-name.ts';
import type { ConflictMode } from '../../src/core/conflict-mode.ts';
import type { AgreedProperty } from '../../src/core/status.ts';
import type { CollectionProperties, PropertyName } from '../../src/core/storage.ts';
import { planProperties } from '../../src/sync/properties.ts';
import { textOf } from '../support/items.ts';
import { type Trial, trial } from '../support/pair-trial.ts';

interface Given {
  readonly a?: CollectionProperties;
  readonly b?: CollectionProperties;
  readonly agreed?: Partial<Record<PropertyName, AgreedProperty>>;
  readonly conflict?: ConflictMode;
  readonly oneWay?: boolean;
}

const both = (value: string): AgreedProperty => ({ a: value, b: value });
const cases: [name: string, given: Given, want: readonly string[]][] = [
  ['nothing where neither has one', {}, []],
  ['a new one on a goes to b', { a: { displayname: 'Work' } }, ['b.displayname = Work']],
  ['a new one on b goes to a', { b: { displayname: 'Work' } }, ['a.displayname = Work']],
  ['what both have is noted', { a: { order: '1' }, b: { order: '1' } }, ['agreed order']],
  [
    'what both have and was noted is quiet',
    { a: { order: '1' }, b: { order: '1' }, agreed: { order: both('1') } },
    [],
  ],
  [
    'a change on a goes to b',
    { a: { displayname: 'New' }, b: { displayname: 'Old' }, agreed: { displayname: both('Old') } },
    ['b.displayname = New'],
  ],
  [
    'a change on b goes to a',
    { a: { displayname: 'Old' }, b: { displayname: 'New' }, agreed: { displayname: both('Old') } },
    ['a.displayname = New'],
  ],
  [
    'one that was taken away on a is taken away on b',
    { b: { description: 'x' }, agreed: { description: both('x') } },
    ['b.description taken away'],
  ],
  [
    'one that was taken away on b is taken away on a',
    { a: { description: 'x' }, agreed: { description: both('x') } },
    ['a.description taken away'],
  ],
  [
    'the same change on both sides is noted',
    { a: { displayname: 'New' }, b: { displayname: 'New' }, agreed: { displayname: both('Old') } },
    ['agreed displayname'],
  ],
  [
    'one that was taken away on both sides is noted',
    { agreed: { displayname: both('Old') } },
    ['agreed displayname'],
  ],
  [
    'different changes are a conflict',
    { a: { displayname: 'A' }, b: { displayname: 'B' }, agreed: { displayname: both('Old') } },
    ['conflict displayname'],
  ],
  [
    'different values at first sight are a conflict',
    { a: { color: '#FF0000' }, b: { color: '#00FF00' } },
    ['conflict color'],
  ],
  [
    'a conflict goes to a where a wins',
    { a: { displayname: 'A' }, b: { displayname: 'B' }, conflict: 'keep a' },
    ['b.displayname = A'],
  ],
  [
    'a conflict goes to b where b wins',
    { a: { displayname: 'A' }, b: { displayname: 'B' }, conflict: 'keep b' },
    ['a.displayname = B'],
  ],
  [
    'a conflict is left to a person where a command decides about items',
    { a: { displayname: 'A' }, b: { displayname: 'B' }, conflict: 'command' },
    ['conflict displayname'],
  ],
  [
    'a removal against a change goes to a where a wins',
    { b: { displayname: 'B' }, agreed: { displayname: both('Old') }, conflict: 'keep a' },
    ['b.displayname taken away'],
  ],
  [
    'colours are compared as colours',
    { a: { color: '#ff0000' }, b: { color: '#FF0000FF' }, agreed: { color: both('#FF0000') } },
    [],
  ],
  ['orders are compared as numbers', { a: { order: '1' }, b: { order: '1.0' } }, ['agreed order']],
  [
    'what one side would not take is left until it changes',
    { a: { order: '3' }, b: { order: '1' }, agreed: { order: { a: '3', b: '1' } } },
    [],
  ],
  [
    'and then tried again',
    { a: { order: '4' }, b: { order: '1' }, agreed: { order: { a: '3', b: '1' } } },
    ['b.order = 4'],
  ],
  [
    'a copy takes what a has, also over a change',
    {
      a: { displayname: 'Old' },
      b: { displayname: 'New', color: '#000000' },
      agreed: { displayname: both('Old') },
      oneWay: true,
    },
    ['b.displayname = Old', 'b.color taken away'],
  ],
];

describe('planProperties', () => {
  for (const [name, { a = {}, b = {}, agreed = {}, conflict = 'merge', oneWay = false }, want] of cases) {
    it(name, () => {
      const plan = planProperties({
        names: METADATA_NAMES,
        a,
        b,
        agreed: new Map(Object.entries(agreed) as [PropertyName, AgreedProperty][]),
        conflict,
        oneWay,
      });
      const writes = (['a', 'b'] as const).flatMap((side) =>
        [...plan.writes[side]].map(
          ([property, value]) => `${side}.${property} ${value === undefined ? 'taken away' : `= ${value}`}`,
        ),
      );
      const got = [
        ...writes,
        ...[...plan.agreed.keys()].map((property) => `agreed ${property}`),
        ...plan.conflicts.map((property) => `conflict ${property}`),
      ];
      assert.deepEqual(got, want);
    });
  }
});

describe('the properties of collections', () => {
  const properties = ({ a, b }: Trial): readonly CollectionProperties[] =>
    [a, b].map((side) => side.collection('work').info.properties);
  const started = async (setup: Parameters<typeof trial>[0] = {}): Promise<Trial> => {
    const made = trial(setup);
    made.a.collection('work', { displayname: 'Work', color: '#FF0000' });
    await made.sync();
    await made.sync();
    return made;
  };

  it('follow a change and a removal, in one run, and are quiet then', async () => {
    const made = await started();
    made.b.collection('work').properties = { displayname: 'Office', description: 'mine' };
    const { collections } = await made.sync();
    assert.deepEqual(collections[0]?.properties, [
      { on: 'a', name: 'displayname', value: 'Office' },
      { on: 'a', name: 'color', value: null },
      { on: 'a', name: 'description', value: 'mine' },
    ]);
    assert.deepEqual(properties(made)[0], { displayname: 'Office', description: 'mine' });
    const calls = made.a.calls.setProperties + made.b.calls.setProperties;
    assert.equal((await made.sync()).collections[0]?.outcome, 'quiet');
    assert.equal(made.a.calls.setProperties + made.b.calls.setProperties, calls);
  });

  it('are only those that were chosen, and that both sides can have', async () => {
    const made = await started({
      b: { properties: ['displayname', 'description'] },
      pair: { properties: ['color', 'description'] },
    });
    made.a.collection('work').properties = { displayname: 'New', color: '#0000FF', description: 'mine' };
    await made.sync();
    assert.deepEqual(properties(made)[1], { displayname: 'Work', description: 'mine' });
  });

  it('that were not chosen for a while are compared with what both had before', async () => {
    const chosen: PropertyName[] = ['displayname'];
    const made = await started({ pair: { properties: chosen } });
    chosen.length = 0;
    made.a.collection('work').properties = { displayname: 'New' };
    await made.sync();
    assert.equal(properties(made)[1]?.displayname, 'Work');
    chosen.push('displayname');
    made.b.collection('work').put('1.ics', textOf('calendar', '1', 'tea'));
    const { collections } = await made.sync();
    assert.deepEqual(collections[0]?.properties, [{ on: 'b', name: 'displayname', value: 'New' }]);
  });

  it('are planned in a dry run, and not written', async () => {
    const made = await started();
    made.a.collection('work').properties = { displayname: 'New', color: '#FF0000' };
    const { collections } = await made.sync({ dryRun: true });
    assert.deepEqual(collections[0]?.properties, [{ on: 'b', name: 'displayname', value: 'New' }]);
    assert.equal(made.b.calls.setProperties, 0);
  });

  it('that are refused are told of once, and not tried again before they change', async () => {
    const made = await started({
      b: { refusesProperty: (name) => (name === 'color' ? 'no colours here' : undefined) },
    });
    made.a.collection('work').properties = { displayname: 'New', color: '#0000FF' };
    const { collections } = await made.sync();
    assert.deepEqual(collections[0]?.properties, [{ on: 'b', name: 'displayname', value: 'New' }]);
    assert.match(collections[0].notes.join(), /color could not be set on b: no colours here/);
    const again = await made.sync();
    assert.deepEqual([again.collections[0]?.notes, made.b.calls.setProperties], [[], 1]);
  });

  it('that cannot be written for now are tried again, and keep no item waiting', async () => {
    const made = await started();
    made.a.collection('work').properties = { displayname: 'New' };
    made.b.options.failsSetProperties = new ReadOnlyError('not now');
    const { collections } = await made.sync();
    assert.match(collections[0]?.notes.join() ?? '', /displayname could not be set on b: not now/);
    assert.equal(collections[0]?.error, undefined);
    delete made.b.options.failsSetProperties;
    await made.sync();
    assert.deepEqual(properties(made)[1], { displayname: 'New' });
  });

  it('are left alone on a read-only side, which is told of once', async () => {
    const made = await started();
    made.a.collection('work').properties = { displayname: 'New' };
    made.b.options.readOnly = true;
    assert.match(
      (await made.sync()).collections[0]?.notes.join() ?? '',
      /displayname .* side b is read-only/,
    );
    assert.deepEqual((await made.sync()).collections[0]?.notes, []);
    assert.equal(made.b.calls.setProperties, 0);
  });
});
