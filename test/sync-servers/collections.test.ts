import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { RawDav } from '../servers/raw-dav.ts';
import { startRadicale } from '../servers/radicale.ts';
import type { TestServer } from '../servers/server.ts';
import { account, Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { Ends } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

describe('which collections a pair has', { skip: requirement('radicale'), timeout: 120_000 }, () => {
  const ends = new Ends();
  let server: TestServer;
  let dav: RawDav;
  let desk: Desk;
  afterEach(() => ends.close());
  beforeEach(async () => {
    server = await startRadicale();
    ends.add(() => server.stop());
    dav = new RawDav(server);
    desk = await Desk.make(ends, { storages: {} });
    await desk.put('local/home/lunch.ics', eventText({ uid: 'lunch' }));
    await desk.put('local/notes/idea.ics', eventText({ uid: 'idea' }));
    await dav.makeFilled('calendar', 'work', new Map([['standup.ics', eventText({ uid: 'standup' })]]));
    await dav.makeFilled('calendar', 'team', new Map([['review.ics', eventText({ uid: 'review' })]]));
  });

  const configure = (collections: string): Promise<void> =>
    desk.configure({
      storages: { local: 'vdir/icalendar', remote: account('caldav', server) },
      pairs: [`[pair.p]\na = "local"\nb = "remote"\ncollections = ${collections}`],
    });
  const onServer = async (id: string): Promise<string[] | undefined> => {
    const url = new URL(`${id}/`, dav.home('calendar'));
    const answer = await dav.send(url, 'PROPFIND', { headers: { depth: '0' } });
    await answer.text();
    return answer.status === 207 ? dav.list(url) : undefined;
  };

  it('"all": those of both sides together', async () => {
    await configure('"all"');
    await desk.syncs();
    assert.deepEqual(await desk.files('local'), [
      'home/lunch.ics',
      'notes/idea.ics',
      'team/displayname',
      'team/review.ics',
      'work/displayname',
      'work/standup.ics',
    ]);
    assert.deepEqual([await onServer('home'), await onServer('notes')], [['lunch.ics'], ['idea.ics']]);
  });

  it('"from a": those of a, whatever b has', async () => {
    await configure('"from a"');
    await desk.syncs();
    assert.deepEqual(await desk.files('local'), ['home/lunch.ics', 'notes/idea.ics']);
    assert.deepEqual([await onServer('home'), await onServer('notes')], [['lunch.ics'], ['idea.ics']]);
  });

  it('"from b": those of b, whatever a has', async () => {
    await configure('"from b"');
    await desk.syncs();
    assert.deepEqual([await onServer('home'), await onServer('notes')], [undefined, undefined]);
    assert.deepEqual(await desk.files('local/work'), ['displayname', 'standup.ics']);
  });

  it('a list: by id, and by alias where they differ; no others', async () => {
    await configure('["work", { alias = "food", a = "home", b = "meals" }]');
    await desk.syncs();
    assert.deepEqual(await desk.files('local'), [
      'home/lunch.ics',
      'notes/idea.ics',
      'work/displayname',
      'work/standup.ics',
    ]);
    assert.deepEqual(await onServer('meals'), ['lunch.ics']);
    assert.deepEqual(await onServer('notes'), undefined);
    await desk.put('local/home/tea.ics', eventText({ uid: 'tea' }));
    assert.equal(await desk.syncs('p/food'), 'p/food: 1 created on b\n');
    assert.deepEqual(await onServer('meals'), ['lunch.ics', 'tea.ics']);
  });

  it('a collection that is made has the name and the colour of its counterpart', async () => {
    await desk.put('local/home/displayname', 'At <home> & away');
    await desk.put('local/home/color', '#3465A4');
    const props = `<?xml version="1.0"?><d:propertyupdate xmlns:d="DAV:" xmlns:a="http://apple.com/ns/ical/"><d:set><d:prop>
      <d:displayname>Arbeit</d:displayname><a:calendar-color>#cc0000ff</a:calendar-color></d:prop></d:set></d:propertyupdate>`;
    const headers = { 'content-type': 'application/xml; charset=utf-8' };
    const changed = await dav.send(new URL('work/', dav.home('calendar')), 'PROPPATCH', {
      headers,
      body: props,
    });
    assert.equal(changed.status, 207, await changed.text());
    await configure('["work", "home"]');
    await desk.syncs();
    assert.equal(await desk.read('local/work/displayname'), 'Arbeit');
    assert.equal(await desk.read('local/work/color'), '#CC0000');
    const body = `<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:a="http://apple.com/ns/ical/"><d:prop>
      <d:displayname/><a:calendar-color/></d:prop></d:propfind>`;
    const answer = await dav.send(new URL('home/', dav.home('calendar')), 'PROPFIND', {
      headers: { ...headers, depth: '0' },
      body,
    });
    const xml = await answer.text();
    assert.match(xml, />At &lt;home&gt; &amp; away</);
    assert.match(xml, />#3465A4/i);
  });

  it('one that is gone from a side with items in it is told of, and waits for a word', async () => {
    await configure('["work"]');
    await desk.syncs();
    await desk.remove('local/work');
    const { status, stderr } = await desk.sync();
    assert.equal(status, 1);
    assert.match(
      stderr,
      /p\/work: the collection is gone from side a, and remote \(side b\) still has 1 item in it; nothing was changed/,
    );
    assert.deepEqual(await onServer('work'), ['standup.ics']);
    const { stdout } = await desk.pimsync(['confirm', 'p/work']);
    assert.equal(stdout, 'p/work: 1 removed on b, collection deleted on b\n');
    assert.equal(await onServer('work'), undefined);
  });

  it('a side that lost everything stops its collection, until it is allowed', async () => {
    await configure('["work", "home"]');
    await desk.syncs();
    await desk.remove('local/work/standup.ics');
    await desk.put('local/home/tea.ics', eventText({ uid: 'tea' }));
    const { status, stdout, stderr } = await desk.sync();
    assert.deepEqual({ status, stdout }, { status: 1, stdout: 'p/home: 1 created on b\n' });
    assert.match(
      stderr,
      /^pimsync: p\/work: its only item is gone from side a; nothing was changed.*--allow-empty/,
    );
    assert.deepEqual(await onServer('work'), ['standup.ics']);
    assert.equal(await desk.syncs('--allow-empty'), 'p/work: 1 removed on b\n');
    assert.deepEqual(await onServer('work'), []);
  });
});
