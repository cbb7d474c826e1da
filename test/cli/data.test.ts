import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { Ends, MAIN, run, sh } from '../support/program.ts';

describe('what commands print', () => {
  const ends = new Ends();
  let desk: Desk;
  before(async () => {
    desk = await Desk.make(ends, {
      storages: { left: 'vdir/icalendar', right: 'vdir/icalendar', gone: 'vdir/vcard', other: 'vdir/vcard' },
      pairs: ['both: left right', 'broken: gone other'],
    });
    await desk.put('left/work/standup.ics', eventText({ uid: 'standup' }));
    await desk.put('left/work/displayname', 'Wo\u202Erk');
    await desk.put('right/home/lunch.ics', eventText({ uid: 'lunch' }));
    await desk.remove('gone');
  });
  after(() => ends.close());

  it('list: names, one a line', async () => {
    const pairs = await desk.pimsync(['list', 'pairs']);
    assert.deepEqual(pairs, { status: 0, stdout: 'both\nbroken\n', stderr: '' });
    assert.deepEqual(await desk.json('list', 'storages'), ['left', 'right', 'gone', 'other']);
  });

  it('version', async () => {
    assert.match((await desk.pimsync(['version'])).stdout, /^pimsync \d+\.\d+\.\d+\n$/);
    assert.match((await desk.pimsync(['--version'])).stdout, /^pimsync \d+\.\d+\.\d+\n$/);
    assert.match(JSON.stringify(await desk.json('version')), /"version":"\d+\.\d+\.\d+","node":"v/);
  });

  it('discover: what can be read, and what cannot on stderr', async () => {
    const { status, stdout, stderr } = await desk.pimsync(['discover']);
    assert.equal(status, 1);
    const [left, work, ...more] = stdout.split('\n');
    assert.equal(left, 'left:');
    assert.match(work ?? '', /^ {2}work {2}calendar {2}writable {2}1 item {2}Wo\uFFFDrk {2}work$/);
    assert.deepEqual(more, ['right:', '  home  calendar  writable  1 item  -  home', 'other:', '']);
    assert.match(
      stderr,
      /^pimsync: storage "gone": .* is not there; mount its disk, or make it with mkdir -p\n$/,
    );
  });

  it('discover of named storages, as JSON', async () => {
    assert.deepEqual(await desk.json('discover', 'right'), [
      {
        storage: 'right',
        collections: [{ id: 'home', href: 'home', kind: 'calendar', writable: true, items: 1 }],
      },
    ]);
  });

  it('check: each storage with its remedy, and status 1 if one fails', async () => {
    const { status, stdout, stderr } = await desk.pimsync(['check']);
    assert.deepEqual({ status, stderr }, { status: 1, stderr: '' });
    assert.match(stdout, /^left: ok\n {2}collection work\n/);
    assert.match(stdout, /\ngone: FAILED\n {2}\S+ is not there; mount its disk/);
    assert.match(stdout, /\nother: ok\n {2}no collections yet\n/);
  });

  it('check of a pair, as JSON', async () => {
    const results = (await desk.json('check', 'broken')) as { storage: string; ok: boolean }[];
    assert.deepEqual(
      results.map(({ storage, ok }) => [storage, ok]),
      [
        ['gone', false],
        ['other', true],
      ],
    );
  });

  it('check changes nothing, not even the state folder', async () => {
    const fresh = await Desk.make(ends, { storages: { left: 'vdir/icalendar' } });
    assert.equal((await fresh.pimsync(['check'])).status, 0);
    await assert.rejects(fresh.files('state'), { code: 'ENOENT' });
  });

  it('sync: what was done on stdout, what failed on stderr; a failing pair does not stop the others', async () => {
    const { status, stdout, stderr } = await desk.sync();
    assert.equal(status, 1);
    assert.deepEqual(stdout.split('\n').toSorted(), [
      '',
      'both/home: collection created on a, 1 created on a',
      'both/work: collection created on b, 1 created on b',
    ]);
    assert.match(stderr, /^pimsync: broken: .* is not there/);
    assert.deepEqual(await desk.files('left'), ['home/lunch.ics', 'work/displayname', 'work/standup.ics']);
  });

  it('sync --json: one document', async () => {
    const reports = (await desk.json('sync')) as { pair: string; ok: boolean }[];
    assert.deepEqual(
      reports.map(({ pair, ok }) => [pair, ok]),
      [
        ['both', true],
        ['broken', false],
      ],
    );
  });

  it('sync of one collection touches no other', async () => {
    await desk.put('left/work/new.ics', eventText({ uid: 'new' }));
    await desk.put('right/home/new.ics', eventText({ uid: 'new' }));
    assert.equal(await desk.syncs('both/home'), 'both/home: 1 created on a\n');
    assert.equal(await desk.syncs('both/work', 'both/home'), 'both/work: 1 created on b\n');
  });

  it('status without an engine', async () => {
    const { status, stdout, stderr } = await desk.pimsync(['status']);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.match(
      stdout,
      /^pimsync is not running\nboth\/\w+ +2 items {2}in step {2}synchronised \d+ s ago\n/,
    );
    const json = (await desk.json('status')) as {
      running: unknown;
      pairs: { items: number; finishedAtMs: number }[];
    };
    assert.equal(json.running, null);
    assert.deepEqual(
      json.pairs.map(({ items }) => items),
      [2, 2],
    );
    assert.ok(json.pairs.every(({ finishedAtMs }) => Math.abs(finishedAtMs - Date.now()) < 600_000));
  });

  it('logs go to stderr, and no level changes what is on stdout', async () => {
    for (const level of ['silent', 'error', 'info', 'debug']) {
      const { stdout } = await desk.pimsync(['-v', level, 'sync', 'both']);
      assert.equal(stdout, 'both: nothing to do\n');
    }
    const { stderr } = await desk.pimsync(['-v', 'silent', 'sync', 'both']);
    assert.doesNotMatch(stderr, /^warning/m);
  });

  it('a reader that goes away is no failure', async () => {
    const script = `set -o pipefail; ${process.execPath} ${MAIN} -c ${desk.place.config} help sync | true`;
    const { status, stderr } = await run('bash', ['-c', script]);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  });

  it('a stdout that takes nothing is one', async () => {
    const said = await sh(
      `${process.execPath} ${MAIN} -c ${desk.place.config} list pairs 2>&1 >/dev/full || echo status $?`,
    );
    assert.match(said, /^pimsync: the output cannot be written: .*ENOSPC.*\nstatus 1\n$/);
  });

  it('a file in place of stdout gets everything', async () => {
    await sh(`${process.execPath} ${MAIN} -c ${desk.place.config} list pairs > ${desk.at('out')}`);
    assert.equal(await desk.read('out'), 'both\nbroken\n');
  });
});
