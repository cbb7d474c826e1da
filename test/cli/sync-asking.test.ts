import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { endsOf } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';
import { Screen } from '../support/screen.ts';

/** Two pairs, each with something to bring from `one`. */
async function deskWithPlans(t: TestContext): Promise<Desk> {
  const desk = await Desk.make(endsOf(t), {
    storages: Object.fromEntries(['one', 'two', 'three'].map((name) => [name, 'vdir/icalendar'] as const)),
    pairs: ['first: one two', 'second: one three'],
  });
  await desk.put('one/work/tea.ics', eventText({ uid: 'tea', summary: 'Tea' }));
  return desk;
}

describe('sync -i', () => {
  it('without a terminal is wrong usage that names the other way', async (t) => {
    const desk = await deskWithPlans(t);
    const { status, stderr } = await desk.pimsync(['sync', '-i']);
    assert.deepEqual([status, /asks at a terminal; .* -n /.test(stderr)], [2, true]);
    assert.deepEqual(await desk.files('two'), []);
  });

  it('does not go with -n', async (t) => {
    const desk = await deskWithPlans(t);
    assert.equal((await desk.pimsync(['sync', '-i', '-n'])).status, 2);
  });
});

describe('sync -i at a terminal', { skip: requirement('tmux') }, () => {
  it('does what is agreed to and nothing else, and asks nothing where nothing is to be done', async (t) => {
    const desk = await deskWithPlans(t);
    const screen = await Screen.start(endsOf(t), desk, { args: ['sync', '-i'] });
    await screen.shows('first/work: create the collection on b, with all its items');
    await screen.shows('Synchronise first? (y)es, (n)o, (q)uit:');
    await screen.types('n');
    await screen.shows('Synchronise second?');
    await screen.types('y');
    assert.equal(await screen.ended(), '0');
    assert.deepEqual([await desk.files('two'), await desk.files('three')], [[], ['work/tea.ics']]);

    const again = await Screen.start(endsOf(t), desk, { args: ['sync', '-i'] });
    await again.shows('Synchronise first?');
    await again.types('y');
    assert.equal(await again.ended(), '0');
    assert.doesNotMatch(await again.text(), /Synchronise second\?/);
    assert.deepEqual(await desk.files('two'), ['work/tea.ics']);
  });

  it('stops at "q", and at what is no answer goes on to the next pair', async (t) => {
    const desk = await deskWithPlans(t);
    const screen = await Screen.start(endsOf(t), desk, { args: ['sync', '-i'] });
    await screen.shows('Synchronise first?');
    await screen.types('what?');
    await screen.shows('Synchronise second?');
    await screen.types('q');
    assert.equal(await screen.ended(), '0');
    assert.deepEqual([await desk.files('two'), await desk.files('three')], [[], []]);
  });
});
