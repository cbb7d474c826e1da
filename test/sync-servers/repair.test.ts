import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { parseItem } from '../../src/core/item.ts';
import { RawDav } from '../servers/raw-dav.ts';
import { startRadicale } from '../servers/radicale.ts';
import type { TestServer } from '../servers/server.ts';
import { startXandikos } from '../servers/xandikos.ts';
import { calendar, cut, event } from '../support/calendar-texts.ts';
import { account, Desk } from '../support/desk.ts';
import { contactText, eventText } from '../support/items.ts';
import { type Ends, endsOf } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const START = 'DTSTART:20261122T100000Z';
const both = calendar(
  ...event('UID:tea', 'DTSTAMP:20261101T000000Z', START),
  ...event('UID:cake', 'DTSTAMP:20261101T000000Z', START),
);
const withoutStamp = (uid: string): string => cut(eventText({ uid }), 'DTSTAMP:20261101T000000Z');

async function serverOf(
  ends: Ends,
  start: () => Promise<TestServer>,
): Promise<{ server: TestServer; dav: RawDav }> {
  const server = await start();
  ends.add(() => server.stop());
  return { server, dav: new RawDav(server) };
}

/** Repairs `remote`; all of it has to be possible, and then nothing is left. */
async function repairs(desk: Desk, repaired: number): Promise<string> {
  const shown = await desk.pimsync(['repair', 'remote']);
  assert.deepEqual(
    [shown.status, shown.stderr],
    [1, `remote: ${repaired} to repair; run again with --yes\n`],
  );
  const done = await desk.pimsync(['repair', 'remote', '--yes']);
  assert.deepEqual([done.status, done.stderr], [0, `remote: ${repaired} repaired\n`]);
  const again = await desk.pimsync(['repair', 'remote']);
  assert.deepEqual(again, { status: 0, stdout: 'remote: nothing to repair\n', stderr: '' });
  return done.stdout;
}

async function textsIn(dav: RawDav, collection: URL): Promise<string[]> {
  const texts: string[] = [];
  for (const name of await dav.list(collection))
    texts.push((await dav.get(new URL(encodeURIComponent(name), collection))) ?? '');
  return texts;
}

describe('repair on radicale', { skip: requirement('radicale'), timeout: 120_000 }, () => {
  it('two items with one UID, where another UID in the same place is refused', async (t: TestContext) => {
    const ends = endsOf(t);
    const { server, dav } = await serverOf(ends, startRadicale);
    const url = await dav.makeFilled(
      'calendar',
      'work',
      new Map([['one.ics', eventText({ uid: 'one', summary: 'tea' })]]),
    );
    // It takes a UID only once; such things come about when its folder is copied about.
    const folder = join(server.dataDir, 'storage', 'collection-root', 'alice', 'work');
    await writeFile(join(folder, 'copy.ics'), eventText({ uid: 'one', summary: 'tea' }));
    await writeFile(join(folder, 'two.ics'), eventText({ uid: 'one', summary: 'lunch' }));
    const desk = await Desk.make(ends, { storages: { remote: account('caldav', server) } });
    const [, uid = ''] =
      /\[\/alice\/work\/two\.ics\]: .*; now UID (\S+)\n/.exec(await repairs(desk, 2)) ?? [];
    assert.deepEqual(await dav.list(url), [`${uid}.ics`, 'one.ics'].toSorted());
    assert.match((await dav.get(new URL(`${uid}.ics`, url))) ?? '', /SUMMARY:lunch/);
  });

  it('a folder that it refuses half of: repaired and synchronised, both have everything', async (t: TestContext) => {
    const ends = endsOf(t);
    const { server, dav } = await serverOf(ends, startRadicale);
    const desk = await Desk.make(ends, {
      storages: { local: 'vdir/icalendar', remote: account('caldav', server) },
      pairs: ['p: local remote'],
    });
    const broken = {
      'no-uid.ics': eventText({ uid: undefined }),
      'both.ics': both,
      'bom.ics': `\uFEFF${eventText({ uid: 'bom' })}`,
      'control.ics': eventText({ uid: 'control', summary: 'a\u0001b' }),
      'unclosed.ics': cut(eventText({ uid: 'unclosed' }), 'END:VCALENDAR'),
      'one.ics': eventText({ uid: 'one', summary: 'walk' }),
      'two.ics': eventText({ uid: 'one', summary: 'run' }),
    };
    for (const [name, text] of Object.entries(broken)) await desk.put(`local/work/${name}`, text);
    assert.equal((await desk.sync()).status, 1);
    assert.equal((await desk.pimsync(['repair', 'local', '--yes'])).status, 0);
    await desk.syncs();
    const there = await textsIn(dav, new URL('work/', server.calendarHome));
    const here = [...(await desk.contents('local')).values()];
    assert.equal(there.length, 8);
    assert.deepEqual(uidsOf(there), uidsOf(here));
    assert.equal(await desk.syncs(), 'p: nothing to do\n');
  });
});

describe('repair on xandikos', { skip: requirement('xandikos'), timeout: 120_000 }, () => {
  it('events', async (t: TestContext) => {
    const ends = endsOf(t);
    const { server, dav } = await serverOf(ends, startXandikos);
    const items = {
      'fine.ics': eventText({ uid: 'fine' }),
      'no-uid.ics': eventText({ uid: undefined, summary: 'walk' }),
      'both.ics': both,
      'no-stamp.ics': withoutStamp('no-stamp'),
      'no-prodid.ics': cut(eventText({ uid: 'no-prodid' }), 'PRODID:-//pimsync//test//EN'),
    };
    const url = await dav.makeFilled('calendar', 'work', new Map(Object.entries(items)));
    const fine = await dav.get(new URL('fine.ics', url));
    const desk = await Desk.make(ends, { storages: { remote: account('caldav', server) } });
    await repairs(desk, 4);
    assert.deepEqual(await dav.list(url), [...Object.keys(items), 'cake.ics'].toSorted());
    assert.equal(await dav.get(new URL('fine.ics', url)), fine);
    assert.equal(new Set(uidsOf(await textsIn(dav, url))).size, 6);
  });

  it('contacts', async (t: TestContext) => {
    const ends = endsOf(t);
    const { server, dav } = await serverOf(ends, startXandikos);
    const items = {
      'ada.vcf': contactText({ uid: 'ada' }),
      'copy.vcf': contactText({ uid: 'ada' }),
      'other.vcf': contactText({ uid: 'ada', name: 'Grace Hopper' }),
      'no-uid.vcf': contactText({ uid: undefined, name: 'Mary Shelley' }),
    };
    const url = await dav.makeFilled('contact', 'friends', new Map(Object.entries(items)));
    const desk = await Desk.make(ends, { storages: { remote: account('carddav', server) } });
    await repairs(desk, 3);
    assert.deepEqual(await dav.list(url), ['ada.vcf', 'no-uid.vcf', 'other.vcf']);
    const texts = await textsIn(dav, url);
    assert.deepEqual(
      texts.map((text) => /^FN:(.*?)\r?$/m.exec(text)?.[1]),
      ['Ada Lovelace', 'Mary Shelley', 'Grace Hopper'],
    );
    assert.equal(new Set(texts.map((text) => parseItem('contact', text).uid)).size, 3);
  });
});

const uidsOf = (texts: readonly string[]): string[] =>
  texts.map((text) => parseItem('calendar', text).uid ?? '').toSorted();
