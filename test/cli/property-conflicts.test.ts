import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ItemConflict } from '../../src/app/conflicts.ts';
import type { PropertyConflict, ShownProperty } from '../../src/app/property-conflicts.ts';
import { Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { endsOf } from '../support/program.ts';

describe('conflicts about a property', () => {
  const ITEM = 'both/work:displayname';
  const displayname = (desk: Desk) =>
    Promise.all(['left', 'right'].map((side) => desk.read(`${side}/work/displayname`)));

  async function deskWithNames(t: TestContext): Promise<Desk> {
    const desk = await Desk.make(endsOf(t), {
      storages: { left: 'vdir/icalendar', right: 'vdir/icalendar' },
      pairs: ['[pair.both]\na = "left"\nb = "right"\ncollections = "all"\nconflict = "manual"'],
    });
    for (const side of ['left', 'right'])
      await desk.put(`${side}/work/tea.ics`, eventText({ uid: 'tea', summary: `on ${side}` }));
    await desk.put('left/work/displayname', 'Office');
    await desk.put('right/work/displayname', 'Bureau');
    await desk.sync();
    return desk;
  }

  it('are listed beside those about items, and shown', async (t) => {
    const desk = await deskWithNames(t);
    const { stdout } = await desk.pimsync(['conflicts']);
    assert.equal(
      stdout.split('\n')[1],
      `${ITEM}: it is "Office" on a and "Bureau" on b; both are left as they are`,
    );
    const [, listed] = (await desk.json('conflicts')) as PropertyConflict[];
    assert.deepEqual(
      [listed?.type, listed?.item, listed?.property, listed?.values],
      ['property', ITEM, 'displayname', { a: 'Office', b: 'Bureau' }],
    );
    assert.deepEqual((await desk.pimsync(['conflicts', 'show', ITEM])).stdout.split('\n'), [
      ITEM,
      '  a: left',
      '  b: right',
      'displayname',
      '  a: Office',
      '  b: Bureau',
      '',
    ]);
    const shown = (await desk.json('conflicts', 'show', 'displayname')) as ShownProperty;
    assert.deepEqual([shown.item, shown.choices], [ITEM, ['keep a', 'keep b']]);
  });

  it('are decided by naming the side, and nothing else is', async (t) => {
    const desk = await deskWithNames(t);
    const { status, stdout } = await desk.pimsync(['conflicts', 'resolve', ITEM, '--keep', 'b']);
    // The other conflict, about "tea", is still there.
    assert.deepEqual([status, stdout], [1, 'both/work: set displayname on a to "Bureau"\n']);
    assert.deepEqual(await displayname(desk), ['Bureau', 'Bureau']);
    const left = (await desk.json('conflicts')) as ItemConflict[];
    assert.deepEqual(
      left.map(({ item }) => item),
      ['both/work/tea'],
    );
  });

  it('cannot be merged, and say so', async (t) => {
    const desk = await deskWithNames(t);
    const { status, stderr } = await desk.pimsync(['conflicts', 'resolve', ITEM, '--merge']);
    assert.deepEqual([status, /--keep a or --keep b/.test(stderr)], [2, true]);
  });

  it('that have ended by themselves are no success', async (t) => {
    const desk = await deskWithNames(t);
    await desk.put('right/work/displayname', 'Office');
    await desk.put('right/work/tea.ics', eventText({ uid: 'tea', summary: 'on left' }));
    const { status, stderr } = await desk.pimsync(['conflicts', 'resolve', ITEM, '--keep', 'a']);
    assert.deepEqual([status, stderr], [1, `pimsync: ${ITEM}: both sides have the same by now\n`]);
  });
});
