import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import SQLite from 'better-sqlite3';
import { Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { type Ends, endsOf, MAIN, run } from '../support/program.ts';

async function makeDesk(ends: Ends): Promise<Desk> {
  const desk = await Desk.make(ends, {
    storages: { left: 'vdir/icalendar', right: 'vdir/icalendar' },
    pairs: ['both: left right'],
  });
  await desk.put('left/work/1.ics', eventText({ uid: '1' }));
  return desk;
}

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

describe('the state folder', () => {
  it('is for its owner alone, and so is everything in it, whatever the umask', async (t) => {
    const desk = await makeDesk(endsOf(t));
    const command = `umask 000; exec ${process.execPath} ${MAIN} -c ${desk.place.config} daemon`;
    const daemon = desk.start(['list', 'pairs']);
    await daemon.ended();
    const { status } = await run('sh', ['-c', command.replace('daemon', 'sync')]);
    assert.equal(status, 0);
    assert.equal(await modeOf(desk.place.stateFolder), '700');
    for (const name of await desk.files('state'))
      assert.equal(await modeOf(desk.at('state', name)), '600', name);
  });

  it('that was made beforehand is closed to others', async (t) => {
    const desk = await makeDesk(endsOf(t));
    await mkdir(desk.place.stateFolder);
    await chmod(desk.place.stateFolder, 0o755);
    await desk.syncs();
    assert.equal(await modeOf(desk.place.stateFolder), '700');
  });

  it('that serves others too is left as it is', async (t) => {
    const desk = await makeDesk(endsOf(t));
    await desk.put('state/of-somebody-else', '');
    await chmod(desk.place.stateFolder, 0o755);
    await desk.syncs();
    assert.equal(await modeOf(desk.place.stateFolder), '755');
  });

  it('that cannot be made is told with what to do', async (t) => {
    const desk = await makeDesk(endsOf(t));
    await desk.put('state', 'a file');
    const { status, stdout, stderr } = await desk.sync();
    assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
    assert.match(stderr, /^pimsync: the state folder .*; set state_path to a folder that can be written\n$/);
  });

  it('with too long a path keeps a daemon from starting, and says what to do', async (t) => {
    const desk = await makeDesk(endsOf(t));
    const long = join(desk.place.folder, 'x'.repeat(100));
    const config = await readFile(desk.place.config, 'utf8');
    await writeFile(desk.place.config, config.replace(desk.place.stateFolder, long));
    const { status, stderr } = await desk.pimsync(['daemon']);
    assert.equal(status, 1);
    assert.match(stderr, /too long for a unix socket; set a shorter state_path\n$/);
    await desk.syncs();
  });

  for (const [what, options, said] of [
    ['is read-only', 'ro,size=1m', /cannot be (made or used|written).*/],
    ['is on a full disk', 'size=16k', /the disk .*full|no space left/],
    ['is on a disk that gets full', 'size=300k', /the disk .*full/],
  ] as const) {
    it(`that ${what} is told in one line`, async (t) => {
      const desk = await makeDesk(endsOf(t));
      await desk.put('left/work/large.ics', eventText({ uid: 'large', summary: 'x'.repeat(500_000) }));
      await mkdir(desk.place.stateFolder);
      // A mount of its own name space, which nobody else sees and which ends with the process.
      const script = `mount -t tmpfs -o ${options} none ${desk.place.stateFolder} && exec ${process.execPath} ${MAIN} -c ${desk.place.config} sync`;
      const { status, stderr } = await run('unshare', ['-rm', 'sh', '-c', script]);
      if (/unshare|mount:/.test(stderr)) return t.skip(`no name spaces here: ${stderr}`);
      assert.equal(status, 1);
      assert.match(stderr, said);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    });
  }
});

describe('the state database', () => {
  const spoiled: [what: string, spoil: (path: string) => Promise<void>, said: RegExp][] = [
    [
      'of a newer version',
      async (path) => {
        const db = new SQLite(path);
        db.pragma('user_version = 9999');
        db.close();
      },
      /was written by a newer pimsync \(format 9999, .*; it is left as it is, use the newer program/,
    ],
    [
      'of another program',
      async (path) => {
        const db = new SQLite(path);
        db.pragma('application_id = 1');
        db.close();
      },
      /is a database of another program; it is left as it is/,
    ],
    [
      'that is damaged',
      (path) => writeFile(path, 'x'.repeat(10_000)),
      /damaged; it is left as it is, move it away/,
    ],
  ];
  for (const [what, spoil, said] of spoiled) {
    it(`${what} is told in one line and left as it is`, async (t) => {
      const desk = await makeDesk(endsOf(t));
      await desk.syncs();
      const path = desk.at('state', 'state.db');
      await spoil(path);
      const before = await readFile(path);
      for (const args of [['sync'], ['sync', '-n'], ['status'], ['daemon']]) {
        const { status, stdout, stderr } = await desk.pimsync(args);
        assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
        assert.match(stderr, said);
        assert.equal(stderr.trim().split('\n').length, 1, stderr);
      }
      assert.deepEqual(await readFile(path), before);
    });
  }
});
