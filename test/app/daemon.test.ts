import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Desk, type Running } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { type Ends, endsOf, eventually, runPimsync } from '../support/program.ts';
import { startSilentServer } from '../support/silent-server.ts';

const event = (uid: string): string => eventText({ uid, summary: uid });

/** Two folders, one item in the first. */
async function makeDesk(ends: Ends, more: readonly string[] = []): Promise<Desk> {
  const desk = await Desk.make(ends, {
    storages: { left: 'vdir/icalendar', right: 'vdir/icalendar', other: 'vdir/icalendar' },
    pairs: ['both: left right', ...more],
  });
  await desk.put('left/work/1.ics', event('1'));
  return desk;
}

/** Waits until it has announced itself, and then until every pair that it keeps has been looked at. */
async function startDaemon(desk: Desk, ...pairs: readonly string[]): Promise<Running> {
  const daemon = desk.start(['daemon', '-r', '3', ...pairs]);
  await eventually('the daemon to be ready', async () => daemon.hasEnded || daemon.ready !== '');
  assert.equal(daemon.ready, 'READY=1\n', daemon.stderr);
  return daemon;
}

const engineOf = async (desk: Desk) => {
  const { running } = (await desk.json('status')) as {
    running: { pid: number; nextRunMs: Record<string, number>; failing: Record<string, string[]> } | null;
  };
  return running;
};

const isIn = (desk: Desk, folder: string, file: string): Promise<unknown> =>
  eventually(`${folder}/${file}`, async () => (await desk.files(folder)).includes(file));

describe('daemon', () => {
  it('synchronises at once, says READY=1 on its descriptor, and ends at SIGTERM with 0', async (t) => {
    const desk = await makeDesk(endsOf(t));
    const daemon = await startDaemon(desk);
    await isIn(desk, 'right', 'work/1.ics');
    daemon.signal('SIGTERM');
    assert.equal(await daemon.ended(), 0);
    assert.deepEqual([daemon.stdout, daemon.stderr], ['', '']);
    assert.deepEqual((await desk.files('state')).toSorted(), ['engine.lock', 'state.db']);
  });

  it('ends at SIGINT with 0, though a server does not answer', async (t) => {
    const ends = endsOf(t);
    const server = await startSilentServer(ends);
    const desk = await Desk.make(ends, {
      storages: {
        left: 'vdir/icalendar',
        dav: { table: (name) => `[storage.${name}]\ntype = "caldav"\nurl = "${server.url.href}"` },
      },
      pairs: ['slow: left dav'],
    });
    const daemon = await startDaemon(desk);
    await server.asked;
    daemon.signal('SIGINT');
    assert.equal(await daemon.ended(), 0);
  });

  it('tells systemd, by its program', async (t) => {
    const desk = await makeDesk(endsOf(t));
    await desk.put('bin/systemd-notify', '#!/bin/sh\necho "$NOTIFY_SOCKET $*" > "$(dirname "$0")/told"\n');
    await chmod(desk.at('bin', 'systemd-notify'), 0o755);
    const env = { NOTIFY_SOCKET: '/run/x', PATH: `${desk.at('bin')}:${process.env['PATH'] ?? ''}` };
    const daemon = desk.start(['daemon'], { env });
    const told = await eventually(
      'systemd to be told',
      async () => (await desk.read('bin/told')) || undefined,
    );
    assert.equal(told, `/run/x --ready --pid=${daemon.pid}\n`);
    daemon.signal('SIGTERM');
    assert.equal(await daemon.ended(), 0);
  });

  it('synchronises now at SIGUSR1, and no debugger is started', async (t) => {
    const desk = await makeDesk(endsOf(t));
    const daemon = await startDaemon(desk);
    await isIn(desk, 'right', 'work/1.ics');
    await desk.put('left/work/2.ics', event('2'));
    daemon.signal('SIGUSR1');
    await isIn(desk, 'right', 'work/2.ics');
    assert.equal(daemon.stderr, '');
  });

  it('keeps only the pairs it was told to, and synchronises others when asked', async (t) => {
    const desk = await makeDesk(endsOf(t), ['second: left other']);
    await startDaemon(desk, 'both');
    await isIn(desk, 'right', 'work/1.ics');
    const engine = await eventually('the end of the first run', async () => {
      const running = await engineOf(desk);
      return running?.nextRunMs['both'] !== undefined && running;
    });
    assert.deepEqual(Object.keys(engine.nextRunMs), ['both']);
    assert.deepEqual(await desk.files('other'), []);
    assert.equal(await desk.syncs('second'), 'second/work: collection created on b, 1 created on b\n');
  });

  it('refuses to be the second one', async (t) => {
    const desk = await makeDesk(endsOf(t));
    const daemon = await startDaemon(desk);
    const { status, stderr } = await desk.pimsync(['daemon']);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`^pimsync: another pimsync \\(process ${daemon.pid}\\) works with `));
  });
});

describe('SIGHUP to a daemon', () => {
  it('has it read the configuration anew', async (t) => {
    const desk = await makeDesk(endsOf(t));
    const daemon = await startDaemon(desk);
    await isIn(desk, 'right', 'work/1.ics');
    await desk.configure({
      storages: { left: 'vdir/icalendar', other: 'vdir/icalendar' },
      pairs: ['second: left other'],
    });
    daemon.signal('SIGHUP');
    await isIn(desk, 'other', 'work/1.ics');
    daemon.signal('SIGTERM');
    assert.equal(await daemon.ended(), 0);
  });

  it('with a wrong configuration is told of, and changes nothing', async (t) => {
    const desk = await makeDesk(endsOf(t));
    const daemon = await startDaemon(desk);
    await isIn(desk, 'right', 'work/1.ics');
    const config = await readFile(desk.place.config, 'utf8');
    await writeFile(desk.place.config, `${config}\nnonsense = 1`);
    daemon.signal('SIGHUP');
    await eventually('a word about it', async () => daemon.stderr.includes('the old one stays'));
    assert.match(daemon.stderr, /nonsense/);
    await desk.put('left/work/2.ics', event('2'));
    daemon.signal('SIGUSR1');
    await isIn(desk, 'right', 'work/2.ics');
  });
});

describe('sync beside a daemon', () => {
  it('is done by it, and tells the same', async (t) => {
    const desk = await makeDesk(endsOf(t));
    const daemon = await startDaemon(desk);
    await isIn(desk, 'right', 'work/1.ics');
    await desk.put('left/work/2.ics', event('2'));
    assert.equal(await desk.syncs(), 'both/work: 1 created on b\n');
    assert.equal(await desk.syncs(), 'both: nothing to do\n');
    await desk.put('left/work/3.ics', event('3'));
    assert.equal(await desk.syncs('-n'), 'both/work: create on b: "3" (UID 3)\n');
    const [report] = (await desk.json('sync')) as { collections: { changes: { uid: string }[] }[] }[];
    assert.deepEqual(
      report?.collections[0]?.changes.map(({ uid }) => uid),
      ['3'],
    );
    assert.equal((await engineOf(desk))?.pid, daemon.pid);
  });

  it('has the same statuses', async (t) => {
    const desk = await makeDesk(endsOf(t));
    await startDaemon(desk);
    await desk.syncs();
    const unknown = await desk.sync('both/nope');
    assert.deepEqual([unknown.status, unknown.stdout], [2, '']);
    assert.match(unknown.stderr, /has no collection nope; it has: work/);
    await desk.remove('left/work/1.ics');
    const emptied = await desk.sync();
    assert.equal(emptied.status, 1);
    assert.match(emptied.stderr, /--allow-empty/);
    assert.equal(await desk.syncs('--allow-empty'), 'both/work: 1 removed on b\n');
  });

  it('is answered although the daemon is told to stop meanwhile', async (t) => {
    const ends = endsOf(t);
    const server = await startSilentServer(ends);
    const desk = await Desk.make(ends, {
      storages: {
        left: 'vdir/icalendar',
        right: 'vdir/icalendar',
        dav: { table: (name) => `[storage.${name}]\ntype = "caldav"\nurl = "${server.url.href}"` },
      },
      pairs: ['both: left right', 'slow: left dav'],
    });
    const daemon = await startDaemon(desk, 'both');
    const sync = desk.start(['sync', 'slow']);
    await server.asked;
    daemon.signal('SIGTERM');
    assert.equal(await sync.ended(), 1);
    assert.match(sync.stderr, /^pimsync: the running pimsync was stopped before it was done\n$/);
    assert.equal(await daemon.ended(), 0);
  });

  it('ends at SIGINT with 130; the daemon goes on', async (t) => {
    const ends = endsOf(t);
    const server = await startSilentServer(ends);
    const desk = await Desk.make(ends, {
      storages: {
        left: 'vdir/icalendar',
        right: 'vdir/icalendar',
        dav: { table: (name) => `[storage.${name}]\ntype = "caldav"\nurl = "${server.url.href}"` },
      },
      pairs: ['both: left right', 'slow: left dav'],
    });
    const daemon = await startDaemon(desk, 'both');
    const sync = desk.start(['sync', 'slow']);
    await server.asked;
    sync.signal('SIGINT');
    assert.equal(await sync.ended(), 130);
    assert.equal(await desk.syncs('both'), 'both: nothing to do\n');
    assert.ok(!daemon.hasEnded);
  });
});

describe('a daemon that hangs', () => {
  it('keeps nobody: status shows what there is and says so', async (t) => {
    const desk = await makeDesk(endsOf(t));
    const daemon = await startDaemon(desk);
    await isIn(desk, 'right', 'work/1.ics');
    daemon.signal('SIGSTOP');
    const { status, stdout, stderr } = await desk.pimsync(['status']);
    assert.equal(status, 0);
    assert.match(
      stderr,
      new RegExp(
        `^pimsync: the running pimsync \\(process ${daemon.pid}\\) does not answer.*kill -9 ${daemon.pid}"\n$`,
      ),
    );
    assert.match(stdout, /both\/work/);
  });
});

describe('two syncs at once', () => {
  it('the second one waits a little, then says who is at work', async (t) => {
    const ends = endsOf(t);
    const server = await startSilentServer(ends);
    const desk = await Desk.make(ends, {
      storages: {
        left: 'vdir/icalendar',
        dav: { table: (name) => `[storage.${name}]\ntype = "caldav"\nurl = "${server.url.href}"` },
      },
      pairs: ['slow: left dav'],
    });
    const first = desk.start(['sync']);
    await server.asked;
    const { status, stdout, stderr } = await desk.sync();
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(
      stderr,
      new RegExp(`^pimsync: another pimsync \\(process ${first.pid}\\) works with .*; wait for it, stop it`),
    );
  });

  it('both end well when they are short', async (t) => {
    const desk = await makeDesk(endsOf(t));
    const results = await Promise.all([desk.sync(), desk.sync()]);
    assert.deepEqual(
      results.map(({ status, stderr }) => [status, stderr]),
      [
        [0, ''],
        [0, ''],
      ],
    );
    assert.deepEqual(await desk.files('right'), ['work/1.ics']);
  });
});

describe('a socket that nobody serves any more', () => {
  it('is no running daemon', async (t) => {
    const desk = await makeDesk(endsOf(t));
    const daemon = await startDaemon(desk);
    await isIn(desk, 'right', 'work/1.ics');
    daemon.signal('SIGKILL');
    await daemon.ended();
    assert.ok((await desk.files('state')).includes('state.db'));
    const { stdout } = await desk.pimsync(['status']);
    assert.match(stdout, /^pimsync is not running\n/);
    assert.equal(await desk.syncs(), 'both: nothing to do\n');
    const unknown = await runPimsync(['-c', desk.place.config, 'unmount', desk.at('left')]);
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /nothing of pimsync is mounted at/);
  });
});
