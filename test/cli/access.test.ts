import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { endsOf } from '../support/program.ts';

const event = (uid: string, summary = uid): string => eventText({ uid, summary });
const vdir = (desk: Desk, name: string, ...lines: readonly string[]): string =>
  [`[storage.${name}]`, 'type = "vdir/icalendar"', `path = "${desk.at(name)}"`, ...lines].join('\n');

describe('sync with a side that is not to be written to', () => {
  it('names what the read-only side would have got, every time, and changes nothing there', async (t) => {
    const desk = await Desk.make(endsOf(t), { storages: {} });
    await desk.put('source/work/old.ics', event('old'));
    await desk.put('copy/work/old.ics', event('old'));
    await desk.configure({
      storages: {
        source: { table: (name) => vdir(desk, name, 'read_only = true') },
        copy: { table: (name) => vdir(desk, name) },
      },
      pairs: ['p: source copy'],
    });
    await desk.syncs();
    await desk.put('copy/work/new.ics', event('new'));
    await desk.put('copy/work/old.ics', event('old', 'edited'));
    await desk.put('source/work/more.ics', event('more'));
    const before = await desk.contents('source');
    for (const done of ['p/work: 1 created on b\n', '']) {
      const { status, stdout, stderr } = await desk.sync();
      assert.deepEqual({ status, stdout }, { status: 1, stdout: done });
      assert.match(stderr, /^pimsync: p\/work: refused: .*UID new.*read-only/m);
      assert.match(stderr, /^pimsync: p\/work: refused: .*UID old.*read-only/m);
    }
    assert.deepEqual(await desk.contents('source'), before);
    assert.match(await desk.read('copy/work/old.ics'), /SUMMARY:edited/);
  });

  it('makes b of a one-way pair what a is, once somebody has said so', async (t) => {
    const desk = await Desk.make(endsOf(t), { storages: {} });
    await desk.put('source/work/old.ics', event('old'));
    await desk.put('copy/work/own.ics', event('own'));
    await desk.configure({
      storages: { source: 'vdir/icalendar', copy: 'vdir/icalendar' },
      pairs: ['[pair.p]\na = "source"\nb = "copy"\ncollections = "all"\none_way = true'],
    });
    const { status, stdout, stderr } = await desk.sync();
    assert.deepEqual({ status, stdout }, { status: 1, stdout: 'p/work: 1 created on b\n' });
    assert.match(stderr, /held back: .*UID own.*pimsync confirm p\/work/);
    assert.deepEqual(await desk.files('copy'), ['work/old.ics', 'work/own.ics']);
    assert.equal((await desk.pimsync(['confirm'])).status, 0);
    assert.deepEqual(await desk.files('copy'), ['work/old.ics']);
    await desk.put('copy/work/old.ics', event('old', 'edited'));
    assert.equal(await desk.syncs(), 'p/work: 1 updated on b\n');
    assert.equal(await desk.read('copy/work/old.ics'), event('old'));
  });
});
