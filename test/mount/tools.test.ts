import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Account } from '../support/account.ts';
import { eventText, todoText } from '../support/items.ts';
import { PimTools } from '../support/pim-tools.ts';
import { Ends, eventually, sh } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const skip = requirement('fuse') ?? requirement('radicale');

describe('programs for calendars and contacts on a mount', { skip, timeout: 180_000 }, () => {
  const ends = new Ends();
  let account: Account;
  let tools: PimTools;
  before(async () => {
    account = await Account.make(ends, { events: ['standup', 'review'], contacts: ['ada'] });
    await account.dav.put(account.url('laundry.ics'), todoText({ uid: 'laundry' }));
    await account.mountFilled(ends);
    tools = await PimTools.setUp(account.place);
  });
  after(() => ends.close());
  beforeEach(() => account.proxy.forget());

  /** The name on the server of the one item there that has that text. */
  const onServerWith = (url: URL, text: string): Promise<string> =>
    eventually(`an item with "${text}" on the server`, async () => {
      for (const name of await account.dav.list(url))
        if ((await account.onServer(name))?.includes(text) === true) return name;
      return undefined;
    });

  describe('khal', { skip: requirement('khal') }, () => {
    const list = (): Promise<string> => tools.sh('khal list 2026-11-22 1d');

    it('lists what is there, and what changes on the server at its next start', async () => {
      assert.match(await list(), /standup/);
      await account.changeOnServer('standup.ics', 'SUMMARY:standup', 'SUMMARY:stand-up');
      await account.dav.put(account.url('fresh.ics'), eventText({ uid: 'fresh', summary: 'brand-new' }));
      await account.sync();
      const listed = await list();
      assert.match(listed, /stand-up/);
      assert.match(listed, /brand-new/);
      // Once more, so that khal has stored the folder's time and the kernel knows it by heart.
      assert.equal(await list(), listed);
      await account.changeOnServer('standup.ics', 'SUMMARY:stand-up', 'SUMMARY:once-more');
      await account.sync();
      assert.match(await list(), /once-more/);
      await account.dav.remove(account.url('fresh.ics'));
      await account.sync();
      assert.doesNotMatch(await list(), /brand-new/);
    });

    it('makes an event that arrives as one PUT', async () => {
      await tools.sh('khal new -a work 2026-11-22 10:00 11:00 "made by khal"');
      const name = await onServerWith(account.calendar, 'made by khal');
      await account.sync();
      assert.deepEqual(account.proxy.writes(), [`PUT ${name}`]);
      assert.ok((await readdir(account.place.at('dav', 'work'))).includes(name));
      assert.match(await list(), /made by khal/);
    });

    it('imports a new event, and a new version of one', async () => {
      const version = (summary: string): string => eventText({ uid: 'imported', summary });
      const file = `${account.place.folder}/import.ics`;
      const importing = `cat > ${file}; khal import --batch -a work ${file}`;
      await tools.sh(importing, version('first version'));
      const name = await onServerWith(account.calendar, 'first version');
      await tools.sh(importing, version('second version'));
      await account.arrives(name, 'second version');
      await account.sync();
      assert.deepEqual(account.proxy.writes(), [`PUT ${name}`, `PUT ${name}`]);
      assert.match(await list(), /second version/);
    });
  });

  describe('todoman', { skip: requirement('todoman') }, () => {
    it('lists, makes and finishes a to-do, and each arrives as one PUT', async () => {
      assert.match(await tools.sh('todoman --porcelain list'), /laundry/);
      await tools.sh('todoman new -l work "made by todoman"');
      const name = await onServerWith(account.calendar, 'made by todoman');
      const todos = JSON.parse(await tools.sh('todoman --porcelain list')) as {
        id: number;
        summary: string;
      }[];
      const todo = todos.find(({ summary }) => summary === 'made by todoman');
      await tools.sh(`todoman done ${String(todo?.id)}`);
      await account.arrives(name, 'STATUS:COMPLETED');
      await account.sync();
      assert.deepEqual(account.proxy.writes(), [`PUT ${name}`, `PUT ${name}`]);
    });

    it('sees at its next start what was done on the server', async () => {
      await account.changeOnServer('laundry.ics', 'SUMMARY:laundry', 'SUMMARY:ironing');
      await account.sync();
      assert.match(await tools.sh('todoman --porcelain list'), /ironing/);
    });
  });

  describe('khard', { skip: requirement('khard') }, () => {
    it('lists contacts, and those that come from the server later', async () => {
      assert.match(await tools.sh('khard list'), /ada/);
      await account.changeOnServer('ada.vcf', 'N:ada;;;;', 'N:Lovelace;Ada;;;');
      await account.sync();
      assert.match(await tools.sh('khard list'), /Lovelace/);
    });

    it('makes and changes a contact, and each arrives as one PUT', async () => {
      const input = `${account.place.folder}/contact.yaml`;
      await tools.sh(
        `cat > ${input}; khard new -a friends -i ${input}`,
        'First name : Max\nLast name : Muster\n',
      );
      const name = await onServerWith(account.book, 'Muster');
      await tools.sh(
        `cat > ${input}; echo y | khard modify -i ${input} Max`,
        'First name : Max\nLast name : Muster\nNickname : Maxi\n',
      );
      await account.arrives(name, 'Maxi');
      await account.sync();
      assert.deepEqual(account.proxy.writes(), [`PUT ${name}`, `PUT ${name}`]);
    });
  });

  describe('rsync', { skip: requirement('rsync') }, () => {
    it('backs up, and the next time takes only what changed', async () => {
      const backup = (): Promise<string> =>
        sh(`rsync -ai --delete ${account.place.at()}/ ${account.place.folder}/backup/`);
      const transferred = async (): Promise<string[]> =>
        (await backup()).split('\n').flatMap((line) => /^>f\S+ (.*)$/.exec(line)?.[1] ?? []);
      assert.ok((await transferred()).includes('dav/work/review.ics'));
      assert.equal(await backup(), '');
      await account.changeOnServer('review.ics', 'Room 1', 'Room 9');
      await account.sync();
      assert.deepEqual(await transferred(), ['dav/work/review.ics']);
    });

    it('brings a folder in once, and all of it arrives', async () => {
      const { folder } = account.place;
      const events = ['in1', 'in2', 'in3'].map((uid) => `printf %s '${eventText({ uid })}' > ${uid}.ics`);
      await sh(`mkdir in; cd in; ${events.join('; ')}; touch -d '2020-01-02 03:04:05' *`, { cwd: folder });
      const bringIn = `rsync -ai in/ ${account.place.at('dav', 'work')}/`;
      await sh(bringIn, { cwd: folder });
      for (const uid of ['in1', 'in2', 'in3']) await account.arrives(`${uid}.ics`, `UID:${uid}`);
      await account.sync();
      assert.deepEqual(account.proxy.writes().toSorted(), ['PUT in1.ics', 'PUT in2.ics', 'PUT in3.ics']);
      assert.doesNotMatch(await sh(bringIn, { cwd: folder }), /^[<>]f/m);
      account.proxy.forget();
      await account.sync();
      assert.deepEqual(account.proxy.writes(), []);
    });
  });
});
