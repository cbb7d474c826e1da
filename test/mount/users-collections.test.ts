import assert from 'node:assert/strict';
import { mkdir, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Account, eventOf, SERVERS } from '../support/account.ts';
import { Ends, endsOf, eventually, sh } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const calendarOf = (account: Account, id: string): URL => new URL(`../${id}/`, account.calendar);

const isThere = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

for (const server of Object.keys(SERVERS) as (keyof typeof SERVERS)[]) {
  const skip = requirement('fuse') ?? requirement(server);
  describe(`collections that users make, rename and remove, on ${server}`, { skip, timeout: 240_000 }, () => {
    const ends = new Ends();
    let account: Account;
    const at = (...names: readonly string[]): string => account.place.at('dav', ...names);
    /** Everything on its way is at the server, and nothing is left. */
    const allSent = async (): Promise<void> => {
      await eventually('all to be sent', async () => {
        const { stdout } = await account.place.pimsync(['status', '--json']);
        const { collections } = JSON.parse(stdout) as { collections: { unsent: number; waiting: number }[] };
        return collections.every(({ unsent, waiting }) => unsent + waiting === 0);
      });
    };
    before(async () => {
      account = await Account.make(ends, { server, events: ['standup'] });
      await account.mountFilled(ends);
    });
    after(() => ends.close());
    beforeEach(() => account.proxy.forget());

    it('a new one is there at once, and arrives with what is in it, once', async () => {
      await mkdir(at('trips'));
      await writeFile(at('trips', 'rome.ics'), eventOf('rome'));
      const { ino } = await stat(at('trips'));
      await allSent();
      assert.deepEqual(account.proxy.writes(), ['MKCALENDAR trips', 'PUT rome.ics']);
      assert.equal(account.proxy.all('PUT')[0]?.ifNoneMatch, '*');
      assert.equal(await account.dav.property(calendarOf(account, 'trips'), 'displayname'), 'trips');
      await account.sync();
      assert.deepEqual(
        [(await stat(at('trips'))).ino, await readdir(at('trips')), account.proxy.writes().length],
        [ino, ['rome.ics'], 2],
      );
    });

    it('with another name at first arrives under the last one', async () => {
      await sh("mkdir 'New Folder' && mv 'New Folder' garden", { cwd: at() });
      await allSent();
      assert.deepEqual(account.proxy.writes(), ['MKCALENDAR garden']);
    });

    it('under another name stays the same on the server', async () => {
      await mkdir(at('before'));
      await writeFile(at('before', 'a.ics'), eventOf('a'));
      await allSent();
      account.proxy.forget();
      const { ino } = await stat(at('before', 'a.ics'));
      await rename(at('before'), at('after wards'));
      await account.sync();
      assert.deepEqual(account.proxy.writes(), []);
      assert.equal((await stat(at('after wards', 'a.ics'))).ino, ino);
      await sh("sed -i 's/Room 1/Room 2/' a.ics", { cwd: at('after wards') });
      await allSent();
      assert.deepEqual(account.proxy.writes(), ['PUT a.ics']);
      assert.equal(account.proxy.all('PUT')[0]?.path, `${calendarOf(account, 'before').pathname}a.ics`);
      // The old name is free for another collection.
      await mkdir(at('before'));
      await writeFile(at('before', 'a.ics'), eventOf('other'));
      await allSent();
      await account.sync();
      assert.match(await account.place.read('dav', 'after wards', 'a.ics'), /UID:a\r?\n/);
      assert.match(await account.place.read('dav', 'before', 'a.ics'), /UID:other/);
    });

    it('an empty one is removed on the server, after its grace time', async () => {
      await mkdir(at('short'));
      await allSent();
      account.proxy.forget();
      await rmdir(at('short'));
      await allSent();
      assert.deepEqual(account.proxy.writes(), ['DELETE short']);
      await account.sync();
      assert.equal(await isThere(at('short')), false);
    });

    it('a small one is removed with all that is in it, by rm -r', async () => {
      await mkdir(at('few'));
      for (const uid of ['x', 'y', 'z']) await writeFile(at('few', `${uid}.ics`), eventOf(uid));
      await writeFile(at('few', 'color'), '#112233');
      await writeFile(at('few', 'notes.txt'), 'mine');
      await allSent();
      account.proxy.forget();
      await rm(at('few'), { recursive: true });
      await allSent();
      assert.deepEqual(account.proxy.writes().toSorted(), [
        'DELETE few',
        'DELETE x.ics',
        'DELETE y.ics',
        'DELETE z.ics',
      ]);
      assert.equal(account.proxy.writes().at(-1), 'DELETE few');
    });

    it('one that is made again at once was never removed, and has its properties', async () => {
      await mkdir(at('again'));
      await writeFile(at('again', 'color'), '#445566');
      await allSent();
      account.proxy.forget();
      const { ino } = await stat(at('again'));
      await sh('rm -r again && mkdir again', { cwd: at() });
      await account.sync();
      await allSent();
      assert.deepEqual(account.proxy.writes(), []);
      assert.equal((await stat(at('again'))).ino, ino);
      assert.equal(await account.place.read('dav', 'again', 'color'), '#445566');
    });

    it('a large one is held back, and goes or comes back by a word', async () => {
      await mkdir(at('large'));
      const uids = Array.from({ length: 12 }, (_, index) => `large-${index}`);
      for (const uid of uids) await writeFile(at('large', `${uid}.ics`), eventOf(uid));
      await allSent();
      account.proxy.forget();
      await rm(at('large'), { recursive: true });
      assert.equal(await isThere(at('large')), false);
      const { place } = account;
      const sync = await place.pimsync(['sync']);
      assert.equal(sync.status, 1);
      assert.match(sync.stderr, /still has 12 items .*"pimsync confirm mount:dav\/large"/);
      const { stdout } = await place.pimsync(['status']);
      assert.match(stdout, /^dav\/large +12 items +removed here, held back/m);
      assert.match(stdout, /^dav\/large: held back: .*"pimsync discard mount:dav\/large"/m);
      assert.deepEqual(account.proxy.writes(), []);
      assert.equal((await place.pimsync(['discard', 'mount:dav/large'])).status, 0);
      assert.equal((await readdir(at('large'))).filter((name) => name.endsWith('.ics')).length, 12);
      assert.deepEqual(account.proxy.writes(), []);
      await rm(at('large'), { recursive: true });
      assert.equal((await place.pimsync(['sync'])).status, 1);
      assert.equal((await place.pimsync(['confirm', 'mount:dav/large'])).status, 0);
      assert.equal(account.proxy.writes().filter((write) => write.startsWith('DELETE')).length, 13);
      assert.equal((await place.pimsync(['sync'])).status, 0);
    });

    it('made without the network arrives when there is one again, beside what the server has under that name', async () => {
      await account.proxy.off();
      await mkdir(at('met'));
      await writeFile(at('met', 'mine.ics'), eventOf('mine'));
      await writeFile(at('met', 'both.ics'), eventOf('both'));
      const url = await account.dav.makeCollection('calendar', 'met');
      for (const uid of ['theirs', 'both']) await account.dav.put(new URL(`${uid}.ics`, url), eventOf(uid));
      await account.proxy.on();
      await account.sync();
      await allSent();
      assert.deepEqual(account.proxy.writes(), ['PUT mine.ics']);
      assert.deepEqual((await readdir(at('met'))).filter((name) => name.endsWith('.ics')).toSorted(), [
        'both.ics',
        'mine.ics',
        'theirs.ics',
      ]);
      await account.sync();
      assert.equal((await readdir(at())).filter((name) => name.startsWith('met')).length, 1);
    });
  });
}

const skip = requirement('fuse') ?? requirement('radicale');

describe('a collection that the server will not make', { skip, timeout: 120_000 }, () => {
  it('stays with what is in it, is told of, and is tried again when asked', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['standup'], interval: '1s' });
    const { place, proxy } = account;
    await account.mountFilled(ends);
    for (const method of ['MKCALENDAR', 'MKCOL']) proxy.refuse(method, 'no', { status: 403 });
    await mkdir(place.at('dav', 'no'));
    await writeFile(place.at('dav', 'no', 'a.ics'), eventOf('a'));
    const { stdout } = await eventually('the refusal', async () => {
      const status = await place.pimsync(['status']);
      return status.stdout.includes('could not be made') && status;
    });
    assert.match(stdout, /^dav\/no +1 item +1 pending, 1 refused/m);
    assert.match(stdout, /^dav\/no: refused: it could not be made .*403.*"pimsync sync" tries again$/m);
    const tries = proxy.all('MKCALENDAR').length;
    const looks = proxy.all('PROPFIND').length;
    await eventually('three more looks', async () => proxy.all('PROPFIND').length >= looks + 3);
    assert.equal(proxy.all('MKCALENDAR').length, tries);
    assert.match(await place.read('dav', 'no', 'a.ics'), /UID:a/);
    proxy.allowAll();
    assert.equal((await place.pimsync(['sync'])).status, 0);
    assert.deepEqual(await account.dav.list(calendarOf(account, 'no')), ['a.ics']);
    assert.doesNotMatch((await place.pimsync(['status'])).stdout, /refused/);
  });
});

describe('a collection that was just made, renamed or removed', { skip, timeout: 180_000 }, () => {
  it('is so after both processes were killed, and arrives once', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['standup'] });
    const { place, proxy, dav } = account;
    await dav.makeCollection('calendar', 'old');
    let mount = await account.mountFilled(ends);
    const crash = async (): Promise<void> => {
      await mount.crashBoth();
      mount = await account.mount(ends);
    };
    proxy.forget();
    await mkdir(place.at('dav', 'new'));
    await writeFile(place.at('dav', 'new', 'a.ics'), eventOf('a'));
    await writeFile(place.at('dav', 'new', 'color'), '#112233');
    await rename(place.at('dav', 'work'), place.at('dav', 'job'));
    await rmdir(place.at('dav', 'old'));
    const inodes = async (): Promise<number[]> =>
      Promise.all(['new', 'job', 'new/color'].map(async (name) => (await stat(place.at('dav', name))).ino));
    const before = await inodes();
    await crash();
    assert.deepEqual(await inodes(), before);
    await account.sync();
    assert.deepEqual(proxy.writes().toSorted(), ['DELETE old', 'MKCALENDAR new', 'PUT a.ics']);
    assert.equal(await dav.property(calendarOf(account, 'new'), 'calendar-color'), '#112233');
    await crash();
    await account.sync();
    assert.equal(proxy.writes().length, 3);
    assert.deepEqual((await readdir(place.at('dav'))).toSorted(), ['job', 'new']);
    assert.ok((await readdir(place.at('dav', 'job'))).includes('standup.ics'));
  });
});
