import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { Desk, type Running } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { endsOf, eventually } from '../support/program.ts';

const tea = (summary: string): string => eventText({ uid: 'tea', summary });

/** "tea" was changed on both sides of a pair whose conflicts `script` decides about; nothing was synchronised since. */
async function deskWith(t: TestContext, script: string, more = ''): Promise<Desk> {
  const desk = await Desk.make(endsOf(t), {
    storages: { left: 'vdir/icalendar', right: 'vdir/icalendar' },
    pairs: [
      [
        '[pair.both]\na = "left"\nb = "right"\ncollections = "all"',
        `conflict = { command = ["/bin/sh", "-euc", ${JSON.stringify(script)}, "decide"]${more} }`,
      ].join('\n'),
    ],
  });
  await desk.put('left/work/tea.ics', tea('before'));
  await desk.syncs();
  await change(desk, 'now');
  return desk;
}

async function change(desk: Desk, when: string): Promise<void> {
  await desk.put('left/work/tea.ics', tea(`${when} on a`));
  await desk.put('right/work/tea.ics', tea(`${when} on b`));
}

const summaries = async (desk: Desk): Promise<(string | undefined)[]> => {
  const texts = [await desk.read('left/work/tea.ics'), await desk.read('right/work/tea.ics')];
  return texts.map((text) => /SUMMARY:(.*)\r/.exec(text)?.[1]);
};

async function startDaemon(desk: Desk): Promise<Running> {
  const daemon = desk.start(['daemon', '-r', '3']);
  await eventually('the daemon to be ready', async () => daemon.hasEnded || daemon.ready !== '');
  return daemon;
}

/** How often the script was run, which writes a line to that file each time. */
const runsIn = async (desk: Desk): Promise<number> =>
  (await desk.read('runs').catch(() => '')).split('\n').length - 1;

describe('a pair with a command for its conflicts', () => {
  it('has sync run it, and takes what it decides to both sides', async (t) => {
    const desk = await deskWith(t, 'sed -i "s/now on ./decided/" "$@"');
    assert.equal(await desk.syncs(), 'both/work: 1 updated on a, 1 updated on b\n');
    assert.deepEqual(await summaries(desk), ['decided', 'decided']);
    assert.equal(await desk.syncs(), 'both: nothing to do\n');
  });

  it("takes programs written for vdirsyncer: cp has b's text become a's", async (t) => {
    const desk = await Desk.make(endsOf(t), {
      storages: { left: 'vdir/icalendar', right: 'vdir/icalendar' },
      pairs: ['[pair.both]\na = "left"\nb = "right"\ncollections = "all"\nconflict = { command = ["cp"] }'],
    });
    await change(desk, 'Über');
    await desk.syncs();
    assert.deepEqual(await summaries(desk), ['Über on a', 'Über on a']);
  });

  it('hands over what was there before, and no password', async (t) => {
    const script = 'test -z "${PIMSYNC_PASSWORD-}"; cp "$PIMSYNC_BASE" "$1"; cp "$1" "$2"';
    const desk = await deskWith(t, script);
    const { status, stderr } = await desk.pimsync(['sync'], { env: { PIMSYNC_PASSWORD: 'hunter2' } });
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual(await summaries(desk), ['before', 'before']);
  });

  const failing: readonly (readonly [what: string, script: string, says: RegExp])[] = [
    ['fails', 'echo "no display" >&2; exit 3', /\(\/bin\/sh ended with 3: no display\)/],
    ['does nothing', 'true', /\(the program left both files different\)/],
    ['changes the UID', 'sed -i "s/now on ./x/; s/UID:.*/UID:other\\r/" "$@"', /\(.*has another UID\)/],
  ];
  for (const [what, script, says] of failing) {
    it(`that ${what} leaves the conflict to a person, with the reason`, async (t) => {
      const desk = await deskWith(t, script);
      const { status, stderr } = await desk.sync();
      assert.equal(status, 1);
      assert.match(stderr, says);
      assert.deepEqual(await summaries(desk), ['now on a', 'now on b']);
      assert.match((await desk.pimsync(['conflicts'])).stdout, says);
      assert.equal((await desk.pimsync(['conflicts', 'resolve', 'tea', '--keep', 'a'])).status, 0);
      assert.equal(await desk.syncs(), 'both: nothing to do\n');
    });
  }

  it('is ended after its time', async (t) => {
    const desk = await deskWith(t, 'sleep 1000', ', timeout = "300ms"');
    const { status, stderr } = await desk.sync();
    assert.equal(status, 1);
    assert.match(stderr, /took longer than 0\.3 s and was ended/);
  });

  it('is not run by a dry run', async (t) => {
    const desk = await deskWith(t, 'echo >> "$(dirname "$0")/runs"; cp "$1" "$2"');
    const { status, stderr } = await desk.sync('-n');
    assert.equal(status, 1);
    assert.match(stderr, /its command is to decide/);
    assert.deepEqual(await summaries(desk), ['now on a', 'now on b']);
  });

  it('is run by the daemon, without a person', async (t) => {
    const desk = await deskWith(t, 'sed -i "s/now on ./decided/" "$@"');
    const daemon = await startDaemon(desk);
    await eventually('the decision', async () => (await summaries(desk)).every((one) => one === 'decided'));
    daemon.signal('SIGTERM');
    assert.equal(await daemon.ended(), 0);
    assert.equal(await desk.syncs(), 'both: nothing to do\n');
  });

  it('that hangs holds up nothing in the daemon, and ends with it', async (t) => {
    const desk = await deskWith(t, 'sleep 1000');
    const daemon = await startDaemon(desk);
    await desk.put('left/work/cake.ics', eventText({ uid: 'cake' }));
    daemon.signal('SIGUSR1');
    await eventually('cake to cross', async () => (await desk.files('right')).includes('work/cake.ics'));
    daemon.signal('SIGTERM');
    assert.equal(await daemon.ended(), 0);
    assert.deepEqual(await summaries(desk), ['now on a', 'now on b']);
  });

  it('that failed is run by the daemon again for other versions only, and by sync', async (t) => {
    const ends = endsOf(t);
    const counting = await Desk.make(ends, { storages: {} });
    const runs = counting.at('runs');
    const desk = await deskWith(t, `echo >> '${runs}'; false`);
    assert.equal((await desk.sync()).status, 1);
    assert.equal(await runsIn(counting), 1);
    const daemon = await startDaemon(desk);
    await desk.put('left/work/cake.ics', eventText({ uid: 'cake' }));
    daemon.signal('SIGUSR1');
    await eventually('cake to cross', async () => (await desk.files('right')).includes('work/cake.ics'));
    assert.equal(await runsIn(counting), 1);
    // In one step, or the daemon could see two changes.
    await desk.put('left/work/.tea.tmp', tea('later on a'));
    await rename(desk.at('left/work/.tea.tmp'), desk.at('left/work/tea.ics'));
    daemon.signal('SIGUSR1');
    await eventually('another try', async () => (await runsIn(counting)) === 2);
    assert.equal((await desk.sync()).status, 1);
    assert.equal(await runsIn(counting), 3);
  });
});
