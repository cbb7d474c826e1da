import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RawDav } from '../servers/raw-dav.ts';
import { startRadicale } from '../servers/radicale.ts';
import { CountingProxy } from '../support/counting-proxy.ts';
import { account, Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { type Ends, endsOf, eventually } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

/** A run needs fewer here, so that the last ones come to their end. */
const REQUESTS = 7;

interface Setting {
  readonly desk: Desk;
  readonly dav: RawDav;
  readonly proxy: CountingProxy;
  readonly calendar: URL;
}

const event = (uid: string, summary = uid): string => eventText({ uid, summary });

/** Both sides agree on a few items of each round to come. */
async function setUp(ends: Ends): Promise<Setting> {
  const server = await startRadicale();
  ends.add(() => server.stop());
  const dav = new RawDav(server);
  const proxy = await CountingProxy.start(ends, server.url);
  const desk = await Desk.make(ends, {
    storages: { local: 'vdir/icalendar', remote: account('caldav', server, proxy.url) },
    pairs: ['p: local remote'],
  });
  const items = new Map<string, string>();
  for (let round = 1; round <= REQUESTS; round += 1) {
    for (const what of ['edited-here', 'edited-there', 'gone-here', 'gone-there'])
      items.set(`${round}-${what}.ics`, event(`${round}-${what}`));
  }
  const calendar = await dav.makeFilled('calendar', 'work', items);
  await desk.syncs();
  return { desk, dav, proxy, calendar };
}

/** New items, edits and deletions on either side. */
async function edit({ desk, dav, calendar }: Setting, round: number): Promise<void> {
  const here = (what: string, summary?: string): Promise<void> =>
    desk.put(`local/work/${round}-${what}.ics`, event(`${round}-${what}`, summary));
  const there = (what: string, summary?: string): Promise<unknown> =>
    dav.put(new URL(`${round}-${what}.ics`, calendar), event(`${round}-${what}`, summary));
  await here('new-1');
  await here('new-2');
  await there('new-3');
  await here('edited-here', 'edited');
  await there('edited-there', 'edited');
  await desk.remove(`local/work/${round}-gone-here.ics`);
  await dav.remove(new URL(`${round}-gone-there.ics`, calendar));
}

const KEPT = ['edited-here', 'edited-there', 'new-1', 'new-2', 'new-3'];

describe('a sync that is killed', { skip: requirement('radicale'), timeout: 180_000 }, () => {
  it('after any of its requests is finished by the next run, without doubles, conflicts or loss', async (t) => {
    const setting = await setUp(endsOf(t));
    const { desk, dav, proxy, calendar } = setting;
    let kills = 0;
    for (let round = 1; round <= REQUESTS; round += 1) {
      await edit(setting, round);
      proxy.forget();
      const sync = desk.start(['sync']);
      await eventually(
        'so many requests, or the end',
        async () => sync.hasEnded || proxy.seen.length >= round,
      );
      sync.signal('SIGKILL');
      if ((await sync.ended()) === 'SIGKILL') kills += 1;
      await desk.syncs();
      const stored = proxy.all('PUT').filter(({ status }) => status === 201 || status === 204);
      // What was under way at the kill may be sent once more.
      assert.ok(stored.length <= 3 + 1, `${stored.length} writes after a kill at request ${round}`);
    }
    assert.ok(kills >= 5, `killed only ${kills} times`);
    assert.equal(await desk.syncs(), 'p: nothing to do\n');
    const names = await dav.list(calendar);
    assert.deepEqual(
      (await desk.files('local/work')).filter((name) => name !== 'displayname'),
      names,
    );
    for (let round = 1; round <= REQUESTS; round += 1) {
      const mine = names.filter((name) => name.startsWith(`${round}-`));
      assert.deepEqual(
        mine,
        KEPT.map((what) => `${round}-${what}.ics`),
      );
      for (const name of mine.slice(0, 2)) {
        assert.match(await desk.read(`local/work/${name}`), /SUMMARY:edited\r/);
        assert.match((await dav.get(new URL(name, calendar))) ?? '', /SUMMARY:edited\r/);
      }
    }
  });
});
