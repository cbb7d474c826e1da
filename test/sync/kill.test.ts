import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Contents, problemsIn, type Setup, type TwoSides, twoSides } from '../support/two-sides.ts';

/** Not a PimsyncError: nothing in the engine may catch it and go on. */
class Killed extends Error {}

const START: Contents = { standup: 'at 9', review: 'at 14', lunch: 'at 12', walk: 'at 17' };
const A_NOW: Contents = { standup: 'at 10', review: 'at 14', lunch: 'at 12', tea: 'at 16', cake: 'at 16' };
const B_NOW: Contents = { standup: 'at 9', review: 'at 15', walk: 'at 17', run: 'at 7' };
const WANTED: Contents = { standup: 'at 10', review: 'at 15', tea: 'at 16', cake: 'at 16', run: 'at 7' };

const rewrites = (text: string): string => text.replace('SUMMARY', 'X-SEEN:1\r\nSUMMARY');

const setups: [name: string, setup: Setup][] = [
  ['two plain storages', {}],
  ['storages without tokens', { a: { tokens: false }, b: { tokens: false } }],
  ['storages that withhold etags', { a: { etags: 'withheld' }, b: { etags: 'withheld' } }],
  ['a storage that rewrites what it stores', { b: { rewrites } }],
  ['a storage that creates many at once', { b: { bulk: true } }],
  ['storages that take several writes at once', { a: { parallelWrites: 3 }, b: { parallelWrites: 3 } }],
];

describe('a run that is killed', () => {
  for (const [name, setup] of setups) {
    it(`anywhere is finished by the next, without conflicts, doubles or loss: ${name}`, async () => {
      let at = 0;
      for (let alive = false; !alive; at += 1) alive = await killedAt(at, setup);
      assert.ok(at > 20, `only ${at} places to die were found`);
    });
  }
});

describe('an item that was left over, then synchronised by a run that is killed', () => {
  it('anywhere is removed on the other side when it is deleted', async () => {
    for (let step = 0; step < 25; step += 1) {
      const sides = await twoSides({});
      sides.put('b', { review: 'at 14' });
      for (const href of sides.b.hrefs()) sides.b.withheld.add(href);
      await sides.sync();
      sides.b.withheld.clear();
      sides.put('a', { standup: 'at 9' });
      await syncAndKill(step, sides);
      sides.b.drop('review.ics');
      await sides.sync({ allowEmpty: true });
      const kept = Object.hasOwn(sides.a.texts(), 'review.ics');
      sides.holds('b', { standup: 'at 9' });
      assert.equal(kept, false, `killed at step ${step}`);
    }
  });
});

describe('two items that exchange their places between two runs that are killed', () => {
  it('anywhere are no duplicates', async () => {
    const steps = Array.from({ length: 14 }, (_, step) => step);
    for (const first of steps) {
      for (const second of steps) {
        const sides = await twoSides({}, { a: { tokens: false }, b: { tokens: false } });
        sides.put('a', { lunch: 'at 12', review: 'at 14' });
        await syncAndKill(first, sides);
        const { 'lunch.ics': lunch = '', 'review.ics': review = '' } = sides.a.texts();
        sides.a.put('lunch.ics', review);
        sides.a.put('review.ics', lunch);
        await syncAndKill(second, sides);
        assert.deepEqual(problemsIn(await sides.sync()), [], `killed at steps ${first} and ${second}`);
        sides.holds('b', { lunch: 'at 12', review: 'at 14' });
      }
    }
  });
});

async function syncAndKill(step: number, sides: TwoSides): Promise<void> {
  const weapon = new Weapon(step, sides);
  await sides.sync().catch((error: unknown) => assert.ok(error instanceof Killed, String(error)));
  weapon.putAway();
}

/** @returns whether the run came to its end before it could be killed */
async function killedAt(step: number, setup: Setup): Promise<boolean> {
  const sides = await twoSides({}, setup);
  sides.put('a', START);
  await sides.sync();
  await sides.sync();
  sides.forgetCalls();
  sides.put('a', A_NOW);
  sides.put('b', B_NOW);
  const weapon = new Weapon(step, sides);
  const survived = await sides.sync().then(
    () => true,
    (error: unknown) => {
      assert.ok(error instanceof Killed, String(error));
      return false;
    },
  );
  weapon.putAway();
  const reports = [await sides.sync(), await sides.sync()];
  assert.deepEqual(reports.flatMap(problemsIn), [], `killed at step ${step}`);
  sides.holds('a', WANTED);
  sides.holds('b', WANTED);
  const inDoubt = Math.max(sides.a.parallelWrites, sides.b.parallelWrites);
  const writes = sides.a.writes + sides.b.writes;
  assert.ok(writes <= 7 + inDoubt, `${writes} writes after a kill at step ${step}`);
  sides.forgetCalls();
  await sides.sync();
  assert.deepEqual(
    [sides.a.writes, sides.b.writes, sides.a.calls.fetches, sides.b.calls.fetches],
    [0, 0, 0, 0],
  );
  return survived;
}

/** Ends the process, as it were, at the n-th step: from then on nothing works. */
class Weapon {
  readonly #sides: TwoSides;

  constructor(step: number, sides: TwoSides) {
    this.#sides = sides;
    let left = step;
    this.#arm(() => {
      left -= 1;
      if (left < 0) throw new Killed();
    });
  }

  putAway(): void {
    this.#arm(undefined);
  }

  #arm(shoot: (() => void) | undefined): void {
    const { status, options } = this.#sides;
    status.onWrite = shoot;
    options.a.onCall = shoot;
    options.b.onCall = shoot;
  }
}
