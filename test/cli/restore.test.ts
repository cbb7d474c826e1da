import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { Desk } from '../support/desk.ts';
import { event, HistoryDesk } from '../support/history-desk.ts';
import { endsOf, eventually } from '../support/program.ts';

describe('restore, with nothing mounted', () => {
  it('brings back what was overwritten, and sends it with the next sync', async (t) => {
    const bench = await HistoryDesk.make(t);
    const { desk } = bench;
    await bench.put('work/a.ics', event('a', 'changed'));
    await desk.syncs();
    const { status, stdout } = await desk.pimsync(['restore', bench.at('work', 'a.ics')]);
    assert.equal(status, 0);
    assert.match(stdout, /a\.ics is as it was in @\d+, replaced at .*; it is sent at the next sync/);
    assert.equal(await desk.read('local/work/a.ics'), event('a', 'changed'));
    await desk.syncs();
    assert.equal(await desk.read('local/work/a.ics'), event('a'));
  });

  it('can be undone by itself', async (t) => {
    const bench = await HistoryDesk.make(t);
    const { desk } = bench;
    await bench.put('work/a.ics', event('a', 'changed'));
    await desk.syncs();
    for (const wanted of ['a', 'changed', 'a']) {
      assert.equal((await desk.pimsync(['restore', bench.at('work', 'a.ics')])).status, 0);
      await desk.syncs();
      assert.equal(await desk.read('local/work/a.ics'), event('a', wanted));
    }
    const whys = (await bench.versions('work', 'a.ics')).map(({ why, title }) => [title, why]);
    assert.deepEqual(whys.at(-1), ['a', 'changed-there']);
    assert.deepEqual(whys[0], ['changed', 'edited-here']);
  });

  it('brings back what was deleted, and a version that is named', async (t) => {
    const bench = await HistoryDesk.make(t);
    const { desk } = bench;
    await bench.put('work/a.ics', event('a', 'second'));
    await desk.syncs();
    await rm(desk.at('local', 'work', 'a.ics'));
    await desk.syncs();
    const [newest, oldest] = await bench.versions('work', 'a.ics');
    assert.deepEqual([newest?.title, oldest?.title], ['second', 'a']);
    const path = bench.at('work', 'a.ics');
    const named = await desk.pimsync(['restore', `${path}@${oldest?.number}`, '--json']);
    assert.deepEqual(JSON.parse(named.stdout), {
      path,
      version: oldest?.number,
      outcome: 'restored',
      isRunning: false,
    });
    await desk.syncs();
    assert.equal(await desk.read('local/work/a.ics'), event('a'));
    const again = await desk.pimsync(['restore', `${path}@${oldest?.number}`]);
    assert.equal(again.status, 0);
    assert.match(again.stdout, /says what @\d+.* said; nothing was done/);
    assert.equal((await desk.pimsync(['restore', path])).status, 0);
    await desk.syncs();
    assert.equal(await desk.read('local/work/a.ics'), event('a', 'second'));
  });

  it('by a daemon, where one runs, which sends it at once', async (t) => {
    const bench = await HistoryDesk.make(t);
    const { desk } = bench;
    await bench.put('work/a.ics', event('a', 'changed'));
    await desk.syncs();
    const daemon = desk.start(['daemon', '-r', '3']);
    await eventually('the daemon', async () => daemon.ready !== '');
    const { status, stdout, stderr } = await desk.pimsync(['restore', bench.at('work', 'a.ics')]);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /it is sent in a moment/);
    await eventually('the text', async () => (await desk.read('local/work/a.ics')) === event('a'));
  });

  it('--to: to a new file or to stdout, and changes nothing', async (t) => {
    const bench = await HistoryDesk.make(t);
    const { desk } = bench;
    await bench.put('work/a.ics', event('a', 'changed'));
    await desk.syncs();
    const path = bench.at('work', 'a.ics');
    const before = await bench.versions('work', 'a.ics');
    assert.equal((await desk.pimsync(['restore', path, '--to', '-'])).stdout, event('a'));
    const file = desk.at('version.ics');
    assert.equal((await desk.pimsync(['restore', path, '--to', file])).status, 0);
    assert.equal(await readFile(file, 'utf8'), event('a'));
    await writeFile(file, 'mine');
    const { status, stderr } = await desk.pimsync(['restore', path, '--to', file]);
    assert.equal(status, 1);
    assert.match(stderr, /version\.ics is there already, and is left as it is/);
    assert.equal(await readFile(file, 'utf8'), 'mine');
    const nowhere = await desk.pimsync(['restore', path, '--to', join(dirname(file), 'no', 'where.ics')]);
    assert.deepEqual([nowhere.status, /cannot be written/.test(nowhere.stderr)], [1, true]);
    assert.deepEqual(await bench.versions('work', 'a.ics'), before);
  });

  it('says where the item is, when it is in another folder now', async (t) => {
    const bench = await HistoryDesk.make(t);
    const { desk } = bench;
    await bench.put('work/a.ics', event('a', 'changed'));
    await desk.syncs();
    const [version] = await bench.versions('work', 'a.ics');
    // The other side has another item in the same place, and the old one in another folder.
    await desk.move('local/work/a.ics', 'local/work/x.ics');
    await bench.put('work/a.ics', event('other'));
    await mkdir(desk.at('local', 'home'));
    await desk.move('local/work/x.ics', 'local/home/x.ics');
    await desk.syncs();
    const items = await bench.items();
    const item = items.find(({ uid }) => uid === 'a');
    assert.match(item?.path ?? '', /local\/home\/.*\.ics$/);
    const newest = await desk.pimsync(['restore', `${bench.at('work', 'a.ics')}@${version?.number}`]);
    assert.equal(newest.status, 1);
    assert.match(newest.stderr, /the item \(UID a\) is \S+ now; "pimsync restore \S+@\d+" restores it there/);
    const there = await desk.pimsync(['restore', `${item?.path}@${version?.number}`]);
    assert.deepEqual([there.status, there.stderr], [0, '']);
    await desk.syncs();
    assert.equal(await desk.read('local/home/x.ics'), event('a'));
    assert.equal(await desk.read('local/work/a.ics'), event('other'));
  });

  it('refuses in a read-only storage', async (t) => {
    const bench = await HistoryDesk.make(t);
    const { desk } = bench;
    await bench.put('work/a.ics', event('a', 'changed'));
    await desk.syncs();
    const config = await readFile(desk.place.config, 'utf8');
    await writeFile(desk.place.config, config.replace('watch = false', 'watch = false\nread_only = true'));
    await desk.pimsync(['sync']);
    const { status, stderr } = await desk.pimsync(['restore', bench.at('work', 'a.ics')]);
    assert.equal(status, 1);
    assert.match(stderr, /a\.ics: its folder is read-only; .* --to FILE/);
  });

  const wrong: [args: string[], status: number, said: RegExp][] = [
    [['history'], 2, /missing required argument/],
    [['history', '/nowhere/a.ics'], 2, /\/nowhere\/a\.ics is not in the mount at /],
    [
      ['history', 'MNT/local/work/nope.ics'],
      2,
      /nope\.ics is no item of the mount, .*"pimsync history .*mnt" lists/,
    ],
    [['history', 'MNT/local/nope'], 2, /nope is no folder of the mount/],
    [['history', 'MNT/nope'], 2, /nope is no folder of the mount/],
    [['history', 'MNT/local/work/a/b.ics'], 2, /b\.ics is no item/],
    [['history', 'MNT/local/work', 'superfluous'], 2, /too many arguments/],
    [['restore', 'MNT/local/work'], 2, /is a folder; "pimsync history .*work" lists/],
    [['restore', 'MNT/local/work/a.ics'], 1, /no version of .*a\.ics is kept/],
    [['restore', 'MNT/local/work/a.ics@7'], 1, /no version of .*a\.ics is kept/],
    [['restore', 'MNT/local/work/b.ics@7777'], 2, /b\.ics has no version @7777; it has @\d+$/m],
  ];
  it('is told what is wrong', async (t) => {
    const bench = await HistoryDesk.make(t);
    const { desk } = bench;
    await bench.put('work/b.ics', event('b', 'changed'));
    await desk.syncs();
    for (const [args, status, said] of wrong) {
      const ended = await desk.pimsync(args.map((word) => word.replace('MNT', desk.place.mountpoint)));
      assert.deepEqual([ended.status, ended.stdout], [status, ''], args.join(' '));
      assert.match(ended.stderr, said);
    }
  });

  it('has nothing to go by without a mount in the configuration, or before the first run', async (t) => {
    const desk = await Desk.make(endsOf(t), { storages: { local: 'vdir/icalendar' } });
    const none = await desk.pimsync(['history', '/a.ics']);
    assert.deepEqual([none.status, none.stdout], [2, '']);
    assert.match(none.stderr, /nothing is mounted: the configuration has no \[mount\]/);
    const mounted = new HistoryDesk(desk);
    await mounted.configure();
    const nothing = await desk.pimsync(['restore', mounted.at('work', 'a.ics')]);
    assert.equal(nothing.status, 2);
    assert.match(nothing.stderr, /a\.ics: there is no history yet, for nothing was ever mounted/);
  });
});
