import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Account } from '../support/account.ts';
import { type Ends, endsOf, eventually, sh } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const skip = requirement('fuse') ?? requirement('radicale');
const EVENTS = Array.from({ length: 12 }, (_, at) => `event-${at}`);

async function mounted(ends: Ends): Promise<Account> {
  const account = await Account.make(ends, { events: EVENTS });
  await account.dav.makeCollection('calendar', 'home');
  await account.mountFilled(ends);
  account.proxy.forget();
  return account;
}

const countIn = async (account: Account, folder: string): Promise<number> =>
  (await readdir(account.place.at('dav', folder))).filter((name) => name.endsWith('.ics')).length;

describe('what is deleted under a mount', { skip, timeout: 180_000 }, () => {
  it('all at once is held back from the server, until there is a word', async (t) => {
    const account = await mounted(endsOf(t));
    const { place, proxy } = account;
    await sh('rm event-?.ics event-10.ics', { cwd: place.at('dav', 'work') });
    const sync = await place.pimsync(['sync']);
    assert.equal(sync.status, 1);
    assert.match(
      sync.stderr,
      /mount:dav\/work: held back: .*11 of 12 items were deleted on a; "pimsync confirm mount:dav\/work"/,
    );
    assert.deepEqual(proxy.writes(), []);
    const status = await place.pimsync(['status']);
    assert.match(status.stdout, /^dav\/work .* 11 held back/m);
    const one = await place.pimsync(['status', place.at('dav', 'work', 'event-3.ics')]);
    assert.match(one.stdout, /^state: +held$/m);

    const discarded = await place.pimsync(['discard', 'dav/work']);
    assert.equal(discarded.status, 0, discarded.stderr);
    assert.equal(await countIn(account, 'work'), 12);
    assert.deepEqual(proxy.writes(), []);

    await sh('rm event-?.ics event-10.ics', { cwd: place.at('dav', 'work') });
    assert.equal((await place.pimsync(['sync'])).status, 1);
    const confirmed = await place.pimsync(['confirm']);
    assert.equal(confirmed.status, 0, confirmed.stderr);
    assert.deepEqual(await account.dav.list(account.calendar), ['event-11.ics']);
  });

  it('by moving it to another folder is moved on the server, all of it', async (t) => {
    const account = await mounted(endsOf(t));
    const { place, proxy } = account;
    await sh('mv work/*.ics home/', { cwd: place.at('dav') });
    await account.sync();
    assert.deepEqual(proxy.writes().toSorted(), EVENTS.map((name) => `MOVE ${name}.ics`).toSorted());
    const home = new URL('../home/', account.calendar);
    assert.equal((await account.dav.list(home)).length, 12);
    assert.deepEqual(await account.dav.list(account.calendar), []);
    assert.equal((await place.pimsync(['sync'])).status, 0);
    assert.deepEqual([await countIn(account, 'work'), await countIn(account, 'home')], [0, 12]);
  });

  it('by moving it to another folder is moved on the server, also when nobody asks for a sync', async (t) => {
    const account = await mounted(endsOf(t));
    const { place, proxy } = account;
    await sh('mv work/event-3.ics home/', { cwd: place.at('dav') });
    await eventually(
      'the item to be gone there',
      async () => !(await account.dav.list(account.calendar)).includes('event-3.ics'),
    );
    await account.sync();
    assert.deepEqual(proxy.writes(), ['MOVE event-3.ics']);
  });

  it('as a calendar on the server: an empty one goes, one with items waits for a word', async (t) => {
    const account = await mounted(endsOf(t));
    const { place, dav } = account;
    await dav.remove(new URL('../home/', account.calendar));
    await account.sync();
    await assert.rejects(stat(place.at('dav', 'home')), { code: 'ENOENT' });
    await dav.remove(account.calendar);
    const sync = await place.pimsync(['sync']);
    assert.equal(sync.status, 1);
    assert.match(sync.stderr, /work: the collection is gone from side b, .* still has 12 items/);
    assert.equal(await countIn(account, 'work'), 12);
    assert.equal((await place.pimsync(['confirm', 'dav/work'])).status, 0);
    await eventually('the folder to go', async () => !(await readdir(place.at('dav'))).includes('work'));
  });

  it('as a calendar on the server can be made anew there', async (t) => {
    const account = await mounted(endsOf(t));
    await account.dav.remove(account.calendar);
    const discarded = await account.place.pimsync(['discard', 'dav/work']);
    assert.equal(discarded.status, 0, discarded.stderr);
    assert.equal((await account.dav.list(account.calendar)).length, 12);
    assert.equal((await account.place.pimsync(['sync'])).status, 0);
  });
});
