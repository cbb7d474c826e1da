import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ForbiddenError } from '../../src/core/errors.ts';
import type { PropertyName } from '../../src/core/storage.ts';
import { textOf } from '../support/items.ts';
import type { MemoryOptions } from '../support/memory-storage.ts';
import { outcomes, put, type Trial, trial } from '../support/pair-trial.ts';
import { contentsOf } from '../support/two-sides.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Side a is the mount; both have "work", with a name and a colour. */
async function inStep(b: MemoryOptions = {}): Promise<Trial> {
  const made = trial({ a: { views: true, removals: 'journalled', deletions: 'journalled' }, b });
  made.b.collection('work', { displayname: 'Work', color: '#FF0000' });
  await made.sync();
  await made.sync();
  return made;
}

const notesOf = async (run: ReturnType<Trial['sync']>): Promise<string> =>
  (await run).collections.flatMap(({ notes }) => notes).join();
const ofA = ({ a }: Trial): object => a.collection('work').properties;
const ofB = ({ b }: Trial): object => b.collection('work').properties;
const problemOf = ({ status }: Trial, name: PropertyName): string | undefined => {
  const [mapping] = status.mappings();
  assert.ok(mapping);
  const problem = status.open(mapping).properties().get(name)?.problem;
  return problem && `${problem.type}: ${problem.reason}`;
};

describe('properties of a mounted collection', () => {
  it('go both ways', async () => {
    const made = await inStep();
    made.a.collection('work').properties = { displayname: 'Mine' };
    await made.sync();
    assert.deepEqual(ofB(made), { displayname: 'Mine' });
    made.b.collection('work').properties = { displayname: 'Mine', order: '3' };
    await made.sync();
    assert.deepEqual(ofA(made), { displayname: 'Mine', order: '3' });
    assert.deepEqual(outcomes(await made.sync()), ['work: quiet']);
  });

  it('that somebody is just changing are left alone on both sides', async () => {
    const made = await inStep();
    const { a, b } = made;
    a.collection('work').properties = { displayname: 'half', color: '#FF0000' };
    a.collection('work').standing = { unsettled: ['displayname'] };
    b.collection('work').properties = { displayname: 'Theirs', color: '#00FF00' };
    await made.sync();
    assert.deepEqual(ofA(made), { displayname: 'half', color: '#00FF00' });
    assert.deepEqual(ofB(made), { displayname: 'Theirs', color: '#00FF00' });
    a.collection('work').standing = {};
    a.collection('work').properties = { displayname: 'Work', color: '#00FF00' };
    await made.sync();
    assert.deepEqual(ofA(made), { displayname: 'Theirs', color: '#00FF00' });
  });

  describe('that the server refuses', () => {
    const refused = async (): Promise<Trial> => {
      const made = await inStep({
        refusesProperty: (name) => (name === 'color' ? 'no colours here' : undefined),
      });
      made.a.collection('work').properties = { displayname: 'Work', color: '#0000FF' };
      assert.match(await notesOf(made.sync()), /color could not be set on b: no colours here/);
      return made;
    };

    it('stay as they are, are written down, and not tried again', async () => {
      const made = await refused();
      assert.equal(problemOf(made, 'color'), 'refused: no colours here');
      const calls = made.b.calls.setProperties;
      assert.equal(await notesOf(made.sync()), '');
      assert.deepEqual(
        [ofA(made), made.b.calls.setProperties],
        [{ displayname: 'Work', color: '#0000FF' }, calls],
      );
    });

    const later: readonly (readonly [when: string, then: (made: Trial) => Promise<unknown>])[] = [
      ['when somebody asks', (made) => made.sync({ retryRefused: true })],
      [
        'after a day',
        (made) => {
          made.clock.ms += DAY_MS;
          return made.sync();
        },
      ],
      [
        'with another value',
        (made) => {
          made.a.collection('work').properties = { displayname: 'Work', color: '#0000FE' };
          return made.sync();
        },
      ],
    ];
    for (const [when, then] of later)
      it(`are tried again ${when}`, async () => {
        const made = await refused();
        made.b.options.refusesProperty = undefined;
        await then(made);
        assert.deepEqual([ofB(made), problemOf(made, 'color')], [ofA(made), undefined]);
      });

    it('are no problem any more when they are taken back', async () => {
      const made = await refused();
      made.a.collection('work').properties = { displayname: 'Work', color: '#FF0000' };
      await made.sync();
      assert.equal(problemOf(made, 'color'), undefined);
    });

    it('outlive a change on the server: that is a conflict', async () => {
      const made = await refused();
      made.b.collection('work').properties = { displayname: 'Work', color: '#00FF00' };
      await made.sync();
      assert.deepEqual(ofA(made), { displayname: 'Work', color: '#0000FF' });
      assert.match(problemOf(made, 'color') ?? '', /^conflict: /);
    });

    it('that it has no place for are among them', async () => {
      const made = await inStep({ properties: ['displayname', 'color'] });
      made.a.collection('work').properties = { displayname: 'Work', color: '#FF0000', order: '1' };
      await made.sync();
      assert.equal(problemOf(made, 'order'), 'refused: two has no such property');
      const calls = made.b.calls.setProperties;
      await made.sync();
      assert.deepEqual(
        [made.b.calls.setProperties, made.a.collection('work').properties.order],
        [calls, '1'],
      );
    });
  });

  it('wait for the right to write', async () => {
    const made = await inStep();
    made.a.collection('work').properties = { displayname: 'Mine', color: '#FF0000' };
    made.b.options.readOnly = true;
    await made.sync();
    await made.sync();
    assert.deepEqual(
      [problemOf(made, 'displayname'), made.b.calls.setProperties],
      ['refused: side b is read-only', 0],
    );
    made.b.options.readOnly = false;
    await made.sync();
    assert.deepEqual(ofB(made), { displayname: 'Mine', color: '#FF0000' });
  });

  it('that could not be put into the mount, because somebody was at them, come with the next run', async () => {
    const made = await inStep();
    made.a.options.refusesProperty = () => 'just changed';
    made.b.collection('work').properties = { displayname: 'Theirs', color: '#FF0000' };
    await made.sync();
    made.a.options.refusesProperty = undefined;
    await made.sync();
    assert.deepEqual(ofA(made), { displayname: 'Theirs', color: '#FF0000' });
  });
});

describe('a collection that was seen being removed from a mount', () => {
  const filled = async (count: number): Promise<Trial> => {
    const one = await inStep();
    for (let number = 0; number < count; number += 1) put(one.b, 'work', `item-${number}`);
    await one.sync();
    await one.sync();
    return one;
  };

  it('is left alone for its grace time', async () => {
    const one = await filled(2);
    one.a.collection('work').standing = { passing: true };
    put(one.b, 'work', 'new');
    await one.sync();
    assert.deepEqual(Object.keys(contentsOf(one.a.collection('work'))), ['item-0', 'item-1']);
  });

  it('goes with a few items, without a word', async () => {
    const one = await filled(10);
    one.a.dropCollection('work');
    const { collections } = await one.sync();
    assert.deepEqual([collections[0]?.changes.length, collections[0]?.deleted], [10, ['b']]);
    assert.equal(one.b.has('work'), false);
  });

  it('waits for a word with many, or with many deleted shortly before', async () => {
    for (const [count, before] of [
      [11, 0],
      [12, 5],
    ] as const) {
      const one = await filled(count);
      for (let number = 0; number < before; number += 1) one.a.collection('work').drop(`item-${number}.ics`);
      await one.sync();
      one.a.dropCollection('work');
      assert.deepEqual(outcomes(await one.sync()), ['work: emptied']);
      assert.deepEqual(one.status.troubles().get('work')?.type, 'held');
      one.clock.ms += 60_001;
      await one.sync(count - before > 10 ? { deletions: 'confirm' } : {});
      assert.deepEqual([one.b.has('work'), one.status.troubles()], [false, new Map()]);
    }
  });

  it('comes back by a word, and is in trouble no more', async () => {
    const one = await filled(11);
    one.a.dropCollection('work');
    await one.sync();
    await one.sync({ deletions: 'discard' });
    assert.equal(Object.keys(contentsOf(one.a.collection('work'))).length, 11);
    assert.deepEqual(one.status.troubles(), new Map());
  });

  it('stays with an item that was edited since, and says so to those who ask later', async () => {
    const one = await filled(2);
    one.a.dropCollection('work');
    one.b.collection('work').put('item-0.ics', textOf('calendar', 'item-0', 'at 10'));
    await one.sync();
    assert.match(one.status.troubles().get('work')?.reason ?? '', /1 item in it was made or changed/);
  });

  it('is told of when the server keeps it', async () => {
    const one = await filled(0);
    one.a.dropCollection('work');
    one.b.options.failsDeleteCollection = new ForbiddenError('403, not yours');
    await one.sync();
    assert.deepEqual(one.status.troubles().get('work'), { type: 'held', reason: '403, not yours', atMs: 0 });
  });
});
