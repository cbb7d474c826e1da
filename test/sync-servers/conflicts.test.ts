import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type ItemKind, parseItem } from '../../src/core/item.ts';
import { RawDav } from '../servers/raw-dav.ts';
import { startRadicale } from '../servers/radicale.ts';
import { startXandikos } from '../servers/xandikos.ts';
import { account, Desk } from '../support/desk.ts';
import { textOf } from '../support/items.ts';
import { endsOf } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';
import { FolderSide, ServerSide } from '../support/side.ts';

const START = { radicale: startRadicale, xandikos: startXandikos } as const;

interface Setting {
  readonly desk: Desk;
  readonly a: FolderSide;
  readonly b: ServerSide;
  readonly item: (title: string) => string;
}

interface Wish {
  readonly kind: ItemKind;
  readonly server: keyof typeof START;
  readonly mode: string;
}

/** A folder and an account, with "tea" changed on both sides or, where it is said, new on both. */
async function setUp(t: TestContext, { kind, server: name, mode }: Wish, isNew = false): Promise<Setting> {
  const ends = endsOf(t);
  const server = await START[name]();
  ends.add(() => server.stop());
  const desk = await Desk.make(ends, {
    storages: {
      local: kind === 'calendar' ? 'vdir/icalendar' : 'vdir/vcard',
      remote: account(kind === 'calendar' ? 'caldav' : 'carddav', server),
    },
    pairs: [`[pair.p]\na = "local"\nb = "remote"\ncollections = "all"\nconflict = ${mode}`],
  });
  const [a, b] = [new FolderSide(desk, 'local', kind), new ServerSide(new RawDav(server), kind)];
  const item = (title: string): string => textOf(kind, 'tea', title);
  await a.makeCollection('work');
  if (!isNew) await a.put('work', 'tea', item('before'));
  await desk.syncs();
  await a.put('work', 'tea', item('on a'));
  await b.put('work', 'tea', item('on b'));
  return { desk, a, b, item };
}

const titleOf = (text: string | undefined): string => /(?:SUMMARY|FN):(.*)\r/.exec(text ?? '')?.[1] ?? '';

/** What both sides hold, by title; they have to be the same. */
async function titles({ a, b }: Setting): Promise<string[]> {
  const [left, right] = await Promise.all(
    [a, b].map(async (side) => {
      const names = await side.names('work');
      const texts = await Promise.all(names.map((name) => side.read('work', name)));
      return texts.map(titleOf).toSorted();
    }),
  );
  assert.deepEqual(left, right);
  return left ?? [];
}

for (const server of ['radicale', 'xandikos'] as const) {
  describe(`conflicts with ${server}`, { skip: requirement(server), timeout: 300_000 }, () => {
    // What is particular to a server shows in either case; the engine's own tests have all of them.
    for (const isNew of server === 'radicale' ? [false, true] : [true]) {
      const what = isNew ? 'new on both' : 'changed on both';
      for (const side of ['a', 'b'] as const) {
        it(`"keep ${side}" decides about what is ${what}, and leaves a quiet pair`, async (t) => {
          const setting = await setUp(t, { kind: 'calendar', server, mode: `"keep ${side}"` }, isNew);
          await setting.desk.syncs();
          assert.deepEqual(await titles(setting), [`on ${side}`]);
          assert.equal(await setting.desk.syncs(), 'p: nothing to do\n');
          // And goes on to work in both directions.
          await setting.b.put('work', 'tea', setting.item('later'));
          await setting.desk.syncs();
          assert.deepEqual(await titles(setting), ['later']);
        });

        if (!isNew || server !== 'radicale') continue;
        it(`a person's "keep ${side}" does so too`, async (t) => {
          const setting = await setUp(t, { kind: 'calendar', server, mode: '"manual"' }, isNew);
          assert.equal((await setting.desk.sync()).status, 1);
          const { status, stderr } = await setting.desk.pimsync([
            'conflicts',
            'resolve',
            'tea',
            '--keep',
            side,
          ]);
          assert.deepEqual([status, stderr], [0, '']);
          assert.deepEqual(await titles(setting), [`on ${side}`]);
          assert.equal(await setting.desk.syncs(), 'p: nothing to do\n');
        });
      }
    }

    for (const kind of ['calendar', 'contact'] as const) {
      it(`both versions of a ${kind} live on when both are kept`, async (t) => {
        const setting = await setUp(t, { kind, server, mode: '"manual"' });
        assert.equal((await setting.desk.sync()).status, 1);
        const { status, stderr } = await setting.desk.pimsync([
          'conflicts',
          'resolve',
          'tea',
          '--keep',
          'both',
        ]);
        assert.deepEqual([status, stderr], [0, '']);
        assert.deepEqual(await titles(setting), ['on a', 'on b']);
        const { a, b } = setting;
        const name = (await a.names('work')).find((one) => one !== 'tea') ?? '';
        const copy = (await a.read('work', name)) ?? '';
        const { uid } = parseItem(kind, copy);
        // Both servers have an order of lines of their own.
        const asBefore = parseItem(kind, copy.replace(`UID:${uid ?? ''}`, 'UID:tea'));
        assert.equal(asBefore.hash, parseItem(kind, setting.item('on b')).hash);
        assert.equal(titleOf(await b.read('work', 'tea')), 'on a');
        assert.equal(await setting.desk.syncs(), 'p: nothing to do\n');
      });
    }

    it('a command decides', async (t) => {
      const mode = '{ command = ["sed", "-i", "s/on [ab]/decided/"] }';
      const setting = await setUp(t, { kind: 'calendar', server, mode });
      await setting.desk.syncs();
      assert.deepEqual(await titles(setting), ['decided']);
      assert.equal(await setting.desk.syncs(), 'p: nothing to do\n');
    });
  });
}
