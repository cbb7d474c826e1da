import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServerError } from '../../src/core/errors.ts';
import { href } from '../../src/core/storage.ts';
import { textOf } from '../support/items.ts';
import { outcomes, put, type Trial, trial } from '../support/pair-trial.ts';
import { contentsOf } from '../support/two-sides.ts';

type Setup = NonNullable<Parameters<typeof trial>[0]>;

/** "work" with `items` in it and "home", in step on both sides. */
async function inStep(items: readonly string[], setup?: Setup): Promise<Trial> {
  const made = trial(setup);
  for (const id of ['work', 'home']) for (const side of [made.a, made.b]) side.collection(id);
  put(made.a, 'home', 'dinner');
  for (const uid of items) put(made.a, 'work', uid);
  await made.sync();
  await made.sync();
  return made;
}

const LISTED = {
  collections: {
    type: 'list',
    entries: ['work', 'home'].map((id) => ({ name: id, a: id, b: id })),
  },
} as const satisfies Setup;

const ofWork = async (run: ReturnType<Trial['sync']>): Promise<{ outcome: string; text: string }> => {
  const work = (await run).collections.find(({ name }) => name === 'work');
  return { outcome: work?.error?.code ?? work?.outcome ?? 'not there', text: work?.error?.message ?? '' };
};

for (const gone of ['a', 'b'] as const) {
  const other = gone === 'a' ? 'b' : 'a';

  describe(`a collection that was deleted on ${gone}`, () => {
    it('is deleted on the other side when it is empty, and no trace is left of it', async () => {
      const { sync, status, ...storages } = await inStep([]);
      storages[gone].dropCollection('work');
      const { collections } = await sync();
      const work = collections.find(({ name }) => name === 'work');
      assert.deepEqual([work?.outcome, work?.deleted], ['synced', [other]]);
      assert.equal(storages[other].has('work'), false);
      assert.deepEqual(
        status.mappings().map(({ name }) => name),
        ['home'],
      );
      assert.deepEqual(outcomes(await sync()), ['home: quiet']);
    });

    it('with items waits for a word, and says which', async () => {
      const { sync, ...storages } = await inStep(['standup', 'review']);
      storages[gone].dropCollection('work');
      for (const turn of [1, 2]) {
        const { outcome, text } = await ofWork(sync());
        assert.equal(outcome, 'emptied', `turn ${turn}`);
        assert.match(text, new RegExp(`gone from side ${gone}.*side ${other}\\) still has 2 items`));
        assert.match(text, /"pimsync confirm pair\/work".*"pimsync discard pair\/work"/);
      }
      assert.equal(storages[gone].has('work'), false);
      assert.deepEqual(Object.keys(contentsOf(storages[other].collection('work'))), ['review', 'standup']);
    });

    for (const word of [{ deletions: 'confirm' }, { allowEmpty: true }] as const) {
      it(`goes with its items after ${JSON.stringify(word)}`, async () => {
        const { sync, ...storages } = await inStep(['standup', 'review']);
        storages[gone].dropCollection('work');
        const { collections } = await sync(word);
        const work = collections.find(({ name }) => name === 'work');
        assert.deepEqual(work?.changes.map(({ type, on, uid }) => `${type} ${uid} on ${on}`).toSorted(), [
          `remove review on ${other}`,
          `remove standup on ${other}`,
        ]);
        assert.deepEqual([storages.a.has('work'), storages.b.has('work')], [false, false]);
        assert.deepEqual(outcomes(await sync()), ['home: quiet']);
      });
    }

    it('goes with its items where on_empty says so', async () => {
      const { sync, ...storages } = await inStep(['standup'], { pair: { onEmpty: 'sync' } });
      storages[gone].dropCollection('work');
      await sync();
      assert.deepEqual([storages.a.has('work'), storages.b.has('work')], [false, false]);
    });

    it('comes back, with its items, after "discard"', async () => {
      const { sync, ...storages } = await inStep(['standup', 'review']);
      storages[gone].dropCollection('work');
      await sync({ deletions: 'discard' });
      assert.deepEqual(Object.keys(contentsOf(storages[gone].collection('work'))), ['review', 'standup']);
      await sync();
      assert.deepEqual(outcomes(await sync()).toSorted(), ['home: quiet', 'work: quiet']);
    });

    it('stays with an item that was changed since, whatever is said', async () => {
      const { sync, ...storages } = await inStep(['standup', 'review']);
      storages[gone].dropCollection('work');
      storages[other].collection('work').put('standup.ics', textOf('calendar', 'standup', 'at 10'));
      const { outcome, text } = await ofWork(sync({ deletions: 'confirm' }));
      assert.deepEqual([outcome, /1 item in it was made or changed/.test(text)], ['emptied', true]);
      assert.equal(contentsOf(storages[other].collection('work'))['standup'], 'at 10');
    });

    it('stays where on_delete says so, and is not made anew', async () => {
      const { sync, ...storages } = await inStep([], { pair: { onDelete: 'skip' } });
      storages[gone].dropCollection('work');
      assert.deepEqual((await ofWork(sync())).outcome, 'quiet');
      assert.deepEqual([storages[gone].has('work'), storages[other].has('work')], [false, true]);
    });

    it('stays on a read-only side', async () => {
      const { sync, ...storages } = await inStep([]);
      storages[gone].dropCollection('work');
      storages[other].options.readOnly = true;
      assert.equal((await ofWork(sync())).outcome, 'read-only');
      assert.ok(storages[other].has('work'));
    });

    it('is told of in a dry run, which deletes nothing', async () => {
      const { sync, ...storages } = await inStep(['standup']);
      storages[gone].dropCollection('work');
      const { collections } = await sync({ dryRun: true, deletions: 'confirm' });
      const work = collections.find(({ name }) => name === 'work');
      assert.deepEqual([work?.outcome, work?.deleted, work?.changes.length], ['planned', [other], 1]);
      assert.deepEqual(Object.keys(contentsOf(storages[other].collection('work'))), ['standup']);
    });

    it('is finished by the next run when one is cut short on the way', async () => {
      const { sync, ...storages } = await inStep(['standup', 'review']);
      storages[gone].dropCollection('work');
      storages[other].options.failsDeleteCollection = new ServerError('503');
      assert.equal((await ofWork(sync({ deletions: 'confirm' }))).outcome, 'server');
      delete storages[other].options.failsDeleteCollection;
      await sync();
      assert.equal(storages[other].has('work'), false);
    });

    it('by its name in a list is not made anew once it is gone on both', async () => {
      const { sync, ...storages } = await inStep([], LISTED);
      storages[gone].dropCollection('work');
      await sync();
      const { collections } = await sync();
      const work = collections.find(({ name }) => name === 'work');
      assert.equal(work?.outcome, 'quiet');
      assert.match(work.notes.join(), /deleted on both sides.*"collections".*pimsync discard pair\/work/);
      assert.deepEqual([storages.a.has('work'), storages.b.has('work')], [false, false]);
      await sync({ deletions: 'discard', only: new Set(['work']) });
      assert.deepEqual([storages.a.has('work'), storages.b.has('work')], [true, true]);
    });
  });
}

describe('collections that are gone', () => {
  it('from one side stay on a side that keeps what is deleted, with items or without', async () => {
    for (const items of [[], ['standup']]) {
      const { a, b, sync } = await inStep(items, {
        pair: { noDelete: { a: false, b: true }, onEmpty: 'sync' },
      });
      a.dropCollection('work');
      assert.equal((await ofWork(sync())).outcome, 'quiet');
      assert.ok(b.has('work'));
      assert.equal(Object.keys(contentsOf(b.collection('work'))).length, items.length);
    }
  });

  it('need a word of their own when one was said on deletions in them', async () => {
    const uids = Array.from({ length: 20 }, (_, at) => `item-${at}`);
    const { a, b, sync } = await inStep(uids);
    for (const uid of uids.slice(0, 12)) a.collection('work').drop(`${uid}.ics`);
    await sync();
    a.dropCollection('work');
    assert.equal((await ofWork(sync({ deletions: 'confirm' }))).outcome, 'emptied');
    assert.equal(Object.keys(contentsOf(b.collection('work'))).length, 20);
    await sync({ deletions: 'confirm' });
    assert.equal(b.has('work'), false);
  });

  it('are left whole where some of it is outside of a window', async () => {
    const { a, b, sync } = await inStep(['standup', 'old']);
    b.collection('work').outside.add(href('/two/work/old.ics'));
    a.dropCollection('work');
    const { outcome, text } = await ofWork(sync({ deletions: 'confirm' }));
    assert.deepEqual([outcome, /outside of the window/.test(text)], ['emptied', true]);
    assert.equal(Object.keys(contentsOf(b.collection('work'))).length, 2);
  });

  it('from a one-way pair cannot be discarded, and are not lost sight of', async () => {
    const { a, sync, status } = await inStep(['standup'], { pair: { oneWay: true } });
    a.dropCollection('work');
    for (const deletions of ['discard', 'hold'] as const) {
      const { outcome, text } = await ofWork(sync({ deletions }));
      assert.deepEqual([outcome, /discard/.test(text)], ['emptied', false]);
    }
    assert.equal(status.mappings().length, 2);
  });

  it('on both sides are forgotten, so that one that comes back is new', async () => {
    const { a, b, sync, status } = await inStep(['standup']);
    a.dropCollection('work');
    b.dropCollection('work');
    await sync();
    assert.deepEqual(
      status.mappings().map(({ name }) => name),
      ['home'],
    );
    put(b, 'work', 'review');
    await sync();
    assert.deepEqual(contentsOf(a.collection('work')), { review: 'tea' });
  });

  it('from a are seen too when the pair takes "from a" alone', async () => {
    const { a, b, sync } = await inStep([], { collections: { type: 'from a' } });
    a.dropCollection('work');
    await sync();
    assert.equal(b.has('work'), false);
  });
});
