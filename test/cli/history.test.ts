import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { event, HistoryDesk, type Item } from '../support/history-desk.ts';

describe('history', () => {
  it('tells what the other side overwrote and deleted, without anything running', async (t) => {
    const bench = await HistoryDesk.make(t);
    const { desk } = bench;
    await bench.put('work/a.ics', event('a', 'changed'));
    await rm(desk.at('local', 'work', 'b.ics'));
    await desk.syncs();
    const { status, stdout, stderr } = await desk.pimsync(['history', bench.at('work')]);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(
      stdout,
      /^\S*work\/a\.ics@\d+ +changed +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+ B +a +changed on the server$/m,
    );
    assert.match(stdout, /^\S*work\/b\.ics@\d+ +deleted .* b +deleted on the server$/m);
    assert.equal(stdout.split('\n').length, 3);
    const one = await desk.pimsync(['history', bench.at('work', 'a.ics')]);
    assert.match(one.stdout, /^@\d+ +\S+ \S+ +\d+ B +a +changed on the server\n$/);
  });

  it('--json: one document, for an item and for a folder', async (t) => {
    const bench = await HistoryDesk.make(t);
    const before = Date.now();
    await bench.put('work/a.ics', event('a', 'changed'));
    await bench.desk.syncs();
    const path = bench.at('work', 'a.ics');
    const item = (await bench.desk.json('history', path)) as Item;
    const [version] = item.versions;
    assert.ok(version && version.replacedAtMs >= before && version.replacedAtMs <= Date.now());
    assert.deepEqual(item, {
      path,
      uid: 'a',
      state: 'there',
      versions: [
        {
          number: version.number,
          path,
          size: event('a').length,
          title: 'a',
          start: '2026-11-22T10:00:00Z',
          replacedAtMs: version.replacedAtMs,
          why: 'changed-there',
        },
      ],
    });
    for (const folder of [[], ['work']]) assert.deepEqual(await bench.items(...folder), [item]);
    assert.deepEqual(await bench.desk.json('history', bench.desk.place.mountpoint), [item]);
  });

  it('says so when there is nothing to tell', async (t) => {
    const bench = await HistoryDesk.make(t);
    for (const path of [bench.at(), bench.at('work'), bench.at('work', 'a.ics')]) {
      const { status, stdout, stderr } = await bench.desk.pimsync(['history', path]);
      assert.deepEqual([status, stdout], [0, '']);
      assert.match(stderr, /nothing was overwritten or deleted here/);
    }
    assert.deepEqual(await bench.items('work'), []);
  });

  it('takes relative paths', async (t) => {
    const bench = await HistoryDesk.make(t);
    await bench.put('work/a.ics', event('a', 'changed'));
    await bench.desk.syncs();
    const { stdout } = await bench.desk.pimsync(['history', 'local/work'], {
      cwd: bench.desk.place.mountpoint,
    });
    assert.match(stdout, /^local\/work\/a\.ics@\d+ /);
  });

  it('remembers a folder that is gone', async (t) => {
    const bench = await HistoryDesk.make(t);
    const { desk } = bench;
    await rm(desk.at('local', 'work'), { recursive: true });
    assert.equal((await desk.pimsync(['sync'])).status, 1);
    assert.equal((await desk.pimsync(['confirm'])).status, 0);
    const items = await bench.items('work');
    assert.deepEqual(
      new Set(items.map(({ path, state, versions }) => `${path} ${state} ${versions.length}`)),
      new Set(['a', 'b', 'c'].map((name) => `${bench.at('work', `${name}.ics`)} deleted 1`)),
    );
    const restore = await desk.pimsync(['restore', bench.at('work', 'a.ics')]);
    assert.equal(restore.status, 1);
    assert.match(restore.stderr, /its folder is gone; make it anew \("mkdir .*work"\), or .* --to FILE/);
    const written = await desk.pimsync(['restore', bench.at('work', 'a.ics'), '--to', '-']);
    assert.equal(written.stdout, event('a'));
  });

  it('that is switched off forgets all of it', async (t) => {
    const bench = await HistoryDesk.make(t);
    await bench.put('work/a.ics', event('a', 'changed'));
    await bench.desk.syncs();
    assert.equal((await bench.versions('work', 'a.ics')).length, 1);
    await bench.configure(['history = "off"']);
    await bench.put('work/a.ics', event('a', 'changed again'));
    await bench.desk.syncs();
    assert.deepEqual(await bench.versions('work', 'a.ics'), []);
  });

  it('in a flat mount, likewise', async (t) => {
    const bench = await HistoryDesk.make(t, ['layout = "flat"']);
    const { desk } = bench;
    const path = desk.place.at('work', 'a.ics');
    await bench.put('work/a.ics', event('a', 'changed'));
    await desk.syncs();
    const { path: told, versions } = (await desk.json('history', path)) as Item;
    assert.deepEqual([told, versions.length], [path, 1]);
    assert.equal((await desk.pimsync(['restore', path])).status, 0);
    await desk.syncs();
    assert.equal(await desk.read('local/work/a.ics'), event('a'));
    await rm(desk.at('local', 'work'), { recursive: true });
    assert.equal((await desk.pimsync(['sync'])).status, 1);
    assert.equal((await desk.pimsync(['confirm'])).status, 0);
    const gone = (await desk.json('history', path)) as Item;
    assert.deepEqual([gone.path, gone.state], [path, 'deleted']);
  });
});
