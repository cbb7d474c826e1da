import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Account, contactOf, eventOf, SERVERS } from '../support/account.ts';
import type { LiveMount } from '../support/place.ts';
import { Ends, eventually } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

for (const server of Object.keys(SERVERS) as (keyof typeof SERVERS)[]) {
  const skip = requirement('fuse') ?? requirement(server);
  describe(`an account on ${server}, mounted`, { skip, timeout: 120_000 }, () => {
    const ends = new Ends();
    let account: Account;
    let mount: LiveMount;
    const events = ['standup', 'review', 'lunch', 'gone', 'quiet'];
    before(async () => {
      account = await Account.make(ends, { server, events, contacts: ['ada', 'bob'] });
      mount = await account.mountFilled(ends);
    });
    after(() => ends.close());
    beforeEach(() => account.proxy.forget());

    it('shows every item under its name, with the bytes of the server', async () => {
      const { place } = account;
      assert.deepEqual(await readdir(place.at()), ['cards', 'dav']);
      const items = (await readdir(place.at('dav', 'work'))).filter((name) => name.endsWith('.ics'));
      assert.deepEqual(items.toSorted(), events.map((name) => `${name}.ics`).toSorted());
      for (const name of items)
        assert.equal(await place.read('dav', 'work', name), await account.onServer(name));
      assert.equal(await place.read('cards', 'friends', 'ada.vcf'), await account.onServer('ada.vcf'));
    });

    it('shows the name of the collection in a metadata file, and none that the server has no value for', async () => {
      assert.equal((await account.place.read('dav', 'work', 'displayname')).trim(), 'work');
      await assert.rejects(account.place.read('dav', 'work', 'description'), { code: 'ENOENT' });
    });

    it('asks once a storage when nothing has changed', async () => {
      await account.sync();
      account.proxy.forget();
      await account.sync();
      assert.deepEqual(
        account.proxy.seen.map(({ method, status }) => [method, status]),
        [
          ['PROPFIND', 207],
          ['PROPFIND', 207],
        ],
      );
    });
  });
}
