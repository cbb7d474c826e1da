import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Trial, trial } from '../support/pair-trial.ts';

const names = (made: Trial): (string | undefined)[] =>
  [made.a, made.b].map((side) => side.collection('work').info.properties.displayname);

describe('properties in conflict', () => {
  /** What is written down as waiting: `displayname: One / Two`. */
  const waiting = ({ status }: Trial): string[] => {
    const [mapping] = status.mappings();
    assert.ok(mapping);
    return [...status.open(mapping).properties()].flatMap(([name, { problem }]) =>
      problem?.type === 'conflict' ? [`${name}: ${problem.a ?? 'none'} / ${problem.b ?? 'none'}`] : [],
    );
  };
  const inConflict = async (): Promise<Trial> => {
    const made = trial();
    made.a.collection('work', { displayname: 'Work', color: '#FF0000' });
    await made.sync();
    await made.sync();
    made.a.collection('work').properties = { displayname: 'One', color: '#FF0000' };
    made.b.collection('work').properties = { displayname: 'Two', color: '#FF0000' };
    await made.sync();
    assert.deepEqual(waiting(made), ['displayname: One / Two']);
    return made;
  };

  it('stay as they are, and are told of with both values and what to do', async () => {
    const made = await inConflict();
    const { collections } = await made.sync();
    assert.match(
      collections[0]?.notes.join() ?? '',
      /displayname is "One" on a and "Two" on b.*"pimsync conflicts resolve pair\/work:displayname --keep a"/,
    );
    assert.deepEqual(names(made), ['One', 'Two']);
  });

  it('are written down as they are now, by no dry run, and no more once they are the same', async () => {
    const made = await inConflict();
    made.b.collection('work').properties = { color: '#FF0000' };
    await made.sync({ dryRun: true });
    assert.deepEqual(waiting(made), ['displayname: One / Two']);
    await made.sync();
    assert.deepEqual(waiting(made), ['displayname: One / none']);
    made.b.collection('work').properties = { displayname: 'One', color: '#FF0000' };
    await made.sync();
    assert.deepEqual(waiting(made), []);
  });

  it('are no conflict any more where one side takes its change back', async () => {
    const made = await inConflict();
    made.b.collection('work').properties = { displayname: 'Work', color: '#FF0000' };
    await made.sync();
    assert.deepEqual([names(made), waiting(made)], [['One', 'One'], []]);
  });

  for (const [side, value] of [
    ['a', 'One'],
    ['b', 'Two'],
  ] as const) {
    it(`get the value of ${side} when a person says so, and are quiet then`, async () => {
      const made = await inConflict();
      const resolutions = [{ property: 'displayname' as const, side, seen: { a: 'One', b: 'Two' } }];
      const { collections } = await made.sync({ resolutions });
      const on = side === 'a' ? 'b' : 'a';
      assert.deepEqual(collections[0]?.properties, [{ on, name: 'displayname', value }]);
      assert.deepEqual([names(made), waiting(made)], [[value, value], []]);
      await made.sync();
      assert.equal((await made.sync()).collections[0]?.outcome, 'quiet');
    });
  }

  it('stay when they are no longer what was decided about', async () => {
    const made = await inConflict();
    made.b.collection('work').properties = { displayname: 'Three', color: '#FF0000' };
    await made.sync({
      resolutions: [{ property: 'displayname', side: 'a', seen: { a: 'One', b: 'Two' } }],
    });
    assert.deepEqual([names(made), waiting(made)], [['One', 'Three'], ['displayname: One / Three']]);
  });
});
