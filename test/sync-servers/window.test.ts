import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { RawDav } from '../servers/raw-dav.ts';
import { startRadicale } from '../servers/radicale.ts';
import type { TestServer } from '../servers/server.ts';
import { startXandikos } from '../servers/xandikos.ts';
import { Desk } from '../support/desk.ts';
import { eventText, todoText } from '../support/items.ts';
import { davTable } from '../support/place.ts';
import { Ends } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** So many days from now, as DTSTART has it. */
const day = (days: number): string =>
  new Date(Date.now() + days * DAY_MS).toISOString().replaceAll(/[-:]|\.\d+/g, '');

const eventOn = (uid: string, days: number, lines: readonly string[] = []): string =>
  eventText({ uid, summary: uid, start: day(days), lines });

for (const [name, start] of [
  ['radicale', startRadicale],
  ['xandikos', startXandikos],
] as const) {
  describe(`a window on a calendar of ${name}`, { skip: requirement(name), timeout: 120_000 }, () => {
    const ends = new Ends();
    let server: TestServer;
    let dav: RawDav;
    let desk: Desk;
    let work: URL;
    afterEach(() => ends.close());
    beforeEach(async () => {
      server = await start();
      ends.add(() => server.stop());
      dav = new RawDav(server);
      desk = await Desk.make(ends, { storages: {} });
      const items = [
        ['past', eventOn('past', -400)],
        ['lately', eventOn('lately', -5)],
        ['soon', eventOn('soon', 5)],
        ['far', eventOn('far', 900)],
        ['chore', todoText({ uid: 'chore', summary: 'chore' })],
      ] as const;
      work = await dav.makeFilled(
        'calendar',
        'work',
        new Map(items.map(([uid, text]) => [`${uid}.ics`, text])),
      );
    });

    const configure = (lines: readonly string[]): Promise<void> =>
      desk.configure({
        storages: {
          local: 'vdir/icalendar',
          remote: {
            table: (table) =>
              `${davTable(table, 'caldav', { server, url: server.url })}\n${lines.join('\n')}`,
          },
        },
        pairs: ['p: local remote'],
      });
    const here = async (): Promise<string[]> =>
      (await desk.files('local'))
        .filter((file) => file.endsWith('.ics'))
        .map((file) => file.slice('work/'.length, -4));
    const there = async (): Promise<string[]> =>
      (await dav.list(work)).map((file) => file.slice(0, -4)).toSorted();
    const ALL = ['chore', 'far', 'lately', 'past', 'soon'];

    it('carries what is inside, and a change of it', async () => {
      await configure(['components = ["VEVENT"]', 'since = "30d"', 'until = "365d"']);
      await desk.syncs();
      assert.deepEqual(await here(), ['lately', 'soon']);
      await dav.put(new URL('soon.ics', work), eventOn('soon', 6, ['LOCATION:there']));
      await desk.syncs();
      assert.match((await desk.contents('local')).get('work/soon.ics') ?? '', /LOCATION:there/);
      assert.match(await desk.syncs(), /nothing to do/);
      assert.deepEqual(await there(), ALL);
    });

    it('carries the kinds of components that it is told to', async () => {
      for (const [components, wanted] of [
        ['"VTODO"', ['chore']],
        ['"VTODO", "VEVENT"', ALL],
        ['', ALL],
      ] as const) {
        await configure(components === '' ? [] : [`components = [${components}]`]);
        await desk.syncs();
        assert.deepEqual(await here(), wanted, components);
      }
      assert.deepEqual(await there(), ALL);
    });

    it('lets what leaves it be on both sides', async () => {
      await configure([]);
      await desk.syncs();
      assert.deepEqual(await here(), ALL);
      await configure(['components = ["VEVENT"]', 'since = "30d"']);
      await desk.syncs();
      assert.deepEqual([await here(), await there()], [ALL, ALL]);
      await dav.put(new URL('soon.ics', work), eventOn('soon', -200));
      await desk.syncs();
      assert.deepEqual([await here(), await there()], [ALL, ALL]);
    });

    it('that grows brings what came in at once', async () => {
      await configure(['since = "30d"', 'until = "365d"', 'components = ["VEVENT"]']);
      await desk.syncs();
      await configure(['until = "365d"', 'components = ["VEVENT", "VTODO"]']);
      await desk.syncs();
      assert.deepEqual(await here(), ['chore', 'lately', 'past', 'soon']);
    });

    it('takes what is made here, also outside of it', async () => {
      await configure(['since = "30d"']);
      await desk.syncs();
      await desk.put('local/work/old.ics', eventOn('old', -100));
      await desk.syncs();
      await desk.syncs();
      assert.ok((await there()).includes('old'));
      assert.ok((await here()).includes('old'));
    });
  });
}
