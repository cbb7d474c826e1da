import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Account, contactOf, eventOf, SERVERS } from '../support/account.ts';
import { davTable } from '../support/place.ts';
import { Ends, endsOf, eventually, sh } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

for (const server of Object.keys(SERVERS) as (keyof typeof SERVERS)[]) {
  const skip = requirement('fuse') ?? requirement(server);
  describe(`an account on ${server}, mounted`, { skip, timeout: 120_000 }, () => {
    const ends = new Ends();
    let account: Account;
    const events = ['standup', 'review', 'gone'];
    const inWork = async (): Promise<string[]> => (await readdir(account.place.at('dav', 'work'))).toSorted();
    before(async () => {
      account = await Account.make(ends, { server, events, contacts: ['ada', 'bob'] });
      await account.mountFilled(ends);
    });
    after(() => ends.close());
    beforeEach(() => account.proxy.forget());

    it('shows every item under its name, with the bytes of the server', async () => {
      const { place } = account;
      assert.deepEqual(await readdir(place.at()), ['cards', 'dav']);
      assert.deepEqual(await inWork(), ['displayname', 'gone.ics', 'review.ics', 'standup.ics']);
      for (const name of events)
        assert.equal(await place.read('dav', 'work', `${name}.ics`), await account.onServer(`${name}.ics`));
      assert.equal(await place.read('cards', 'friends', 'ada.vcf'), await account.onServer('ada.vcf'));
    });

    it('shows the properties of a collection as files, and none that have no value', async () => {
      assert.equal((await account.place.read('dav', 'work', 'displayname')).trim(), 'work');
      await assert.rejects(account.place.read('dav', 'work', 'description'), { code: 'ENOENT' });
    });

    it('asks once a storage when nothing has changed', async () => {
      await account.sync();
      assert.deepEqual(
        account.proxy.seen.map(({ method, status }) => [method, status]),
        [
          ['PROPFIND', 207],
          ['PROPFIND', 207],
        ],
      );
    });

    it('shows what was changed on the server, in the same file, with the truth about it', async () => {
      const file = account.place.at('dav', 'work', 'standup.ics');
      const folder = account.place.at('dav', 'work');
      const [was, wasFolder] = [await stat(file), await stat(folder)];
      await account.changeOnServer('standup.ics', 'Room 1', 'Room 2 which has a longer name');
      await account.sync();
      const text = await account.place.read('dav', 'work', 'standup.ics');
      assert.equal(text, await account.onServer('standup.ics'));
      const is = await stat(file);
      assert.deepEqual([is.size, is.ino], [Buffer.byteLength(text), was.ino]);
      assert.ok(is.mtimeMs > was.mtimeMs);
      assert.ok((await stat(folder)).mtimeMs > wasFolder.mtimeMs);
      assert.deepEqual(account.proxy.writes(), []);
    });

    it('shows what is new on the server, and shows no more what is gone there', async () => {
      assert.ok((await inWork()).includes('gone.ics'));
      await account.dav.put(account.url('new.ics'), eventOf('new'));
      await account.dav.put(account.url('eve.vcf'), contactOf('eve'));
      await account.dav.remove(account.url('gone.ics'));
      await account.sync();
      assert.deepEqual(await inWork(), ['displayname', 'new.ics', 'review.ics', 'standup.ics']);
      assert.equal(await account.place.read('dav', 'work', 'new.ics'), await account.onServer('new.ics'));
      assert.equal(
        await account.place.read('cards', 'friends', 'eve.vcf'),
        await account.onServer('eve.vcf'),
      );
      await assert.rejects(stat(account.place.at('dav', 'work', 'gone.ics')), { code: 'ENOENT' });
      assert.deepEqual(account.proxy.writes(), []);
    });

    it('does not see its own edit as a change of the server', async () => {
      const file = account.place.at('dav', 'work', 'review.ics');
      await sh(`sed -i 's/Room 1/Room 3/' ${file}`);
      const was = await stat(file);
      const text = await account.place.read('dav', 'work', 'review.ics');
      await account.arrives('review.ics', 'Room 3');
      await account.sync();
      const is = await stat(file);
      assert.deepEqual([is.mtimeMs, is.ino, is.size], [was.mtimeMs, was.ino, was.size]);
      assert.equal(await account.place.read('dav', 'work', 'review.ics'), text);
      assert.deepEqual(account.proxy.writes(), ['PUT review.ics']);
    });
  });
}

const skip = requirement('fuse') ?? requirement('radicale');

describe('an account that is looked at on its interval', { skip, timeout: 120_000 }, () => {
  it('costs one request each time nothing has changed, and shows what has', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['standup'], interval: '1s' });
    await account.mountFilled(ends);
    await account.sync();
    account.proxy.forget();
    await eventually('three more looks', async () => account.proxy.seen.length >= 3);
    assert.deepEqual(
      [...new Set(account.proxy.seen.map(({ method, path }) => `${method} ${path}`))],
      ['PROPFIND /alice/'],
    );
    await account.changeOnServer('standup.ics', 'Room 1', 'Room 2');
    await eventually('the change', async () =>
      (await account.place.read('dav', 'work', 'standup.ics')).includes('Room 2'),
    );
  });

  it('with a wrong password is mounted all the same, and tells what is wrong', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['standup'] });
    const { place, server } = account;
    const login = { url: server.url, username: 'alice', password: 'wrong-secret' };
    await place.configure({ storages: [davTable('dav', 'caldav', { server: login })], mounted: ['dav'] });
    const mount = await account.mount(ends);
    await eventually('the trouble to be told', async () =>
      /mount:dav: .*(401|password|log in)/.test(mount.output),
    );
    assert.deepEqual(await readdir(place.at('dav')), []);
    const { status, stderr } = await place.pimsync(['sync']);
    assert.equal(status, 1);
    assert.doesNotMatch(mount.output + stderr, /wrong-secret/);
  });
});
