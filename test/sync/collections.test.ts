import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReadOnlyError, ServerError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { textOf } from '../support/items.ts';
import { outcomes, put, trial } from '../support/pair-trial.ts';
import { contentsOf } from '../support/two-sides.ts';

describe('syncPair', () => {
  it('creates what one side lacks, with its properties, and fills it', async () => {
    const { a, b, sync } = trial();
    a.collection('work', { displayname: 'Work', color: '#FF0000' });
    put(a, 'work', 'standup');
    put(b, 'home', 'dinner');
    const report = await sync();
    assert.deepEqual(
      report.collections.map(({ name, created }) => [name, created]),
      [
        ['work', ['b']],
        ['home', ['a']],
      ],
    );
    assert.deepEqual(b.collection('work').info.properties, { displayname: 'Work', color: '#FF0000' });
    assert.deepEqual(contentsOf(b.collection('work')), { standup: 'tea' });
    assert.deepEqual(contentsOf(a.collection('home')), { dinner: 'tea' });
    assert.deepEqual(outcomes(await sync()), ['work: synced', 'home: synced']);
  });

  it('takes up a collection that comes later, on either side, with the next run', async () => {
    const { a, b, sync } = trial();
    put(a, 'work', 'standup');
    await sync();
    put(a, 'home', 'dinner');
    put(b, 'team', 'review');
    await sync();
    assert.deepEqual(contentsOf(b.collection('home')), { dinner: 'tea' });
    assert.deepEqual(contentsOf(a.collection('team')), { review: 'tea' });
  });

  it('ties collections by a list of names, and creates one that is nowhere on both', async () => {
    const entries = [
      { name: 'w', a: 'work', b: 'buero' },
      { name: 'neu', a: 'neu', b: 'neu' },
    ];
    const { a, b, sync, status } = trial({ collections: { type: 'list', entries } });
    put(a, 'work', 'standup');
    put(b, 'other', 'x');
    await sync();
    assert.deepEqual(contentsOf(b.collection('buero')), { standup: 'tea' });
    assert.deepEqual([a.has('neu'), b.has('neu'), a.has('other')], [true, true, false]);
    assert.deepEqual(
      status.mappings().map(({ name }) => name),
      ['w', 'neu'],
    );
  });

  for (const [what, name] of [
    ['display name', 'Office'],
    ['path', '/two/3f2/'],
  ] as const)
    it(`ties a listed collection that is named by its ${what}`, async () => {
      const entries = [{ name: 'w', a: 'work', b: name }];
      const { a, b, sync } = trial({ collections: { type: 'list', entries } });
      put(a, 'work', 'standup');
      b.collection('3f2', { displayname: 'Office' });
      b.collection('other', { displayname: 'Other' });
      assert.deepEqual(outcomes(await sync()), ['w: synced']);
      assert.deepEqual(contentsOf(b.collection('3f2')), { standup: 'tea' });
      assert.deepEqual([b.has(name), Object.keys(contentsOf(b.collection('other')))], [false, []]);
    });

  it('ties nothing by a display name that several have, and tells their ids', async () => {
    const entries = [{ name: 'w', a: 'work', b: 'Office' }];
    const { a, b, sync } = trial({ collections: { type: 'list', entries } });
    put(a, 'work', 'standup');
    for (const id of ['3f2', '3f3']) b.collection(id, { displayname: 'Office' });
    const { error } = await sync();
    assert.deepEqual(
      [error?.code, error?.message],
      ['config', 'several collections of side b are called "Office"; name one by its id: "3f2" and "3f3"'],
    );
    for (const id of ['3f2', '3f3']) assert.deepEqual(contentsOf(b.collection(id)), {});
  });

  it('leaves alone on both sides what is no longer chosen', async () => {
    const entries = ['work', 'home'].map((id) => ({ name: id, a: id, b: id }));
    const { a, b, sync } = trial({ collections: { type: 'list', entries } });
    for (const id of ['work', 'home']) for (const uid of ['x', 'y']) put(a, id, `${id}-${uid}`);
    await sync();
    entries.pop();
    a.collection('home').drop('home-x.ics');
    put(b, 'home', 'new');
    assert.deepEqual(outcomes(await sync()), ['work: synced']);
    assert.deepEqual(Object.keys(contentsOf(a.collection('home'))), ['home-y']);
    assert.deepEqual(Object.keys(contentsOf(b.collection('home'))), ['home-x', 'home-y', 'new']);
  });

  it('carries no deletion out of one tie into another', async () => {
    const entries = [{ name: 'w', a: 'work', b: 'alt' }];
    const { a, b, sync } = trial({ collections: { type: 'list', entries } });
    for (const uid of ['x', 'y', 'z']) put(a, 'work', uid);
    await sync();
    entries[0] = { name: 'w', a: 'work', b: 'neu' };
    put(b, 'neu', 'y');
    const { collections } = await sync();
    assert.deepEqual(
      collections.flatMap(({ changes }) => changes.map(({ type, uid, on }) => `${type} ${uid} on ${on}`)),
      ['create x on b', 'create z on b'],
    );
    for (const collection of [a.collection('work'), b.collection('neu'), b.collection('alt')])
      assert.deepEqual(Object.keys(contentsOf(collection)), ['x', 'y', 'z']);
  });

  it('goes on with the others when one cannot be created', async () => {
    const { a, b, sync } = trial({ b: { readOnly: true } });
    put(a, 'new', 'x');
    put(b, 'work', 'standup');
    put(a, 'work', 'standup');
    const report = await sync();
    assert.deepEqual(outcomes(report), ['new: read-only', 'work: synced']);
    assert.deepEqual(report.error, undefined);
  });

  it('goes on with the others when one cannot be listed', async () => {
    const { a, b, sync } = trial();
    for (const id of ['bad', 'good']) put(a, id, 'x');
    b.collection('bad').changes = async () => {
      throw new ServerError('500');
    };
    b.collection('good');
    assert.deepEqual(outcomes(await sync()), ['bad: server', 'good: synced']);
    assert.deepEqual(contentsOf(b.collection('good')), { x: 'tea' });
  });

  it('fails as a whole when a side cannot be discovered', async () => {
    const { a, sync } = trial({ b: { failsDiscovery: new ServerError('503', { retryAfterSeconds: 9 }) } });
    put(a, 'work', 'standup');
    const report = await sync();
    assert.deepEqual([report.error?.code, report.retryAfterSeconds, report.collections], ['server', 9, []]);
  });

  it('lets a fault of the program through', async () => {
    const { a, sync } = trial();
    a.collection('work');
    a.options.onCall = () => {
      throw new TypeError('a bug');
    };
    await assert.rejects(sync(), TypeError);
  });

  it('refuses to tie a calendar to an address book', async () => {
    const { sync } = trial({ a: { kind: 'calendar' }, b: { kind: 'contact' } });
    assert.equal((await sync()).error?.code, 'config');
  });

  it('does one collection alone when asked to', async () => {
    const { a, b, sync } = trial();
    put(a, 'work', 'x');
    put(a, 'home', 'y');
    assert.deepEqual(outcomes(await sync({ only: new Set(['home']) })), ['home: synced']);
    assert.equal(b.has('work'), false);
  });

  it('says what there is when asked for a collection that is not', async () => {
    const { a, sync } = trial();
    put(a, 'work', 'x');
    const { error } = await sync({ only: new Set(['wrok']) });
    assert.deepEqual(
      [error?.code, error?.message],
      ['usage', 'pair "pair" has no collection wrok; it has: work'],
    );
  });

  it('waits for the other discovery before it reports the one that failed', async () => {
    const { a, b, sync } = trial({ a: { failsDiscovery: new ReadOnlyError('no') } });
    let done = false;
    const discover = b.discover.bind(b);
    b.discover = async (signal) => {
      await new Promise(setImmediate);
      done = true;
      return discover(signal);
    };
    await sync();
    assert.ok(done && a.calls.discover === 1);
  });
});

describe('a dry run', () => {
  it('plans collections and items, and changes nothing anywhere', async () => {
    const { a, b, status, sync } = trial();
    put(a, 'new', 'x');
    put(a, 'work', 'standup');
    b.collection('work');
    const report = await sync({ dryRun: true, log: silentLogger });
    assert.deepEqual(
      report.collections.map(({ name, outcome, created, changes }) => ({ name, outcome, created, changes })),
      [
        { name: 'new', outcome: 'planned', created: ['b'], changes: [] },
        {
          name: 'work',
          outcome: 'planned',
          created: [],
          changes: [{ type: 'create', on: 'b', uid: 'standup', title: 'tea', href: '/one/work/standup.ics' }],
        },
      ],
    );
    assert.deepEqual([b.has('new'), b.collection('work').writes, status.mappings()], [false, 0, []]);
  });

  it('of a known pair leaves its memory as it was', async () => {
    const { a, b, status, sync } = trial();
    put(a, 'work', 'standup');
    b.collection('work');
    await sync();
    const [mapping] = status.mappings();
    assert.ok(mapping);
    const store = status.open(mapping);
    store.onWrite = () => assert.fail('written in a dry run');
    a.collection('work').put('standup.ics', textOf('calendar', 'standup', 'coffee'));
    const { collections } = await sync({ dryRun: true });
    assert.deepEqual(
      collections[0]?.changes.map(({ type, title, on }) => [type, title, on]),
      [['update', 'coffee', 'b']],
    );
  });

  it('tells that a side has become empty', async () => {
    const { a, b, sync } = trial();
    put(a, 'work', 'standup');
    b.collection('work');
    await sync();
    a.collection('work').drop('standup.ics');
    assert.deepEqual(outcomes(await sync({ dryRun: true })), ['work: emptied']);
  });
});
