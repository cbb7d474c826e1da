import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Account, eventOf } from '../support/account.ts';
import { davTable, LiveMount, Place } from '../support/place.ts';
import { endsOf, eventually, sh } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const skip = requirement('fuse') ?? requirement('radicale');

describe('a mount without its server', { skip, timeout: 120_000 }, () => {
  it('takes every kind of edit, and all of them arrive once when the server is back', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['edited', 'twice', 'deleted', 'kept'] });
    await account.mountFilled(ends);
    await account.proxy.off();
    await sh(
      `sed -i 's/Room 1/Room 2/' edited.ics twice.ics
       printf %s '${eventOf('new')}' > new.ics
       rm deleted.ics`,
      { cwd: account.place.at('dav', 'work') },
    );
    await account.sync();
    await sh(`sed -i 's/Room 2/Room 3/' twice.ics`, { cwd: account.place.at('dav', 'work') });
    const { stdout } = await account.place.pimsync(['status', account.place.at('dav', 'work', 'edited.ics')]);
    assert.match(stdout, /^state: +pending$/m);
    account.proxy.forget();

    await account.proxy.on();
    await account.arrives('edited.ics', 'Room 2');
    await account.arrives('twice.ics', 'Room 3');
    await account.arrives('new.ics', 'UID:new');
    await eventually(
      'the deletion to arrive',
      async () => (await account.onServer('deleted.ics')) === undefined,
    );
    await account.sync();
    assert.deepEqual(account.proxy.writes().toSorted(), [
      'DELETE deleted.ics',
      'PUT edited.ics',
      'PUT new.ics',
      'PUT twice.ics',
    ]);
  });

  it('starts with everything it knows, and sends what was edited before', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['standup', 'review'], contacts: ['ada'] });
    const first = await account.mountFilled(ends);
    const before = await stat(account.place.at('dav', 'work', 'standup.ics'));
    await account.proxy.off();
    await sh(`sed -i 's/Room 1/Room 2/' review.ics`, { cwd: account.place.at('dav', 'work') });
    assert.equal(await first.stop(), 0);
    assert.match(
      first.output,
      /1 edit is not on the other side yet; the next mount or sync goes on with them/,
    );

    const second = await account.mount(ends);
    assert.deepEqual((await readdir(account.place.at('dav', 'work'))).toSorted(), [
      'displayname',
      'review.ics',
      'standup.ics',
    ]);
    const now = await stat(account.place.at('dav', 'work', 'standup.ics'));
    assert.deepEqual([now.ino, now.mtimeMs, now.size], [before.ino, before.mtimeMs, before.size]);
    assert.match(await account.place.read('dav', 'work', 'review.ics'), /Room 2/);
    assert.match(await account.place.read('cards', 'friends', 'ada.vcf'), /UID:ada/);
    await eventually('the trouble to be told', async () =>
      /mount:dav: .*connection refused/.test(second.output),
    );

    account.proxy.forget();
    await account.proxy.on();
    await account.arrives('review.ics', 'Room 2');
    assert.deepEqual(account.proxy.writes(), ['PUT review.ics']);
  });

  it('mounts even when the server has never been seen', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['standup'] });
    await account.proxy.off();
    await account.mount(ends);
    assert.deepEqual(await readdir(account.place.at()), ['dav']);
    assert.deepEqual(await readdir(account.place.at('dav')), []);
    await account.proxy.on();
    await eventually('the items', () => account.place.read('dav', 'work', 'standup.ics'));
  });

  it('goes on with the other accounts', async (t) => {
    const ends = endsOf(t);
    const alive = await Account.make(ends, { events: ['standup'] });
    const dead = await Account.make(ends, { events: ['other'] });
    const place = await Place.make(ends, {
      storages: [
        davTable('alive', 'caldav', { server: alive.server }),
        davTable('dead', 'caldav', { server: dead.server, url: dead.proxy.url }),
      ],
      mounted: ['alive', 'dead'],
    });
    await dead.proxy.off();
    await LiveMount.start(ends, place);
    await eventually('the items of the living one', () => place.read('alive', 'work', 'standup.ics'));
    await sh(`sed -i 's/Room 1/Room 2/' standup.ics`, { cwd: place.at('alive', 'work') });
    await alive.arrives('standup.ics', 'Room 2');
    const { status, stderr } = await place.pimsync(['sync']);
    assert.equal(status, 1);
    assert.match(stderr, /^pimsync: mount:dead: /m);
    assert.doesNotMatch(stderr, /mount:alive/);
  });
});
