import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import type { ItemConflict, ShownItem } from '../../src/app/conflicts.ts';
import { Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { endsOf, eventually } from '../support/program.ts';

const tea = (summary: string, more = ''): string =>
  eventText({ uid: 'tea', summary }).replace('SUMMARY', `${more}SUMMARY`);
const ITEM = 'both/work/tea';

/** "tea" is "now on a" in one folder and "now on b" in the other. */
async function deskWithConflict(t: TestContext, mode = 'manual'): Promise<Desk> {
  const desk = await Desk.make(endsOf(t), {
    storages: { left: 'vdir/icalendar', right: 'vdir/icalendar' },
    pairs: [`[pair.both]\na = "left"\nb = "right"\ncollections = "all"\nconflict = "${mode}"`],
  });
  await desk.put('left/work/tea.ics', tea('before'));
  await desk.syncs();
  await desk.put('left/work/tea.ics', tea('now on a'));
  await desk.put('right/work/tea.ics', tea('now on b'));
  assert.equal((await desk.sync()).status, 1);
  return desk;
}

const summaries = async (desk: Desk): Promise<(string | undefined)[]> => {
  const texts = [await desk.read('left/work/tea.ics'), await desk.read('right/work/tea.ics')];
  return texts.map((text) => /SUMMARY:(.*)\r/.exec(text)?.[1]);
};

describe('conflicts', () => {
  it('lists what waits, by a name that the other commands take', async (t) => {
    const desk = await deskWithConflict(t);
    const { status, stdout, stderr } = await desk.pimsync(['conflicts']);
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(stdout, `${ITEM}: "before": it was changed on both sides; both are left as they are\n`);
    const [conflict, ...more] = (await desk.json('conflicts', 'list')) as ItemConflict[];
    assert.deepEqual(more, []);
    assert.deepEqual(conflict?.hrefs, { a: 'tea.ics', b: 'tea.ics' });
    assert.equal(conflict?.item, ITEM);
  });

  it('lists nothing before anything was synchronised', async (t) => {
    const desk = await Desk.make(endsOf(t), { storages: { left: 'vdir/icalendar' } });
    const { status, stdout } = await desk.pimsync(['conflicts']);
    assert.deepEqual([status, stdout], [0, '']);
  });

  it('shows what is different, with what was there before', async (t) => {
    const desk = await deskWithConflict(t);
    const { status, stdout } = await desk.pimsync(['conflicts', 'show', 'tea']);
    assert.equal(status, 0);
    assert.equal(
      stdout,
      [
        `${ITEM}: "before"`,
        '  a: left tea.ics',
        '  b: right tea.ics',
        'SUMMARY of VEVENT',
        '  before: before',
        '  a: now on a',
        '  b: now on b',
        '',
      ].join('\n'),
    );
    const shown = (await desk.json('conflicts', 'show', ITEM)) as ShownItem;
    assert.deepEqual(
      [shown.base, shown.a.text, shown.b.text],
      [tea('before'), tea('now on a'), tea('now on b')],
    );
  });

  for (const [side, on] of [
    ['a', 'b'],
    ['b', 'a'],
  ]) {
    it(`resolve --keep ${side} has both sides hold that text, and the pair is quiet`, async (t) => {
      const desk = await deskWithConflict(t);
      const { status, stdout, stderr } = await desk.pimsync(['conflicts', 'resolve', ITEM, `--keep=${side}`]);
      assert.deepEqual([status, stdout, stderr], [0, `both/work: 1 updated on ${on}\n`, '']);
      assert.deepEqual(await summaries(desk), [`now on ${side}`, `now on ${side}`]);
      assert.equal(await desk.syncs(), 'both: nothing to do\n');
      assert.deepEqual(await desk.json('conflicts'), []);
    });
  }

  for (const where of ['here', 'in a running daemon']) {
    it(`resolve --keep both makes two items of it, ${where}`, async (t) => {
      const desk = await deskWithConflict(t);
      if (where !== 'here') {
        const daemon = desk.start(['daemon', '-r', '3']);
        await eventually('the daemon to be ready', async () => daemon.hasEnded || daemon.ready !== '');
      }
      const { status, stdout, stderr } = await desk.pimsync(['conflicts', 'resolve', ITEM, '--keep', 'both']);
      assert.deepEqual([status, stderr], [0, '']);
      assert.equal(stdout, 'both/work: 1 created on a, 1 created on b, 1 updated on b\n');
      assert.deepEqual(await summaries(desk), ['now on a', 'now on a']);
      const [left, right] = [await desk.contents('left'), await desk.contents('right')];
      assert.deepEqual([...left.values()].toSorted(), [...right.values()].toSorted());
      const copy = [...right].find(([name]) => name !== 'work/tea.ics')?.[1] ?? '';
      const uid = /UID:(.*)\r/.exec(copy)?.[1] ?? '';
      assert.match(uid, /^[\da-f-]{36}$/);
      assert.equal(copy, tea('now on b').replace('UID:tea', `UID:${uid}`));
      assert.deepEqual(await desk.json('conflicts'), []);
      assert.equal(await desk.syncs(), 'both: nothing to do\n');
    });
  }

  it('resolve --json prints what was done as one document', async (t) => {
    const desk = await deskWithConflict(t);
    const [report] = (await desk.json('conflicts', 'resolve', ITEM, '--keep', 'a')) as {
      ok: boolean;
      collections: { changes: { type: string; on: string }[] }[];
    }[];
    assert.equal(report?.ok, true);
    assert.deepEqual(
      report.collections.flatMap(({ changes }) => changes.map(({ type, on }) => `${type} on ${on}`)),
      ['update on b'],
    );
  });

  it('show --json tells what can be decided', async (t) => {
    const desk = await deskWithConflict(t);
    const shown = (await desk.json('conflicts', 'show', ITEM)) as ShownItem;
    assert.deepEqual(shown.choices, ['keep a', 'keep b', 'keep both', 'edit']);
    assert.deepEqual([shown.kind, shown.start], ['calendar', '2026-11-22T10:00:00Z']);
    await desk.put('right/work/tea.ics', tea('before', 'LOCATION:there\r\n'));
    await desk.put('left/work/tea.ics', tea('now on a', 'CATEGORIES:x\r\n'));
    await desk.sync();
    const apart = (await desk.json('conflicts', 'show', ITEM)) as ShownItem;
    assert.ok(apart.choices.includes('merge'));
  });

  it('resolve --merge joins what is of different things, in a pair that leaves all to a person', async (t) => {
    const desk = await deskWithConflict(t);
    await desk.put('right/work/tea.ics', tea('before', 'LOCATION:there\r\n'));
    // That alone is no conflict any more; it is one again with a change of the other side.
    await desk.put('left/work/tea.ics', tea('now on a', 'CATEGORIES:x\r\n'));
    assert.equal((await desk.sync()).status, 1);
    const { status } = await desk.pimsync(['conflicts', 'resolve', 'tea', '--merge']);
    assert.equal(status, 0);
    const text = await desk.read('right/work/tea.ics');
    for (const wanted of ['LOCATION:there', 'CATEGORIES:x', 'SUMMARY:now on a'])
      assert.ok(text.includes(wanted), wanted);
    assert.equal(await desk.read('left/work/tea.ics'), text);
  });

  it('resolve --merge of the same thing changes nothing and says what is in the way', async (t) => {
    const desk = await deskWithConflict(t);
    const { status, stderr } = await desk.pimsync(['conflicts', 'resolve', ITEM, '--merge']);
    assert.equal(status, 1);
    assert.match(stderr, /changed on both sides \(.*SUMMARY/);
    assert.deepEqual(await summaries(desk), ['now on a', 'now on b']);
  });

  it('resolve --cmd and --edit take the text on which a program has both files agree', async (t) => {
    for (const flag of ['cmd', 'edit']) {
      const desk = await deskWithConflict(t);
      const program = `sed -i "s/now on ./said by ${flag}/"`;
      const args = flag === 'cmd' ? ['--cmd', program] : ['--edit'];
      const { status, stderr } = await desk.pimsync(['conflicts', 'resolve', ITEM, ...args], {
        env: { VISUAL: program },
      });
      assert.deepEqual([status, stderr], [0, '']);
      assert.deepEqual(await summaries(desk), [`said by ${flag}`, `said by ${flag}`]);
      assert.equal(await desk.syncs(), 'both: nothing to do\n');
    }
  });

  const failing: readonly (readonly [what: string, program: string, says: RegExp])[] = [
    ['fails', 'false', /not resolved: false ended with 1; nothing was changed/],
    ['leaves the files different', 'true', /the program left both files different/],
    ['empties both', 'truncate -s 0', /the program emptied both files/],
    ['changes the UID', 'sed -i "s/now on ./x/; s/UID:.*/UID:other/"', /has another UID/],
    ['breaks the item', 'sed -i "s/now on ./x/; /END:VEVENT/d"', /is not a whole item/],
  ];
  for (const [what, program, says] of failing) {
    it(`resolve --cmd with a program that ${what} changes nothing`, async (t) => {
      const desk = await deskWithConflict(t);
      const { status, stderr } = await desk.pimsync(['conflicts', 'resolve', ITEM, '--cmd', program]);
      assert.notEqual(status, 0);
      assert.match(stderr, says);
      assert.deepEqual(await summaries(desk), ['now on a', 'now on b']);
    });
  }

  it('resolve with a side that changed while a person was deciding does not overwrite that', async (t) => {
    const desk = await deskWithConflict(t);
    await desk.put('bin/decide', `#!/bin/sh\nsed -i 's/now on ./decided/' "$@"\n`);
    await chmod(desk.at('bin', 'decide'), 0o755);
    const later = desk.at('right/work/tea.ics');
    const program = `sed -i 's/now on b/later on b/' ${later}; ${desk.at('bin', 'decide')}`;
    const { status, stderr } = await desk.pimsync(['conflicts', 'resolve', ITEM, '--cmd', program]);
    assert.equal(status, 1);
    assert.match(stderr, /changed it again since it was looked at/);
    assert.deepEqual(await summaries(desk), ['now on a', 'later on b']);
  });

  it('are resolved by a running daemon', async (t) => {
    const desk = await deskWithConflict(t);
    const daemon = desk.start(['daemon', '-r', '3']);
    await eventually('the daemon to be ready', async () => daemon.hasEnded || daemon.ready !== '');
    const { stdout } = await desk.pimsync(['conflicts', 'show', ITEM]);
    assert.match(stdout, /a: now on a/);
    const { status, stderr } = await desk.pimsync(['conflicts', 'resolve', ITEM, '--keep', 'b']);
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual(await summaries(desk), ['now on b', 'now on b']);
    assert.ok(!daemon.hasEnded);
  });

  const misuse: readonly (readonly [what: string, args: readonly string[], says: RegExp])[] = [
    ['an unknown item', ['show', 'nope'], /no conflict is called "nope"; there are: both\/work\/tea/],
    ['no decision and nobody to ask', ['resolve', ITEM], /needs a terminal; .* one of --keep a/],
    ['neither item nor anybody to ask', ['resolve'], /needs a terminal; .* one of --keep a/],
    ['a decision and no item', ['resolve', '--keep', 'a'], /name the item that is decided about/],
    ['JSON and no decision', ['resolve', ITEM, '--json'], /--json needs a decision/],
    ['two decisions', ['resolve', ITEM, '--merge', '--keep', 'a'], /give one of --keep a/],
    ['an unknown side', ['resolve', ITEM, '--keep', 'c'], /Allowed choices are a, b, both/],
  ];
  for (const [what, args, says] of misuse) {
    it(`with ${what} are wrong usage`, async (t) => {
      const desk = await deskWithConflict(t);
      const { status, stderr } = await desk.pimsync(['conflicts', ...args]);
      assert.equal(status, 2);
      assert.match(stderr, says);
    });
  }

  it('of a pair that merges are few: changes of different things are joined without asking', async (t) => {
    const desk = await deskWithConflict(t, 'merge');
    await desk.pimsync(['conflicts', 'resolve', ITEM, '--keep', 'a']);
    await desk.put('left/work/tea.ics', tea('one'));
    await desk.put('right/work/tea.ics', tea('now on a', 'LOCATION:two\r\n'));
    assert.equal(await desk.syncs(), 'both/work: 1 updated on a, 1 updated on b\n');
    assert.match(await desk.read('left/work/tea.ics'), /LOCATION:two\r\nSUMMARY:one/);
  });
});
