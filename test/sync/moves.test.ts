import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AlreadyExistsError, RefusedError, ServerError } from '../../src/core/errors.ts';
import { textOf } from '../support/items.ts';
import type { MemoryOptions, MemoryStorage } from '../support/memory-storage.ts';
import { put, type Trial, trial } from '../support/pair-trial.ts';
import { type Contents, contentsOf } from '../support/two-sides.ts';

const UIDS = ['standup', 'review', 'lunch'];

/** "home" and "work" in step, with the items in "home". */
async function atHome(b: MemoryOptions, uids: readonly string[] = UIDS): Promise<Trial> {
  const made = trial({ b });
  made.a.collection('work');
  for (const uid of uids) put(made.a, 'home', uid);
  await made.sync();
  await made.sync();
  return made;
}

/** As another program would do it: the same file, in another folder. */
function carry(storage: MemoryStorage, uid: string, title = 'tea', [from, to] = ['home', 'work']): void {
  storage.collection(from ?? '').drop(`${uid}.ics`);
  storage.collection(to ?? '').put(`${uid}.ics`, textOf('calendar', uid, title));
}

const holds = ({ a, b }: Trial, contents: Readonly<Record<string, Contents>>): void => {
  for (const storage of [a, b])
    for (const [id, want] of Object.entries(contents)) {
      assert.deepEqual(contentsOf(storage.collection(id)), want, `${storage.name}/${id}`);
    }
};

/** An account in which every UID is there once, as many servers demand. */
const onceInAccount = (storage: () => MemoryStorage): MemoryOptions => ({
  moves: true,
  failsWrite: (write, subject) => {
    if (write === 'move') return new RefusedError('not here');
    return write === 'create' &&
      ['home', 'work'].some((id) => Object.hasOwn(contentsOf(storage().collection(id)), subject))
      ? new AlreadyExistsError('no-uid-conflict')
      : undefined;
  },
});

describe('an item that went into another collection', () => {
  it('is moved there on a side that moves, and nothing else is written', async () => {
    const sides = await atHome({ moves: true });
    const [home, work] = ['home', 'work'].map((id) => sides.b.collection(id));
    assert.ok(home && work);
    const before = home.writes + work.writes;
    carry(sides.a, 'standup');
    const { collections } = await sides.sync();
    const done = collections.flatMap(({ name, changes }) =>
      changes.map(({ type, uid, on }) => `${name}: ${type} ${uid} on ${on}`),
    );
    assert.deepEqual(done.toSorted(), ['home: remove standup on b', 'work: create standup on b']);
    assert.equal(home.calls.move, 1);
    assert.equal(home.writes + work.writes, before + 1);
    holds(sides, { home: { review: 'tea', lunch: 'tea' }, work: { standup: 'tea' } });
    await sides.sync();
    const again = await sides.sync();
    assert.deepEqual(
      again.collections.map(({ outcome }) => outcome),
      ['quiet', 'quiet'],
    );
  });

  for (const direction of [
    ['home', 'work'],
    ['work', 'home'],
  ] as const)
    it(`goes from ${direction.join(' to ')} where a UID may be there once in an account`, async () => {
      let account: MemoryStorage | undefined;
      const sides = trial({
        b: onceInAccount(() => {
          assert.ok(account);
          return account;
        }),
      });
      account = sides.b;
      sides.a.collection(direction[1]);
      put(sides.a, direction[0], 'standup');
      put(sides.a, direction[0], 'lunch');
      await sides.sync();
      await sides.sync();
      carry(sides.a, 'standup', 'tea', [...direction]);
      const { collections } = await sides.sync();
      assert.deepEqual(
        collections.flatMap(({ problems }) => problems),
        [],
      );
      holds(sides, { [direction[0]]: { lunch: 'tea' }, [direction[1]]: { standup: 'tea' } });
    });

  it('and was put back by others at once is noticed, though all is as before there', async () => {
    const sides = await atHome({ moves: true, states: 'digest' });
    carry(sides.a, 'standup');
    await sides.sync();
    carry(sides.b, 'standup', 'tea', ['work', 'home']);
    await sides.sync();
    holds(sides, { home: { standup: 'tea', review: 'tea', lunch: 'tea' }, work: {} });
  });

  it('and was edited on the way is taken over with the edit', async () => {
    const sides = await atHome({ moves: true });
    carry(sides.a, 'standup', 'coffee');
    await sides.sync();
    holds(sides, { home: { review: 'tea', lunch: 'tea' }, work: { standup: 'coffee' } });
    assert.equal(sides.b.collection('home').calls.move, 0);
  });

  it('is no mass deletion, and no emptied collection', async () => {
    const uids = Array.from({ length: 12 }, (_, at) => `item-${at}`);
    const sides = await atHome({ moves: true }, uids);
    for (const uid of uids) carry(sides.a, uid);
    const { collections } = await sides.sync();
    assert.deepEqual(
      collections.map(({ error, problems }) => error ?? problems.length),
      [0, 0],
    );
    holds(sides, { home: {}, work: Object.fromEntries(uids.map((uid) => [uid, 'tea'])) });
  });

  it('does not let the deletion of all others pass for harmless', async () => {
    const uids = Array.from({ length: 12 }, (_, at) => `item-${at}`);
    const sides = await atHome({ moves: true }, uids);
    carry(sides.a, 'item-0');
    for (const uid of uids.slice(1)) sides.a.collection('home').drop(`${uid}.ics`);
    const home = (await sides.sync()).collections.find(({ name }) => name === 'home');
    assert.equal(home?.error?.code, 'emptied');
  });

  it('that was edited on the other side meanwhile comes back where it was, and is lost nowhere', async () => {
    const sides = await atHome({ moves: true });
    carry(sides.a, 'standup');
    sides.b.collection('home').put('standup.ics', textOf('calendar', 'standup', 'edited'));
    await sides.sync();
    holds(sides, {
      home: { standup: 'edited', review: 'tea', lunch: 'tea' },
      work: { standup: 'tea' },
    });
  });

  it('is only told of in a dry run', async () => {
    const sides = await atHome({ moves: true });
    carry(sides.a, 'standup');
    const { collections } = await sides.sync({ dryRun: true });
    assert.deepEqual(
      collections.flatMap(({ name, changes }) => changes.map(({ type }) => `${name}: ${type}`)).toSorted(),
      ['home: remove', 'work: create'],
    );
    assert.equal(sides.b.collection('home').calls.move, 0);
  });

  it('gets there in two steps where the storage refuses to move it', async () => {
    const sides = await atHome({
      moves: true,
      failsWrite: (write) => (write === 'move' ? new RefusedError('not between these') : undefined),
    });
    carry(sides.a, 'standup');
    assert.deepEqual(
      (await sides.sync()).collections.flatMap(({ problems }) => problems),
      [],
    );
    holds(sides, { home: { review: 'tea', lunch: 'tea' }, work: { standup: 'tea' } });
  });

  it('is tried again when moving it fails for now', async () => {
    const sides = await atHome({ moves: true });
    sides.b.options.failsWrite = () => new ServerError('503');
    carry(sides.a, 'standup');
    const { collections } = await sides.sync();
    assert.equal(collections.flatMap(({ problems }) => problems).length, 2);
    delete sides.b.options.failsWrite;
    await sides.sync();
    holds(sides, { home: { review: 'tea', lunch: 'tea' }, work: { standup: 'tea' } });
  });

  it('is read when the move tells no etag', async () => {
    const sides = await atHome({ moves: true, etags: 'withheld' });
    carry(sides.a, 'standup');
    await sides.sync();
    holds(sides, { home: { review: 'tea', lunch: 'tea' }, work: { standup: 'tea' } });
    assert.equal(sides.b.collection('work').calls.create, 0);
  });

  it('is not moved on a read-only side', async () => {
    const sides = await atHome({ moves: true });
    sides.b.options.readOnly = true;
    carry(sides.a, 'standup');
    await sides.sync();
    assert.equal(sides.b.collection('home').calls.move, 0);
  });
});

describe('what looks like a move and is none', () => {
  it("is a text of side b's own that a one-way pair has not asked about", async () => {
    const { a, b, sync } = trial({ b: { moves: true }, pair: { oneWay: true } });
    a.collection('home');
    b.collection('work');
    a.collection('work').put('x.ics', textOf('calendar', 'x', 'of a'));
    b.collection('home').put('x.ics', textOf('calendar', 'x', 'of b'));
    const { collections } = await sync();
    assert.deepEqual(
      collections.flatMap(({ problems }) => problems.map(({ type }) => type)),
      ['held'],
    );
    assert.deepEqual(contentsOf(b.collection('home')), { x: 'of b' });
  });

  it('is an item that was edited on the side that copies', async () => {
    const made = trial({ b: { moves: true }, pair: { oneWay: true } });
    made.a.collection('work');
    put(made.a, 'home', 'x');
    await made.sync();
    await made.sync();
    made.b.collection('home').put('x.ics', textOf('calendar', 'x', 'edited on b'));
    carry(made.a, 'x');
    await made.sync({ allowEmpty: true });
    holds(made, { home: {}, work: { x: 'tea' } });
  });

  it('is an item of which there is a copy', async () => {
    const sides = await atHome({ moves: true });
    sides.b.collection('home').put('copy.ics', textOf('calendar', 'standup', 'tea'));
    await sides.sync();
    carry(sides.a, 'standup');
    await sides.sync();
    await sides.sync();
    holds(sides, { home: { review: 'tea', lunch: 'tea' }, work: { standup: 'tea' } });
  });
});

describe('an item that went into another collection on the side of a mount', () => {
  it('is no mass deletion there, though nothing can be moved', async () => {
    const uids = Array.from({ length: 12 }, (_, at) => `item-${at}`);
    const sides = await atHome({}, uids);
    for (const uid of uids) carry(sides.b, uid);
    const { collections } = await sides.sync();
    assert.deepEqual(
      collections.map(({ error, problems }) => error ?? problems.length),
      [0, 0],
    );
    holds(sides, { home: {}, work: Object.fromEntries(uids.map((uid) => [uid, 'tea'])) });
  });
});

describe('a run that is killed while an item moves', () => {
  for (let step = 1; step <= 8; step += 1)
    for (const moves of [true, false])
      it(`${moves ? 'by moving' : 'in two steps'}, at call ${step}, is finished by the next`, async () => {
        const sides = await atHome({ moves });
        carry(sides.a, 'standup');
        let calls = 0;
        sides.b.options.onCall = () => {
          calls += 1;
          if (calls === step) throw new TypeError('killed');
        };
        await sides.sync().catch((error: unknown) => assert.ok(error instanceof TypeError));
        delete sides.b.options.onCall;
        await sides.sync();
        const { collections } = await sides.sync();
        assert.deepEqual(
          collections.flatMap(({ problems }) => problems),
          [],
        );
        holds(sides, { home: { review: 'tea', lunch: 'tea' }, work: { standup: 'tea' } });
      });
});
