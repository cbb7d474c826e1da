import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { RawDav } from '../servers/raw-dav.ts';
import type { TestServer } from '../servers/server.ts';
import { SERVERS } from '../support/account.ts';
import { account, Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { Ends } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const ODD = [
  'a',
  'A',
  'two words',
  'Müll',
  '東京の予定',
  'مواعيد',
  'not a character \uFFFE',
  '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  '100%',
  'a+b',
];

for (const name of ['radicale', 'xandikos'] as const) {
  describe(`collections on ${name}`, { skip: requirement(name), timeout: 120_000 }, () => {
    const ends = new Ends();
    let server: TestServer;
    let dav: RawDav;
    let desk: Desk;
    afterEach(() => ends.close());
    beforeEach(async () => {
      server = await SERVERS[name]();
      ends.add(() => server.stop());
      dav = new RawDav(server);
      desk = await Desk.make(ends, { storages: {} });
    });

    // Xandikos calls a calendar without a name by its path.
    const pair = (name: string, a: string, collections: string): string =>
      `[pair.${name}]\na = "${a}"\nb = "remote"\ncollections = ${collections}\nproperties = []`;
    const configure = (...pairs: readonly string[]): Promise<void> =>
      desk.configure({
        storages: { local: 'vdir/icalendar', copy: 'vdir/icalendar', remote: account('caldav', server) },
        pairs,
      });
    const onServer = (id: string): Promise<string[]> =>
      dav.list(new URL(`${encodeURIComponent(id)}/`, dav.home('calendar')));
    const itemsIn = async (folder: string): Promise<string[]> =>
      (await desk.files(folder)).filter((file) => file.endsWith('.ics'));

    it('of odd names are made there, and from there in another folder, each with its item', async () => {
      for (const [at, id] of ODD.entries())
        await desk.put(`local/${id}/item.ics`, eventText({ uid: `item-${at}` }));
      await configure(pair('up', 'local', '"all"'), pair('down', 'copy', '"all"'));
      await desk.syncs('up');
      for (const id of ODD) assert.deepEqual(await onServer(id), ['item.ics'], id);
      await desk.syncs('down');
      assert.deepEqual(await itemsIn('copy'), ODD.map((id) => `${id}/item.ics`).toSorted());
      for (const [at, id] of ODD.entries())
        assert.match(await desk.read(`copy/${id}/item.ics`), new RegExp(`UID:item-${at}\r`));
      assert.equal(await desk.syncs(), 'up: nothing to do\ndown: nothing to do\n');
    });

    it('that come later, on either side, are taken up by the next run', async () => {
      await desk.put('local/work/standup.ics', eventText({ uid: 'standup' }));
      await configure(pair('p', 'local', '"all"'));
      await desk.syncs();
      await desk.put('local/home/lunch.ics', eventText({ uid: 'lunch' }));
      await dav.makeFilled('calendar', 'team', new Map([['review.ics', eventText({ uid: 'review' })]]));
      await desk.syncs();
      assert.deepEqual(await onServer('home'), ['lunch.ics']);
      assert.deepEqual(await itemsIn('local'), ['home/lunch.ics', 'team/review.ics', 'work/standup.ics']);
    });

    it('are tied as a changed configuration says from the next run on, and nothing is deleted for it', async () => {
      for (const uid of ['one', 'two']) await desk.put(`local/work/${uid}.ics`, eventText({ uid }));
      const tiedTo = (id: string): Promise<void> =>
        configure(pair('p', 'local', `[{ alias = "w", a = "work", b = "${id}" }]`));
      await tiedTo('old');
      await desk.syncs();
      await dav.makeFilled('calendar', 'new', new Map([['three.ics', eventText({ uid: 'three' })]]));
      await tiedTo('new');
      assert.equal(await desk.syncs(), 'p/w: 1 created on a, 2 created on b\n');
      assert.deepEqual(await onServer('old'), ['one.ics', 'two.ics']);
      assert.deepEqual(await onServer('new'), ['one.ics', 'three.ics', 'two.ics']);
      assert.deepEqual(await itemsIn('local/work'), ['one.ics', 'three.ics', 'two.ics']);
    });
  });
}
