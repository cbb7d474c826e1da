import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import SQLite from 'better-sqlite3';
import { RawDav } from '../servers/raw-dav.ts';
import { startRadicale } from '../servers/radicale.ts';
import { CountingProxy } from '../support/counting-proxy.ts';
import { account, Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { Ends } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

describe('sync -n', { skip: requirement('radicale') }, () => {
  const ends = new Ends();
  let desk: Desk;
  let dav: RawDav;
  let proxy: CountingProxy;
  before(async () => {
    const server = await startRadicale();
    ends.add(() => server.stop());
    dav = new RawDav(server);
    proxy = await CountingProxy.start(ends, server.url);
    desk = await Desk.make(ends, {
      storages: { local: 'vdir/icalendar', remote: account('caldav', server, proxy.url) },
      pairs: ['backup: local remote'],
    });
    const event = (uid: string): string => eventText({ uid, summary: uid });
    const items = ['kept', 'edited', 'gone'].map((uid) => [`${uid}.ics`, event(uid)] as const);
    await dav.makeFilled('calendar', 'work', new Map(items));
    await desk.put('local/home/private.ics', event('private'));
  });
  after(() => ends.close());

  /** Every row of the state, but for when collections were looked at. */
  function rows(): Record<string, unknown[]> {
    const db = new SQLite(desk.at('state', 'state.db'), { readonly: true });
    try {
      const tables = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .pluck()
        .all() as string[];
      return Object.fromEntries(tables.map((name) => [name, db.prepare(`SELECT * FROM "${name}"`).all()]));
    } finally {
      db.close();
    }
  }

  it('before anything was synchronised: tells what would be made, and leaves not even a state folder', async () => {
    assert.deepEqual((await desk.syncs('-n')).split('\n').toSorted(), [
      '',
      'backup/home: create the collection on b, with all its items',
      'backup/work: create the collection on a, with all its items',
    ]);
    assert.deepEqual(await desk.files('local'), ['home/private.ics']);
    await assert.rejects(desk.files('state'), { code: 'ENOENT' });
    assert.deepEqual(proxy.writes(), []);
  });

  it('later: tells each step by title and UID, and changes neither side nor what is remembered', async () => {
    await desk.syncs();
    await desk.put('local/work/edited.ics', eventText({ uid: 'edited', summary: 'edited here' }));
    await desk.put('local/work/new.ics', eventText({ uid: 'new', summary: 'brand new' }));
    await dav.remove(new URL('work/gone.ics', dav.home('calendar')));
    const [before, contents] = [rows(), await desk.contents('local')];
    proxy.forget();
    const plan = await desk.syncs('-n');
    assert.deepEqual(plan.split('\n').toSorted(), [
      '',
      'backup/work: create on b: "brand new" (UID new)',
      'backup/work: remove on a: "gone" (UID gone)',
      'backup/work: update on b: "edited here" (UID edited)',
    ]);
    assert.equal(await desk.syncs('-n'), plan);
    assert.deepEqual(rows(), before);
    assert.deepEqual(await desk.contents('local'), contents);
    assert.deepEqual(proxy.writes(), []);
  });

  it('tells of a conflict, with status 1, and leaves it', async () => {
    await dav.put(
      new URL('work/edited.ics', dav.home('calendar')),
      eventText({ uid: 'edited', summary: 'edited there' }),
    );
    const before = rows();
    const { status, stdout, stderr } = await desk.sync('-n');
    assert.equal(status, 1);
    assert.doesNotMatch(stdout, /edited/);
    assert.match(stderr, /^pimsync: backup\/work: conflict: .*UID edited/);
    assert.deepEqual(rows(), before);
  });

  it('and then a real run does just that', async () => {
    const { status, stdout } = await desk.sync();
    assert.deepEqual(
      { status, stdout },
      { status: 1, stdout: 'backup/work: 1 removed on a, 1 created on b\n' },
    );
  });
});
