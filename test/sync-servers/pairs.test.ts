import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ItemKind } from '../../src/core/item.ts';
import { RawDav } from '../servers/raw-dav.ts';
import { startRadicale } from '../servers/radicale.ts';
import type { TestServer } from '../servers/server.ts';
import { startXandikos } from '../servers/xandikos.ts';
import { account, Desk, type StorageWish } from '../support/desk.ts';
import { textOf } from '../support/items.ts';
import { Ends } from '../support/program.ts';
import { type Requirement, requirement } from '../support/requirements.ts';
import { FolderSide, ServerSide, type Side } from '../support/side.ts';

type Where = 'folder' | 'radicale' | 'xandikos';

const START = { radicale: startRadicale, xandikos: startXandikos } as const;

interface PairCase {
  readonly kind: ItemKind;
  readonly a: Where;
  readonly b: Where;
}

const CASES: readonly PairCase[] = [
  { kind: 'calendar', a: 'folder', b: 'folder' },
  { kind: 'calendar', a: 'folder', b: 'radicale' },
  { kind: 'calendar', a: 'folder', b: 'xandikos' },
  { kind: 'contact', a: 'folder', b: 'radicale' },
  { kind: 'contact', a: 'folder', b: 'xandikos' },
  { kind: 'calendar', a: 'radicale', b: 'xandikos' },
];

interface Setting {
  readonly desk: Desk;
  readonly a: Side;
  readonly b: Side;
}

async function setUp(ends: Ends, { kind, a, b }: PairCase): Promise<Setting> {
  const servers = new Map<string, TestServer>();
  for (const where of [a, b]) {
    if (where === 'folder') continue;
    const server = await START[where]();
    ends.add(() => server.stop());
    servers.set(where, server);
  }
  const wishOf = (where: Where): StorageWish => {
    const server = servers.get(where);
    if (server) return account(kind === 'calendar' ? 'caldav' : 'carddav', server);
    return kind === 'calendar' ? 'vdir/icalendar' : 'vdir/vcard';
  };
  const desk = await Desk.make(ends, {
    storages: { one: wishOf(a), two: wishOf(b) },
    pairs: ['both: one two'],
  });
  const sideOf = (where: Where, folder: string): Side => {
    const server = servers.get(where);
    return server ? new ServerSide(new RawDav(server), kind) : new FolderSide(desk, folder, kind);
  };
  return { desk, a: sideOf(a, 'one'), b: sideOf(b, 'two') };
}

for (const one of CASES) {
  const { kind, a: whereA, b: whereB } = one;
  const needed = [whereA, whereB].filter((where) => where !== 'folder') as Requirement[];
  const skip = needed.map((name) => requirement(name)).find((reason) => reason !== undefined);
  describe(`${kind}s in a ${whereA} and a ${whereB}`, { skip, timeout: 120_000 }, () => {
    const ends = new Ends();
    let setting: Setting;
    const item = (uid: string, title = uid): string => textOf(kind, uid, title);
    /** Both sides have just these, with these titles. */
    async function hold(titles: Readonly<Record<string, string>>): Promise<void> {
      for (const side of [setting.a, setting.b]) {
        assert.deepEqual(await side.names('work'), Object.keys(titles).toSorted());
        for (const [name, title] of Object.entries(titles)) {
          const text = await side.read('work', name);
          assert.ok(text?.includes(`:${title}\r\n`) ?? false, `${name}: ${text ?? 'nothing'}`);
        }
      }
    }
    before(async () => {
      setting = await setUp(ends, one);
      const { a, b } = setting;
      await a.makeCollection('work');
      for (const name of ['standup', 'review']) await a.put('work', name, item(name));
      await b.makeCollection('home');
      await b.put('home', 'lunch', item('lunch'));
    });
    after(() => ends.close());

    it('a first run brings everything to both sides, and makes what is missing', async () => {
      await setting.desk.syncs();
      await hold({ standup: 'standup', review: 'review' });
      assert.deepEqual(await setting.a.names('home'), ['lunch']);
    });

    it('a second run has nothing to do', async () => {
      assert.equal(await setting.desk.syncs(), 'both: nothing to do\n');
    });

    it('edits, new items and deletions go both ways', async () => {
      const { a, b, desk } = setting;
      await a.put('work', 'standup', item('standup', 'standup at 9'));
      await a.put('work', 'new-here', item('new-here'));
      await b.put('work', 'new-there', item('new-there'));
      await b.put('work', 'review', item('review', 'review at 14'));
      await desk.syncs();
      await hold({
        standup: 'standup at 9',
        review: 'review at 14',
        'new-here': 'new-here',
        'new-there': 'new-there',
      });
      await a.remove('work', 'new-there');
      await b.remove('work', 'new-here');
      await desk.syncs();
      await hold({ standup: 'standup at 9', review: 'review at 14' });
      assert.equal(await desk.syncs(), 'both: nothing to do\n');
    });

    it('an item under another name is the same item', async () => {
      const { a, b, desk } = setting;
      const text = (await a.read('work', 'standup')) ?? '';
      await a.remove('work', 'standup');
      await a.put('work', 'renamed', text);
      await desk.syncs();
      assert.deepEqual(await b.names('work'), ['review', 'standup']);
      assert.deepEqual(await a.names('work'), ['renamed', 'review']);
      await b.put('work', 'standup', item('standup', 'standup at 10'));
      await desk.syncs();
      assert.match((await a.read('work', 'renamed')) ?? '', /standup at 10/);
      assert.equal(await desk.syncs(), 'both: nothing to do\n');
    });

    it('an edit outlives a deletion', async () => {
      const { a, b, desk } = setting;
      await a.remove('work', 'review');
      await b.put('work', 'review', item('review', 'review at 15'));
      await desk.syncs();
      assert.match((await a.read('work', 'review')) ?? '', /review at 15/);
    });

    it('what was changed on both sides is told of and left alone, until it is the same again', async () => {
      const { a, b, desk } = setting;
      await a.put('work', 'review', item('review', 'review in room 1'));
      await b.put('work', 'review', item('review', 'review in room 2'));
      for (const _run of [1, 2]) {
        const { status, stderr } = await desk.sync();
        assert.equal(status, 1);
        assert.match(stderr, /^pimsync: both\/work: conflict: .*UID review.*review\.(ics|vcf).*\n$/);
        assert.match((await a.read('work', 'review')) ?? '', /room 1/);
        assert.match((await b.read('work', 'review')) ?? '', /room 2/);
      }
      await b.put('work', 'review', item('review', 'review in room 1'));
      await desk.syncs();
      assert.equal(await desk.syncs(), 'both: nothing to do\n');
    });
  });
}
