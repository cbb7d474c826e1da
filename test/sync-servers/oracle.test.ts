import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, it, type TestContext } from 'node:test';
import { array, constantFrom, record, sample } from 'fast-check';
import { parseItem } from '../../src/core/item.ts';
import { RawDav } from '../servers/raw-dav.ts';
import { startRadicale } from '../servers/radicale.ts';
import type { TestServer } from '../servers/server.ts';
import { account, Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { Ends, run } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';
import { FolderSide, ServerSide, type Side } from '../support/side.ts';

/**
 * The same histories with pimsync and with vdirsyncer 0.19, each between folders and calendars on Radicale. Kept to what both mean to
 * do alike: there is always one item that nobody touches (an emptied side stops either, and only a word on it differs), too few for a
 * mass deletion (held back by us), each UID is there once in an account (we follow it from collection to collection; twice in one,
 * vdirsyncer gives that up), no text comes back later (vdirsyncer does not see one that takes the place of what it wrote over it, where
 * etags are digests), what changes is what a person sees (vdirsyncer carries no other change), lines are short (it takes another
 * folding for a change), and one side wins where both changed (without that, it ends with an error).
 */
const HISTORIES = 12;
const ROUNDS = 4;
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

interface Event {
  readonly type: 'edit' | 'place' | 'delete' | 'rename';
  readonly side: 'a' | 'b';
  readonly uid: string;
  readonly title: string;
}

const event = record<Event>({
  type: constantFrom('edit', 'edit', 'edit', 'place', 'delete', 'delete', 'rename'),
  side: constantFrom('a', 'b'),
  uid: constantFrom('standup', 'review', 'lunch', 'tea'),
  // Few, so that both sides often come to the same.
  title: constantFrom('at 9', 'at 10', 'at 11'),
});
const histories = sample(array(array(event, { maxLength: 6 }), { minLength: ROUNDS, maxLength: ROUNDS }), {
  seed: SEED,
  numRuns: HISTORIES,
}).map((rounds, at) =>
  rounds.map((events, round) =>
    events.map((one) => ({ ...one, uid: `${one.uid}-${at}`, title: `${one.title} in round ${round}` })),
  ),
);
/** The first half of the histories. */
const winnerOf = (history: number): 'a' | 'b' => (history < HISTORIES / 2 ? 'a' : 'b');
const idsOf = (program: string, winner: 'a' | 'b'): string[] =>
  histories.flatMap((_, at) => (winnerOf(at) === winner ? [`${program}-${at}`] : []));

const PROGRAMS = ['pimsync', 'vdirsyncer'] as const;
type Program = (typeof PROGRAMS)[number];
const skip = requirement('radicale') ?? requirement('vdirsyncer');

describe('pimsync and vdirsyncer', { skip, timeout: 180_000 }, () => {
  const ends = new Ends();
  let desk: Desk;
  let sides: Readonly<Record<Program, Readonly<Record<'a' | 'b', Side>>>>;
  after(() => ends.close());
  before(async () => {
    const server = await startRadicale();
    ends.add(() => server.stop());
    const dav = new ServerSide(new RawDav(server), 'calendar');
    desk = await Desk.make(ends, {
      storages: {
        pimsync: 'vdir/icalendar',
        vdirsyncer: 'vdir/icalendar',
        remote: account('caldav', server),
      },
      pairs: (['a', 'b'] as const).map((winner) =>
        [
          `[pair.${winner}]`,
          'a = "pimsync"',
          'b = "remote"',
          `collections = ${JSON.stringify(idsOf('pimsync', winner))}`,
          `conflict = "keep ${winner}"`,
        ].join('\n'),
      ),
    });
    sides = {
      pimsync: { a: new FolderSide(desk, 'pimsync', 'calendar'), b: dav },
      vdirsyncer: { a: new FolderSide(desk, 'vdirsyncer', 'calendar'), b: dav },
    };
    for (const program of PROGRAMS)
      for (const at of histories.keys())
        for (const side of ['a', 'b'] as const) {
          await sides[program][side].makeCollection(`${program}-${at}`);
          await sides[program][side].put(`${program}-${at}`, 'anchor', eventText({ uid: `anchor-${at}` }));
        }
    await writeFile(desk.at('vdirsyncer.conf'), vdirsyncerConfig(desk, server), { mode: 0o600 });
    await vdirsyncer('discover');
  });

  const vdirsyncer = async (command: string): Promise<void> => {
    const { status, stderr } = await run('vdirsyncer', ['-c', desk.at('vdirsyncer.conf'), command], {
      env: { LC_ALL: 'C.UTF-8' },
    });
    assert.equal(status, 0, stderr);
  };

  it(`come to the same contents on both sides after ${HISTORIES} random histories`, async (t: TestContext) => {
    t.diagnostic(`SEED=${SEED}`);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const program of PROGRAMS)
        await Promise.all(
          histories.map((history, at) => happen(history[round] ?? [], sides[program], `${program}-${at}`)),
        );
      await desk.syncs();
      await vdirsyncer('sync');
    }
    for (const [at, history] of histories.entries()) {
      const about = `SEED=${SEED}, history ${at}, ${winnerOf(at)} wins: ${JSON.stringify(history)}`;
      const wanted = await hashes(sides.vdirsyncer.a, `vdirsyncer-${at}`);
      assert.deepEqual(await hashes(sides.vdirsyncer.b, `vdirsyncer-${at}`), wanted, about);
      for (const side of ['a', 'b'] as const)
        assert.deepEqual(await hashes(sides.pimsync[side], `pimsync-${at}`), wanted, `${side}: ${about}`);
    }
    assert.match(await desk.syncs(), /^a: nothing to do\nb: nothing to do\n$/);
  });
});

/** What people do on both sides between two runs. */
async function happen(
  events: readonly Event[],
  sides: Readonly<Record<'a' | 'b', Side>>,
  collection: string,
): Promise<void> {
  for (const { type, side, uid, title } of events) {
    const [name, text] = (await itemOf(sides[side], collection, uid)) ?? [];
    if (type === 'edit') await sides[side].put(collection, name ?? uid, eventText({ uid, summary: title }));
    if (name === undefined || text === undefined) continue;
    if (type === 'place')
      await sides[side].put(collection, name, eventText({ uid, lines: [`LOCATION:${title}`] }));
    if (type === 'delete' || type === 'rename') await sides[side].remove(collection, name);
    if (type === 'rename') await sides[side].put(collection, `${name}-again`, text);
  }
}

async function itemOf(side: Side, collection: string, uid: string): Promise<[string, string] | undefined> {
  const items = [...(await side.contents(collection))];
  return items.find(([, text]) => parseItem('calendar', text).uid === uid);
}

/** UID → normal form, hashed. */
async function hashes(side: Side, collection: string): Promise<Record<string, string>> {
  const items = [...(await side.contents(collection)).values()].map((text) => parseItem('calendar', text));
  return Object.fromEntries(items.map(({ uid, hash }) => [uid ?? '', hash] as const));
}

function vdirsyncerConfig(desk: Desk, { url, username, password }: TestServer): string {
  const pairs = (['a', 'b'] as const).map((winner) => [
    `[pair ${winner}]`,
    'a = "folder"',
    'b = "remote"',
    `collections = ${JSON.stringify(idsOf('vdirsyncer', winner))}`,
    `conflict_resolution = "${winner} wins"`,
  ]);
  return [
    '[general]',
    `status_path = ${JSON.stringify(desk.at('vdirsyncer-status'))}`,
    ...pairs.flat(),
    '[storage folder]',
    'type = "filesystem"',
    `path = ${JSON.stringify(desk.at('vdirsyncer'))}`,
    'fileext = ".ics"',
    '[storage remote]',
    'type = "caldav"',
    `url = ${JSON.stringify(url.href)}`,
    `username = ${JSON.stringify(username)}`,
    `password = ${JSON.stringify(password)}`,
    '',
  ].join('\n');
}
