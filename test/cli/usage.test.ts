import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Desk } from '../support/desk.ts';
import { Ends, runPimsync } from '../support/program.ts';

const COMMANDS = [
  'mount',
  'unmount',
  'sync',
  'daemon',
  'status',
  'check',
  'discover',
  'repair',
  'list',
  'version',
];

describe('wrong usage is status 2, with what there is', { concurrency: 4 }, () => {
  const ends = new Ends();
  let desk: Desk;
  before(async () => {
    const storages = { left: 'vdir/icalendar', right: 'vdir/icalendar' } as const;
    desk = await Desk.make(ends, { storages, pairs: ['both: left right'] });
    await desk.put('left/work/1.ics', 'BEGIN:VCALENDAR\nEND:VCALENDAR\n');
    await desk.syncs();
  });
  after(() => ends.close());

  const wrong: [args: string[], said: RegExp][] = [
    [['sync', 'nope'], /no pair "nope"; there are: both/],
    [['sync', 'nope/work'], /no pair "nope"; there are: both/],
    [['sync', 'both/nope'], /has no collection nope; it has: work/],
    [['sync', '-n', 'both/nope'], /has no collection nope; it has: work/],
    [['sync', 'both/'], /names no collection; write both\/COLLECTION/],
    [['daemon', 'nope'], /no pair "nope"; there are: both/],
    [['daemon', '-r', '77'], /descriptor 77 is not open/],
    [['daemon', '-r', '2'], /a descriptor is a number, and not 2/],
    [['check', 'nope'], /no pair "nope"; there are: both/],
    [['discover', 'nope'], /no storage "nope"; there are: left, right/],
    [['list'], /missing required argument/],
    [['list', 'nope'], /Allowed choices are pairs, storages/],
    [['list', 'pairs', 'superfluous'], /too many arguments/],
    [['version', 'superfluous'], /too many arguments/],
    [['status', 'one', 'superfluous'], /too many arguments/],
    [['unmount', '/tmp', 'superfluous'], /too many arguments/],
    [['unmount', '--wait', 'soon', '/tmp'], /a number of seconds/],
    [['mount', '/tmp/x', 'superfluous'], /too many arguments/],
    [['mount', '--type', 'webdav', '--url', 'http://x/', '/tmp/x'], /Allowed choices are caldav, carddav/],
    [['sync', '--nope'], /unknown option '--nope'/],
    [['sync', '-v', 'debug'], /-c and -v go before the command/],
    [['-v', 'loud', 'sync'], /Allowed choices are error, warn, info, debug, silent/],
    [['nope'], /unknown command 'nope'/],
    [['status', '/etc/passwd'], /has no \[mount\]/],
  ];
  for (const [args, said] of wrong) {
    it(`pimsync ${args.join(' ')}`, async () => {
      const { status, stdout, stderr } = await desk.pimsync(args);
      assert.match(stderr, said);
      assert.doesNotMatch(stderr, /\n\s+at /);
      assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
    });
  }

  const wrongAlone: [args: string[], said: RegExp][] = [
    [['mount', '--type', 'webcal', '--vdir', '/x', '/tmp/x'], /--type webcal goes with --url/],
    [['mount', '--type', 'webcal', '--url', 'ftp://x/', '/tmp/x'], /is no URL; write https:.* or webcals:/],
    [
      ['mount', '--type', 'caldav', '--url', 'webcal://x/', '/tmp/x'],
      /"webcal:\/\/x\/" is no URL; write https:/,
    ],
    [['mount', '--url', 'webcal://me:pw@x/', '/tmp/x'], /leave user and password out of the URL/],
  ];
  for (const [args, said] of wrongAlone) {
    it(`pimsync ${args.join(' ')}, without a configuration`, async () => {
      const { status, stdout, stderr } = await runPimsync(args);
      assert.match(stderr, said);
      assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
    });
  }

  it('pimsync without a command tells of the commands', async () => {
    const { status, stdout, stderr } = await runPimsync([]);
    assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
    for (const name of COMMANDS) assert.ok(stderr.includes(`  ${name}`), `${name} is missing in: ${stderr}`);
  });
});

describe('the configuration', { concurrency: 4 }, () => {
  const ends = new Ends();
  let desk: Desk;
  before(async () => {
    desk = await Desk.make(ends, { storages: { left: 'vdir/icalendar' } });
  });
  after(() => ends.close());

  for (const command of [
    ['sync'],
    ['status'],
    ['check'],
    ['discover'],
    ['list', 'pairs'],
    ['mount', '/tmp/x'],
  ]) {
    it(`named by -c and missing is status 2 for ${command[0]}`, async () => {
      const { status, stdout, stderr } = await runPimsync(['-c', desk.at('none.toml'), ...command]);
      assert.match(stderr, /none\.toml, named by -c, is not there/);
      assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
    });
  }

  it('named by $PIMSYNC_CONFIG and missing is status 2', async () => {
    const env = { PIMSYNC_CONFIG: desk.at('none.toml') };
    const { status, stderr } = await runPimsync(['list', 'pairs'], { env });
    assert.match(stderr, /named by \$PIMSYNC_CONFIG, is not there/);
    assert.equal(status, 2);
  });

  it('that is wrong is status 2, with every fault', async () => {
    await desk.put('wrong.toml', '[storage.x]\ntype = "vdir/icalendar"\n[pair.p]\na = "x"\nb = "y"\n');
    const { status, stdout, stderr } = await runPimsync(['-c', desk.at('wrong.toml'), 'sync']);
    assert.match(stderr, /storage\.x\.path/);
    assert.match(stderr, /no \[storage\.y\]/);
    assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
  });

  it('without a pair leaves a daemon nothing to do', async () => {
    const { status, stderr } = await desk.pimsync(['daemon']);
    assert.match(stderr, /there is no pair to keep in step/);
    assert.equal(status, 2);
  });

  it('is the embedded one where there is none', async () => {
    const home = await mkdtemp(join(tmpdir(), 'pimsync-home-'));
    ends.add(() => rm(home, { recursive: true }));
    const env = {
      HOME: home,
      XDG_CONFIG_HOME: undefined,
      XDG_STATE_HOME: undefined,
      XDG_DATA_HOME: undefined,
    };
    const { status, stdout } = await runPimsync(['list', 'storages'], { env });
    assert.deepEqual({ status, stdout }, { status: 0, stdout: 'calendars\ncontacts\n' });
  });
});

describe('help', { concurrency: 4 }, () => {
  for (const name of COMMANDS) {
    it(`of ${name} has an example and goes to stdout`, async () => {
      const { status, stdout, stderr } = await runPimsync([name, '--help']);
      assert.match(stdout, new RegExp(`\\nExamples?:\\n  \\$ pimsync ${name}`));
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    });
  }
});
