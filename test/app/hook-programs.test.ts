import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { type Ends, endsOf, eventually, isAlive, MAIN } from '../support/program.ts';

const event = (uid: string, summary: string): string => eventText({ uid, summary });

interface Hooks {
  readonly onChange?: string;
  /** Of the storage `right`. */
  readonly postHook?: string;
  readonly preDeletionHook?: string;
}

/** Two folders, one item in the left one. The hooks are shell scripts, whose current folder is the desk's `hooks`. */
async function makeDesk(ends: Ends, hooks: Hooks): Promise<Desk> {
  const desk = await Desk.make(ends, { storages: { left: 'vdir/icalendar', right: 'vdir/icalendar' } });
  const line = async (key: string, body: string | undefined): Promise<string> => {
    if (body === undefined) return '';
    await desk.put(`hooks/${key}`, `#!/bin/sh\ncd "${desk.at('hooks')}"\n${body}\n`);
    await chmod(desk.at('hooks', key), 0o755);
    return `${key} = ["${desk.at('hooks', key)}"]\n`;
  };
  const right =
    `[storage.right]\ntype = "vdir/icalendar"\npath = "${desk.at('right')}"\n` +
    (await line('post_hook', hooks.postHook)) +
    (await line('pre_deletion_hook', hooks.preDeletionHook));
  await desk.configure({
    storages: { left: 'vdir/icalendar', right: { table: () => right } },
    pairs: [
      `[pair.both]\na = "left"\nb = "right"\ncollections = "all"\n${await line('on_change', hooks.onChange)}`,
    ],
  });
  await desk.put('left/work/1.ics', event('1', 'Tea'));
  await desk.put('left/work/2.ics', event('2', 'Cake'));
  return desk;
}

describe('hooks', () => {
  it('of a pair are told what a run changed', async (t) => {
    const desk = await makeDesk(endsOf(t), { onChange: 'cat >> got' });
    await desk.syncs();
    await desk.put('left/work/1.ics', event('1', 'Coffee'));
    await desk.remove('right/work/2.ics');
    await desk.syncs();
    await desk.syncs();
    const lines = (await desk.read('hooks/got')).trimEnd().split('\n');
    const told = lines.map((line) => JSON.parse(line) as Record<string, string>);
    assert.deepEqual(
      told.map(({ side, storage, action, summary }) => `${action} ${summary} on ${side}, ${storage}`),
      [
        'created Tea on b, right',
        'created Cake on b, right',
        'deleted Cake on a, left',
        'updated Coffee on b, right',
      ],
    );
    assert.deepEqual(told[0], {
      pair: 'both',
      collection: 'work',
      side: 'b',
      storage: 'right',
      action: 'created',
      href: '1.ics',
      uid: '1',
      summary: 'Tea',
    });
  });

  it('are not called by a dry run', async (t) => {
    const desk = await makeDesk(endsOf(t), { onChange: 'echo called > got', postHook: 'echo called > got' });
    await desk.syncs('-n');
    assert.deepEqual(await desk.files('hooks'), ['on_change', 'post_hook']);
  });

  it('of a folder are called for its own items alone, with their paths', async (t) => {
    const desk = await makeDesk(endsOf(t), {
      postHook: 'echo "written $1" >> got',
      preDeletionHook: 'test -f "$1" && echo "removal $1" >> got',
    });
    await desk.syncs();
    await desk.put('right/work/1.ics', event('1', 'Coffee'));
    await desk.syncs();
    await desk.remove('left/work/2.ics');
    await desk.syncs();
    assert.deepEqual((await desk.read('hooks/got')).trimEnd().split('\n').toSorted(), [
      `removal ${desk.at('right/work/2.ics')}`,
      `written ${desk.at('right/work/1.ics')}`,
      `written ${desk.at('right/work/2.ics')}`,
    ]);
  });

  it('that fail are told of, and keep nothing from being done', async (t) => {
    const desk = await makeDesk(endsOf(t), {
      onChange: 'exit 3',
      postHook: 'exit 4',
      preDeletionHook: 'exit 5',
    });
    const { status, stdout, stderr } = await desk.sync();
    assert.deepEqual([status, stdout], [0, 'both/work: collection created on b, 2 created on b\n']);
    const place = desk.at('hooks');
    assert.deepEqual(stderr.trimEnd().split('\n'), [
      `pimsync: both: storage "right": post_hook ${place}/post_hook failed: exit status 4 (2 times)`,
      `pimsync: both: on_change ${place}/on_change failed: exit status 3`,
    ]);
    await desk.remove('left/work/2.ics');
    const removal = await desk.sync();
    assert.equal(removal.status, 0);
    assert.match(removal.stderr, /pre_deletion_hook \S+ failed: exit status 5\n/);
    assert.deepEqual(await desk.files('right'), ['work/1.ics']);
  });

  it('are told of by a daemon as warnings, and do not count as failures of the pair', async (t) => {
    const desk = await makeDesk(endsOf(t), { onChange: 'exit 3' });
    const daemon = desk.start(['daemon']);
    await eventually('a warning', async () =>
      /warning: both: on_change .* failed: exit status 3/.test(daemon.stderr),
    );
    const status = (await desk.json('status')) as { running: { failing: object; inStepAtMs: object } };
    assert.deepEqual(status.running.failing, {});
    assert.deepEqual(Object.keys(status.running.inStepAtMs), ['both']);
  });

  it('may ask the daemon for a run of their own pair', async (t) => {
    const desk = await makeDesk(endsOf(t), {
      onChange: `"$NODE" "$PIMSYNC" -c ../mount.toml sync both > said 2>&1; echo $? > status`,
    });
    desk.start(['daemon'], { env: { NODE: process.execPath, PIMSYNC: MAIN } });
    await eventually('its end', async () => (await desk.read('hooks/status')) === '0\n');
    assert.equal(await desk.read('hooks/said'), 'both: nothing to do\n');
  });

  it('are ended with the daemon', async (t) => {
    const desk = await makeDesk(endsOf(t), { onChange: 'echo $$ > pid; sleep 1000' });
    const daemon = desk.start(['daemon']);
    const pid = await eventually('the hook', async () => Number(await desk.read('hooks/pid')) || undefined);
    daemon.signal('SIGTERM');
    assert.equal(await daemon.ended(), 0);
    await eventually('the hook to be gone', async () => !(await isAlive(pid)));
    assert.deepEqual(await desk.files('right'), ['work/1.ics', 'work/2.ics']);
  });
});
