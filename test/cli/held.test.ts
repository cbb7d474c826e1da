import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type { JsonReport } from '../../src/sync/report.ts';
import { Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { Ends } from '../support/program.ts';

describe('confirm and discard', () => {
  const ends = new Ends();
  let desk: Desk;
  const names = Array.from({ length: 12 }, (_, at) => `item-${at}.ics`);
  before(async () => {
    desk = await Desk.make(ends, {
      storages: { one: 'vdir/icalendar', two: 'vdir/icalendar' },
      pairs: ['backup: one two'],
    });
    for (const collection of ['work', 'home'])
      for (const name of names)
        await desk.put(`one/${collection}/${name}`, eventText({ uid: name, summary: `the ${name}` }));
    await desk.syncs();
  });
  after(() => ends.close());

  const inTwo = async (collection: string): Promise<number> =>
    (await desk.files('two')).filter((file) => file.startsWith(`${collection}/`)).length;
  const remove = async (collection: string, count: number): Promise<void> => {
    for (const name of names.slice(0, count)) await rm(desk.at('one', collection, name));
  };

  it('have nothing to do when nothing is held back', async () => {
    const { status, stdout } = await desk.pimsync(['confirm']);
    assert.deepEqual([status, stdout], [0, 'no deletion is held back\n']);
  });

  it('let one mass deletion go on, without being told where it is', async () => {
    await remove('work', 11);
    const sync = await desk.pimsync(['sync']);
    assert.equal(sync.status, 1);
    assert.match(
      sync.stderr,
      /backup\/work: held back: "the item-0\.ics".*, …: 11 of 12 items were deleted on a; "pimsync confirm backup\/work"/,
    );
    assert.equal(await inTwo('work'), 12);
    const status = await desk.pimsync(['status']);
    assert.match(status.stdout + status.stderr, /held/);
    const { status: code, stdout } = await desk.pimsync(['confirm']);
    assert.deepEqual([code, stdout], [0, 'backup/work: 11 removed on b\n']);
    assert.equal(await inTwo('work'), 1);
  });

  it('ask which one is meant when there are several, and change nothing before', async () => {
    await remove('home', 11);
    await rm(desk.at('one', 'work'), { recursive: true });
    const { status, stderr } = await desk.pimsync(['discard']);
    assert.equal(status, 2);
    assert.match(stderr, /held back in backup\/home, backup\/work; .*"pimsync discard backup\/home"/);
    assert.deepEqual([await inTwo('home'), await inTwo('work')], [12, 1]);
  });

  it('bring back what was deleted, a whole collection too', async () => {
    await desk.pimsync(['discard', 'backup/home', 'backup/work']);
    const files = await desk.files('one');
    assert.equal(files.filter((file) => file.startsWith('home/')).length, 12);
    assert.equal(files.filter((file) => file.startsWith('work/')).length, 1);
    assert.equal((await desk.pimsync(['sync'])).status, 0);
  });

  it('say what there is when they are told of something else', async () => {
    const { status, stderr } = await desk.pimsync(['confirm', 'backpu/work']);
    assert.deepEqual([status, /there is no pair "backpu"; there are: backup/.test(stderr)], [2, true]);
  });
});

describe('sync -n of what waits for a word', () => {
  const ends = new Ends();
  let desk: Desk;
  before(async () => {
    desk = await Desk.make(ends, {
      storages: { one: 'vdir/icalendar', two: 'vdir/icalendar' },
      pairs: ['[pair.copy]\na = "one"\nb = "two"\ncollections = "all"\none_way = true'],
    });
    await desk.put('one/work/tea.ics', eventText({ uid: 'tea', summary: 'Tea' }));
    await desk.put('two/work/tea.ics', eventText({ uid: 'tea', summary: 'Tea, and cake' }));
    await desk.put('two/work/own.ics', eventText({ uid: 'own', summary: 'My own' }));
  });
  after(() => ends.close());

  const PLAN = [
    'copy/work: once you confirm it, remove on b: "My own" (UID own)',
    'copy/work: once you confirm it, update on b: "Tea" (UID tea)',
    'copy/work: 1 of these steps waits for your word: only side b has it; "pimsync confirm copy/work" makes b a copy of a',
    'copy/work: 1 of these steps waits for your word: side b has another text of its own; "pimsync confirm copy/work" makes b a copy of a',
    '',
  ];

  it('tells the steps of a first copy and the word for them, and has nothing to complain of', async () => {
    assert.deepEqual((await desk.syncs('-n')).split('\n'), PLAN);
    const [report] = (await desk.json('sync', '-n')) as JsonReport[];
    const [collection] = report?.collections ?? [];
    assert.deepEqual([report?.ok, collection?.problems, collection?.changes], [true, [], []]);
    assert.deepEqual(
      collection?.waiting?.map(({ type, on, uid, title }) => [type, on, uid, title]),
      [
        ['remove', 'b', 'own', 'My own'],
        ['update', 'b', 'tea', 'Tea'],
      ],
    );
  });

  it('says the same once a run has held them back', async () => {
    assert.equal((await desk.pimsync(['sync'])).status, 1);
    assert.deepEqual((await desk.syncs('-n')).split('\n'), PLAN);
    await desk.pimsync(['confirm']);
    assert.equal(await desk.syncs('-n'), '');
    assert.deepEqual(await desk.files('two'), ['work/tea.ics']);
  });

  it('tells the steps that an emptied side would have, though that is a failure', async () => {
    await rm(desk.at('one', 'work', 'tea.ics'));
    const { status, stdout, stderr } = await desk.pimsync(['sync', '-n']);
    assert.equal(status, 1);
    assert.match(stdout, /^copy\/work: once you confirm it, remove on b: "Tea" \(UID tea\)\n/);
    assert.match(
      stderr,
      /^pimsync: copy\/work: its only item is gone from side a; .*"pimsync confirm copy\/work"/,
    );
  });
});
