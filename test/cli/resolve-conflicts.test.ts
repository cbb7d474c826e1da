import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { endsOf } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';
import { Screen } from '../support/screen.ts';

const event = (uid: string, summary: string, more = ''): string =>
  eventText({ uid, summary }).replace('SUMMARY', `${more}SUMMARY`);

const UIDS = ['cake', 'tea'];

/** "cake" and "tea" were changed on both sides. */
async function deskWithConflicts(t: TestContext, conflict = '"manual"'): Promise<Desk> {
  const desk = await Desk.make(endsOf(t), {
    storages: { left: 'vdir/icalendar', right: 'vdir/icalendar' },
    pairs: [`[pair.both]\na = "left"\nb = "right"\ncollections = "all"\nconflict = ${conflict}`],
  });
  for (const uid of UIDS) await desk.put(`left/work/${uid}.ics`, event(uid, `${uid} before`));
  await desk.syncs();
  for (const uid of UIDS) {
    await desk.put(`left/work/${uid}.ics`, event(uid, `${uid} on a`));
    await desk.put(`right/work/${uid}.ics`, event(uid, `${uid} on b`));
  }
  assert.equal((await desk.sync('-n')).status, 1);
  return desk;
}

const titles = async (desk: Desk, folder: string): Promise<string[]> => {
  const texts = [...(await desk.contents(folder)).values()];
  return texts.map((text) => /SUMMARY:(.*)\r/.exec(text)?.[1] ?? '').toSorted();
};

describe('resolve-conflicts', () => {
  it('without a terminal is wrong usage that names the other way', async (t) => {
    const desk = await deskWithConflicts(t);
    const { status, stderr } = await desk.pimsync(['resolve-conflicts']);
    assert.equal(status, 2);
    assert.match(
      stderr,
      /needs a terminal; .*--keep a, --keep b, --keep both, --merge and --cmd to "pimsync conflicts resolve"/,
    );
  });
});

describe('resolve-conflicts at a terminal', { skip: requirement('tmux') }, () => {
  it('goes through all of them, one after another', async (t) => {
    const desk = await deskWithConflicts(t);
    await desk.sync();
    const screen = await Screen.start(endsOf(t), desk, { args: ['resolve-conflicts'] });
    await screen.shows('Conflict 1 of 2: "cake before", 2026-11-22T10:00:00Z');
    assert.match(await screen.text(), /both\/work, UID cake\n {2}a: left cake\.ics +\| b: right cake\.ics\n/);
    assert.match(
      await screen.text(),
      /SUMMARY of VEVENT \(before: cake before\)\n {2}cake on a +\| cake on b\n/,
    );
    await screen.shows('keep (a), keep (b), keep b(o)th, (e)dit with');
    await screen.types('b');
    await screen.shows('Conflict 2 of 2: "tea before"');
    await screen.types('both');
    assert.equal(await screen.ended(), '0');
    for (const folder of ['left', 'right'])
      assert.deepEqual(await titles(desk, folder), ['cake on b', 'tea on a', 'tea on b']);
    assert.equal(await desk.syncs(), 'both: nothing to do\n');
  });

  it(
    'lets an editor make both texts the same, which has the keyboard meanwhile',
    { skip: requirement('vim') },
    async (t) => {
      const desk = await deskWithConflicts(t);
      await desk.sync();
      const screen = await Screen.start(endsOf(t), desk, {
        args: ['conflicts', 'resolve', 'tea'],
        env: { VISUAL: 'vim -Nu NONE -n -d' },
      });
      await screen.shows('(e)dit with vim -Nu NONE');
      await screen.types('e');
      await screen.shows('SUMMARY:tea on a');
      await screen.types(':%s/tea on a/edited/');
      await screen.types(':w! | wincmd w | %d | 0r #');
      await screen.types(':$d | wqa');
      assert.equal(await screen.ended(), '0');
      for (const folder of ['left', 'right'])
        assert.ok((await titles(desk, folder)).includes('edited'), await screen.text());
    },
  );

  it("offers the pair's own command, at the terminal and without a time limit", async (t) => {
    const script = 'test -t 0 && read word && sed -i "s/tea on ./$word/" "$@"';
    const desk = await deskWithConflicts(
      t,
      `{ command = ["sh", "-euc", ${JSON.stringify(script)}, "x"], timeout = "1ms" }`,
    );
    await desk.sync();
    const screen = await Screen.start(endsOf(t), desk, { args: ['conflicts', 'resolve', 'tea'] });
    await screen.shows('(e)dit with sh');
    await screen.types('e');
    await screen.types('typed');
    assert.equal(await screen.ended(), '0');
    assert.ok((await titles(desk, 'right')).includes('typed'));
  });

  it('is shown one under the other where there is no room', async (t) => {
    const desk = await deskWithConflicts(t);
    await desk.sync();
    const screen = await Screen.start(endsOf(t), desk, {
      args: ['resolve-conflicts', 'both/work'],
      columns: 60,
    });
    await screen.shows('(s)kip, (q)');
    assert.match(
      await screen.text(),
      /SUMMARY of VEVENT\n {2}before: cake before\n {2}a: cake on a\n {2}b: cake on b\n/,
    );
    await screen.types('q');
    assert.equal(await screen.ended(), '1');
    const text = await screen.text();
    assert.match(text, /pimsync: 2 conflicts left\n/);
    assert.match(text, /pimsync: both\/work\/tea: "tea before"/);
    assert.deepEqual(await titles(desk, 'left'), ['cake on a', 'tea on a']);
  });

  it('ends at Ctrl-C with 130, and what was decided before is done', async (t) => {
    const desk = await deskWithConflicts(t);
    await desk.sync();
    const screen = await Screen.start(endsOf(t), desk, { args: ['resolve-conflicts'] });
    await screen.shows('Conflict 1 of 2');
    await screen.types('a');
    await screen.shows('Conflict 2 of 2');
    await screen.presses('C-c');
    assert.equal(await screen.ended(), '130');
    assert.deepEqual(await titles(desk, 'right'), ['cake on a', 'tea on b']);
  });

  it('says so when there is none', async (t) => {
    const desk = await Desk.make(endsOf(t), { storages: { left: 'vdir/icalendar' } });
    const screen = await Screen.start(endsOf(t), desk, { args: ['resolve-conflicts'], columns: 80 });
    assert.equal(await screen.ended(), '0');
    assert.match(await screen.text(), /^nothing is in conflict$/m);
  });
});

describe('sync at a terminal', { skip: requirement('tmux') }, () => {
  it("runs the pair's command in front of the person", async (t) => {
    const script = 'test -t 0 && echo "which? " && read word && sed -i "s/ on ./ $word/" "$@"';
    const desk = await deskWithConflicts(
      t,
      `{ command = ["sh", "-euc", ${JSON.stringify(script)}, "x"], timeout = "1ms" }`,
    );
    const screen = await Screen.start(endsOf(t), desk, { args: ['sync'] });
    for (const word of ['one', 'two']) {
      await screen.shows('which?');
      await screen.types(word);
    }
    assert.equal(await screen.ended(), '0');
    assert.deepEqual((await titles(desk, 'left')).map((title) => title.split(' ')[1] ?? '').toSorted(), [
      'one',
      'two',
    ]);
  });
});
