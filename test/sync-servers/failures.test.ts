import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { RawDav } from '../servers/raw-dav.ts';
import { startRadicale } from '../servers/radicale.ts';
import type { TestServer } from '../servers/server.ts';
import { CountingProxy } from '../support/counting-proxy.ts';
import { account, Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { Ends, eventually } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const skip = requirement('radicale');

describe('a server that refuses', { skip, timeout: 120_000 }, () => {
  const ends = new Ends();
  let desk: Desk;
  let dav: RawDav;
  let proxy: CountingProxy;
  let calendar: URL;
  before(async () => {
    const server = await startRadicale();
    ends.add(() => server.stop());
    dav = new RawDav(server);
    proxy = await CountingProxy.start(ends, server.url);
    desk = await Desk.make(ends, {
      storages: { local: 'vdir/icalendar', remote: account('caldav', server, proxy.url) },
      pairs: ['p: local remote'],
    });
    calendar = await dav.makeFilled('calendar', 'work', new Map([['old.ics', eventText({ uid: 'old' })]]));
    await desk.syncs();
  });
  after(() => ends.close());
  afterEach(() => proxy.forget());

  const TOO_LONG =
    '<?xml version="1.0"?><d:error xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><c:max-resource-size/></d:error>';
  const items = (): Promise<string[]> => dav.list(calendar);

  it('one item: it is named with the reason, the others go on', async () => {
    proxy.refusePut('bad.ics', { status: 403, body: TOO_LONG });
    for (const uid of ['bad', 'good', 'fine'])
      await desk.put(`local/work/${uid}.ics`, eventText({ uid, summary: `the ${uid} one` }));
    const { status, stdout, stderr } = await desk.sync();
    assert.deepEqual({ status, stdout }, { status: 1, stdout: 'p/work: 2 created on b\n' });
    assert.match(
      stderr,
      /^pimsync: p\/work: refused: "the bad one" \(\S+, UID bad\) \[a: bad\.ics\]: .*403 \(max-resource-size\)\n$/,
    );
    assert.deepEqual(await items(), ['fine.ics', 'good.ics', 'old.ics']);
  });

  it('status tells of it too', async () => {
    const { stdout } = await desk.pimsync(['status']);
    assert.match(stdout, /\np\/work: refused: UID bad \[a: bad\.ics\]: .*max-resource-size/);
    const { pairs } = (await desk.json('status')) as { pairs: { problems: Record<string, unknown>[] }[] };
    const [problem] = pairs[0]?.problems ?? [];
    assert.deepEqual(
      [problem?.['type'], problem?.['uid'], problem?.['hrefs']],
      ['refused', 'bad', { a: 'bad.ics' }],
    );
  });

  it('a person who asks again has it tried again; it is told of every time', async () => {
    const { status, stderr } = await desk.sync();
    assert.equal(status, 1);
    assert.match(stderr, /refused: .*UID bad/);
    assert.deepEqual(proxy.writes(), ['PUT bad.ics']);
  });

  it('a running daemon does not try it again on its own', async () => {
    const daemon = desk.start(['daemon']);
    await eventually('a first run of the daemon', async () => {
      const { running } = (await desk.json('status')) as { running: { nextRunMs: object } | null };
      return 'p' in (running?.nextRunMs ?? {});
    });
    assert.match(daemon.stderr, /^warning: p\/work: refused: .*UID bad/);
    daemon.signal('SIGTERM');
    assert.equal(await daemon.ended(), 0);
    assert.deepEqual(proxy.writes(), []);
  });

  it('it goes out as soon as the server takes it', async () => {
    proxy.allowAll();
    assert.equal(await desk.syncs(), 'p/work: 1 created on b\n');
    assert.deepEqual(await items(), ['bad.ics', 'fine.ics', 'good.ics', 'old.ics']);
  });

  it('an edit: the old text stays there, the new one here, until it is taken', async () => {
    proxy.refusePut('good.ics', { status: 403, body: TOO_LONG });
    await desk.put('local/work/good.ics', eventText({ uid: 'good', summary: 'edited' }));
    assert.equal((await desk.sync()).status, 1);
    assert.match((await dav.get(new URL('good.ics', calendar))) ?? '', /the good one/);
    assert.match(await desk.read('local/work/good.ics'), /edited/);
    proxy.allowAll();
    assert.equal(await desk.syncs(), 'p/work: 1 updated on b\n');
    assert.match((await dav.get(new URL('good.ics', calendar))) ?? '', /edited/);
  });

  it('with a passing fault: tried again the next time', async () => {
    proxy.refusePut('late.ics', { status: 500 });
    await desk.put('local/work/late.ics', eventText({ uid: 'late' }));
    const { status, stderr } = await desk.sync();
    assert.equal(status, 1);
    assert.match(stderr, /^pimsync: p\/work: failed: .*UID late.* 500\n$/);
    proxy.allowAll();
    assert.equal(await desk.syncs(), 'p/work: 1 created on b\n');
  });
});

describe('a server that cannot be used', { skip, timeout: 120_000 }, () => {
  const ends = new Ends();
  let desk: Desk;
  let server: TestServer;
  let proxy: CountingProxy;
  const storages = (remote = account('caldav', server, proxy.url)) =>
    ({ local: 'vdir/icalendar', other: 'vdir/icalendar', remote }) as const;
  const pairs = ['p: local remote', 'q: local other'];
  before(async () => {
    server = await startRadicale();
    ends.add(() => server.stop());
    proxy = await CountingProxy.start(ends, server.url);
    desk = await Desk.make(ends, { storages: storages(), pairs });
    await desk.put('local/work/1.ics', eventText({ uid: '1' }));
    await desk.syncs();
  });
  after(() => ends.close());

  it('is down: one clear line, status 1, nothing lost, other pairs go on; when it is back, so is everything', async () => {
    await proxy.off();
    await desk.put('local/work/2.ics', eventText({ uid: '2' }));
    await desk.remove('local/work/1.ics');
    const { status, stdout, stderr } = await desk.sync();
    assert.equal(status, 1);
    assert.equal(stdout, 'q/work: 1 created on b, 1 removed on b\n');
    assert.match(stderr, /^pimsync: p: PROPFIND .*127\.0\.0\.1.*(refused|ECONNREFUSED)[^\n]*\n$/);
    await proxy.on();
    assert.equal(await desk.syncs('p'), 'p/work: 1 created on b, 1 removed on b\n');
    assert.deepEqual(await new RawDav(server).list(new URL('work/', server.calendarHome)), ['2.ics']);
  });

  it('does not let us in: the password is what to look at', async () => {
    const { username } = server;
    const wrong = { ...server, username, password: 'not the password' } as TestServer;
    await desk.configure({ storages: storages(account('caldav', wrong, proxy.url)), pairs });
    const { status, stderr } = await desk.sync('p');
    assert.equal(status, 1);
    assert.match(stderr, /^pimsync: p: PROPFIND \/.*401.*check username and password.*\n$/);
    const check = await desk.pimsync(['check', 'p']);
    assert.equal(check.status, 1);
    assert.match(check.stdout, /remote: FAILED\n(.*\n)*.*check username and password/);
    const discover = await desk.pimsync(['discover', 'remote']);
    assert.equal(discover.status, 1);
    assert.match(discover.stderr, /^pimsync: storage "remote": .*401.*check username and password/);
    await desk.configure({ storages: storages(), pairs });
    assert.equal(await desk.syncs('p'), 'p: nothing to do\n');
  });

  it('is of no such name: told in one line', async () => {
    const table = (name: string): string =>
      `[storage.${name}]\ntype = "caldav"\nurl = "http://nowhere.invalid/"`;
    await desk.configure({ storages: storages({ table }), pairs });
    const { status, stderr } = await desk.sync('p');
    assert.equal(status, 1);
    assert.match(stderr, /^pimsync: p: .*nowhere\.invalid[^\n]*\n$/);
  });
});
