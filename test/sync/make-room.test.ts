import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AlreadyExistsError, RefusedError } from '../../src/core/errors.ts';
import type { Side } from '../../src/core/status.ts';
import { killedEverywhere, syncKilledAt } from '../support/kill-at.ts';
import type { MemoryOptions, MemoryStorage, Write } from '../support/memory-storage.ts';
import { put, type Trial, trial } from '../support/pair-trial.ts';
import { contentsOf } from '../support/two-sides.ts';

const COLLECTIONS = ['archive', 'home', 'work', 'zoo'];

const placesOn = (made: Trial, side: Side, uid = 'standup'): readonly string[] =>
  COLLECTIONS.filter((id) => made[side].has(id) && uid in contentsOf(made[side].collection(id)));

/** From now on the account takes a UID once. */
function becomeStrict(account: MemoryStorage, others?: MemoryOptions['failsWrite']): void {
  account.options.failsWrite = (write: Write, subject) => {
    const isThere = COLLECTIONS.some(
      (id) => account.has(id) && subject in contentsOf(account.collection(id)),
    );
    if (write === 'create' && isThere) return new AlreadyExistsError(`the account has ${subject} already`);
    return others?.(write, subject);
  };
}

/** In "home" in step, then copied to another collection on a, where b will not have it. */
async function refusedCopy(b: MemoryOptions = {}, to = 'work'): Promise<Trial> {
  const made = trial({ b });
  for (const uid of ['standup', 'lunch']) put(made.a, 'home', uid);
  put(made.a, to, 'review');
  for (let run = 0; run < 2; run += 1) await made.sync();
  becomeStrict(made.b);
  put(made.a, to, 'standup');
  for (let run = 0; run < 3; run += 1) await later(made);
  assert.deepEqual(placesOn(made, 'b'), ['home']);
  return made;
}

async function later(made: Trial): Promise<readonly string[]> {
  made.clock.ms += 60_000;
  const { collections } = await made.sync();
  return collections.flatMap(({ name, problems }) => problems.map(({ type }) => `${name}: ${type}`));
}

describe('an account that takes a UID once', () => {
  for (const to of ['archive', 'work'])
    for (const moves of [true, false])
      it(`takes a copy in "${to}" as soon as the original is gone${moves ? ', though it could move' : ''}`, async () => {
        const made = await refusedCopy({ moves }, to);
        made.a.collection('home').drop('standup.ics');
        assert.deepEqual(await later(made), []);
        assert.deepEqual(placesOn(made, 'b'), [to]);
        assert.deepEqual(placesOn(made, 'a'), [to]);
      });

  it('takes it as well when the original was deleted there', async () => {
    const made = await refusedCopy();
    made.b.collection('home').drop('standup.ics');
    assert.deepEqual(await later(made), []);
    assert.deepEqual([placesOn(made, 'a'), placesOn(made, 'b')], [['work'], ['work']]);
  });

  it('takes it as well when the original was deleted on both sides', async () => {
    const made = await refusedCopy();
    for (const side of [made.a, made.b]) side.collection('home').drop('standup.ics');
    assert.deepEqual(await later(made), []);
    assert.deepEqual(placesOn(made, 'b'), ['work']);
  });

  it('takes it soon, wherever the run that makes room is killed', async () => {
    await killedEverywhere(async (step) => {
      const made = await refusedCopy();
      made.a.collection('home').drop('standup.ics');
      const survived = await syncKilledAt(made, step);
      for (let run = 0; run < 2; run += 1) await later(made);
      assert.deepEqual(placesOn(made, 'b'), ['work'], `killed at step ${step}`);
      return survived;
    });
  });

  for (const to of ['archive', 'zoo'])
    for (const moves of [true, false])
      it(`gives an item back to a one-way pair from "${to}"${moves ? ', though it could move' : ''}`, async () => {
        const made = trial({ b: { moves }, pair: { oneWay: true } });
        for (const id of ['home', to]) for (const side of [made.a, made.b]) put(side, id, `stays in ${id}`);
        put(made.a, 'home', 'standup');
        for (let run = 0; run < 2; run += 1) await made.sync();
        becomeStrict(made.b);
        made.b.collection('home').drop('standup.ics');
        put(made.b, to, 'standup');
        assert.deepEqual(await later(made), []);
        assert.deepEqual(placesOn(made, 'b'), ['home']);
      });

  it('is not asked again when another item is deleted', async () => {
    const made = await refusedCopy();
    const before = made.b.collection('work').calls.create;
    made.a.collection('home').drop('lunch.ics');
    assert.deepEqual(await later(made), ['work: refused']);
    assert.equal(made.b.collection('work').calls.create, before);
  });

  it('is asked once, and left alone then, where the original cannot be deleted', async () => {
    const made = await refusedCopy({ states: false });
    becomeStrict(made.b, (write) => (write === 'remove' ? new RefusedError('it stays') : undefined));
    made.a.collection('home').drop('standup.ics');
    await later(made);
    const before = made.b.collection('work').calls.create;
    for (let run = 0; run < 3; run += 1)
      assert.deepEqual(await later(made), ['home: refused', 'work: refused']);
    assert.equal(made.b.collection('work').calls.create, before);
  });

  it('is not asked at all in a dry run', async () => {
    const made = await refusedCopy();
    made.a.collection('home').drop('standup.ics');
    const before = made.b.collection('work').calls.create;
    await made.sync({ dryRun: true });
    assert.equal(made.b.collection('work').calls.create, before);
    assert.deepEqual(placesOn(made, 'b'), ['home']);
  });
});
