import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Desk, type Running } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { type Ends, endsOf, eventually } from '../support/program.ts';

const event = (uid: string, summary = uid): string => eventText({ uid, summary });

/** Two folders that are looked at every hour, and watched. */
async function startDaemon(ends: Ends): Promise<{ readonly desk: Desk; readonly daemon: Running }> {
  const desk = await Desk.make(ends, { storages: { left: 'vdir/icalendar', right: 'vdir/icalendar' } });
  const table = (name: string): string =>
    `[storage.${name}]\ntype = "vdir/icalendar"\npath = "${desk.at(name)}"\ninterval = "1h"`;
  await desk.configure({ storages: { left: { table }, right: { table } }, pairs: ['both: left right'] });
  await desk.put('left/work/1.ics', event('1'));
  const daemon = desk.start(['daemon']);
  await arrives(desk, 'right/work/1.ics', '1');
  return { desk, daemon };
}

const arrives = (desk: Desk, path: string, text: string): Promise<unknown> =>
  eventually(`"${text}" in ${path}`, async () => (await desk.read(path)).includes(text));

describe('a daemon and a folder that somebody changes', () => {
  it('carry each change over at once, in both directions', async (t) => {
    const { desk, daemon } = await startDaemon(endsOf(t));
    await desk.put('left/work/2.ics', event('2'));
    await arrives(desk, 'right/work/2.ics', '2');
    await desk.put('right/work/1.ics', event('1', 'edited'));
    await arrives(desk, 'left/work/1.ics', 'edited');
    await desk.remove('right/work/2.ics');
    await eventually('the deletion to arrive', async () => (await desk.files('left')).length === 1);
    await desk.put('left/home/3.ics', event('3'));
    await arrives(desk, 'right/home/3.ics', '3');
    await desk.put('right/home/4.ics', event('4'));
    await arrives(desk, 'left/home/4.ics', '4');
    daemon.signal('SIGTERM');
    assert.equal(await daemon.ended(), 0);
    assert.equal(daemon.stderr, '');
  });

  it('go on doing so after the configuration was read anew', async (t) => {
    const { desk, daemon } = await startDaemon(endsOf(t));
    await desk.configure({
      storages: {
        right: 'vdir/icalendar',
        third: {
          table: (name) =>
            `[storage.${name}]\ntype = "vdir/icalendar"\npath = "${desk.at('left')}"\ninterval = "1h"`,
        },
      },
      pairs: ['other: third right'],
    });
    daemon.signal('SIGHUP');
    await desk.put('left/work/2.ics', event('2'));
    await arrives(desk, 'right/work/2.ics', '2');
    await desk.put('left/work/3.ics', event('3'));
    await arrives(desk, 'right/work/3.ics', '3');
  });
});
