import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Account, eventOf } from '../support/account.ts';
import { endsOf, eventually, sh } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const skip = requirement('fuse') ?? requirement('radicale');

const REASON = `<?xml version="1.0"?>
<error xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:max-attendees-per-instance/></error>`;

describe('an item that the server refuses', { skip, timeout: 120_000 }, () => {
  it('is kept and told with the reason; everything else goes on; another text is tried', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['bad', 'good'] });
    const mount = await account.mountFilled(ends);
    const cwd = account.place.at('dav', 'work');
    account.proxy.refusePut('bad.ics', { status: 403, body: REASON });
    await sh(`sed -i 's/Room 1/Room 2/' bad.ics good.ics`, { cwd });
    await account.arrives('good.ics', 'Room 2');

    const { status, stderr } = await account.place.pimsync(['sync']);
    assert.equal(status, 1);
    assert.match(stderr, /^pimsync: mount:dav\/work: refused: .*UID bad.*max-attendees-per-instance/m);
    assert.match(await account.place.read('dav', 'work', 'bad.ics'), /Room 2/);
    assert.match((await account.onServer('bad.ics')) ?? '', /Room 1/);
    const file = await account.place.pimsync(['status', account.place.at('dav', 'work', 'bad.ics')]);
    assert.match(file.stdout, /^state: +refused$/m);
    assert.match(file.stdout, /^reason: .*max-attendees-per-instance/m);
    const all = await account.place.pimsync(['status']);
    assert.match(all.stdout, /^dav\/work\/bad\.ics: refused: UID bad: /m);
    await eventually('the mount to tell it', async () => /refused: .*UID bad/.test(mount.output));

    account.proxy.forget();
    await sh(`sed -i 's/Room 2/Room 3/' good.ics`, { cwd });
    await account.arrives('good.ics', 'Room 3');
    assert.deepEqual(account.proxy.writes(), ['PUT good.ics']);

    account.proxy.allowAll();
    await sh(`sed -i 's/Room 2/Room 3/' bad.ics`, { cwd });
    await account.arrives('bad.ics', 'Room 3');
    assert.equal((await account.place.pimsync(['sync'])).status, 0);
    const { stdout } = await account.place.pimsync(['status', account.place.at('dav', 'work', 'bad.ics')]);
    assert.match(stdout, /^state: +synced$/m);
  });

  it('is tried again by an explicit sync', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['bad'] });
    await account.mountFilled(ends);
    account.proxy.refusePut('bad.ics', { status: 415, times: 1 });
    await sh(`sed -i 's/Room 1/Room 2/' bad.ics`, { cwd: account.place.at('dav', 'work') });
    await eventually('the refusal', async () => account.proxy.all('PUT').length > 0);
    assert.equal((await account.place.pimsync(['sync'])).status, 0);
    assert.match((await account.onServer('bad.ics')) ?? '', /Room 2/);
  });

  it('is refused by the real server too', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['good'] });
    await account.mountFilled(ends);
    const cwd = account.place.at('dav', 'work');
    const broken = eventOf('broken').replace('DTSTART:20261122T100000Z', 'DTSTART:never');
    await sh(`printf %s '${broken}' > broken.ics; sed -i 's/Room 1/Room 2/' good.ics`, { cwd });
    await account.arrives('good.ics', 'Room 2');
    const { status, stderr } = await account.place.pimsync(['sync']);
    assert.equal(status, 1);
    assert.match(stderr, /refused: .*UID broken/);
    assert.equal(await account.place.read('dav', 'work', 'broken.ics'), broken);
    assert.equal(await account.onServer('broken.ics'), undefined);
  });
});

describe('an item that was changed on both sides', { skip, timeout: 120_000 }, () => {
  it('is left alone on both, and told', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['torn', 'good'] });
    await account.mountFilled(ends);
    await account.proxy.off();
    await sh(`sed -i 's/Room 1/Room mine/' torn.ics good.ics`, { cwd: account.place.at('dav', 'work') });
    await account.changeOnServer('torn.ics', 'Room 1', 'Room theirs');
    await account.proxy.on();
    await account.arrives('good.ics', 'Room mine');

    const { status, stderr } = await account.place.pimsync(['sync']);
    assert.equal(status, 1);
    assert.match(stderr, /^pimsync: mount:dav\/work: conflict: .*UID torn/m);
    assert.match(await account.place.read('dav', 'work', 'torn.ics'), /Room mine/);
    assert.match((await account.onServer('torn.ics')) ?? '', /Room theirs/);
    const file = await account.place.pimsync(['status', account.place.at('dav', 'work', 'torn.ics')]);
    assert.match(file.stdout, /^state: +conflict$/m);
  });

  it('is no conflict when both made the same change', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['same'] });
    await account.mountFilled(ends);
    await account.proxy.off();
    await sh(`sed -i 's/Room 1/Room 2/' same.ics`, { cwd: account.place.at('dav', 'work') });
    await account.changeOnServer('same.ics', 'Room 1', 'Room 2');
    await account.proxy.on();
    assert.equal((await account.place.pimsync(['sync'])).status, 0);
  });

  it('survives a deletion on the other side as the edit', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['mine', 'theirs', 'third'] });
    await account.mountFilled(ends);
    await account.proxy.off();
    await sh(`sed -i 's/Room 1/Room 2/' mine.ics; rm theirs.ics`, { cwd: account.place.at('dav', 'work') });
    await account.dav.remove(account.url('mine.ics'));
    await account.changeOnServer('theirs.ics', 'Room 1', 'Room 2');
    await account.proxy.on();
    await account.arrives('mine.ics', 'Room 2');
    await eventually('the edited item to come back', async () =>
      (await account.place.read('dav', 'work', 'theirs.ics')).includes('Room 2'),
    );
  });
});
