import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { findOwnMount, readMounts } from '../../src/fs/mountinfo.ts';
import { Account, eventOf } from '../support/account.ts';
import { type Ends, endsOf, eventually, sh } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';
import { randomFrom, Saver, versionOf } from '../support/saver.ts';

const skip = requirement('fuse') ?? requirement('radicale');
const NAMES = 8;
const ROUNDS = 3;
/** Over all rounds and names no version comes twice, so that a text tells which save it comes from. */
const VERSIONS_A_ROUND = 100_000;

describe('a crash while programs are saving', { skip, timeout: 240_000 }, () => {
  for (const seed of [1, 2]) {
    it(`of the file server: what was saved is there at the next start, and sent once (seed ${seed})`, async (t) => {
      const ends = endsOf(t);
      const random = randomFrom(seed);
      const account = await Account.make(ends, { events: ['quiet'] });
      for (let round = 0; round < ROUNDS; round += 1) {
        const mount = await account.mount(ends);
        if (round === 0)
          await eventually('the calendar', () => account.place.read('dav', 'work', 'quiet.ics'));
        const saver = startSaver(ends, account, round);
        await saver.hasSaved(round * VERSIONS_A_ROUND + Math.floor(random() * 25));
        await pause(random() * 300);
        await mount.crashFileServer();
        await saver.hasFailed();

        const next = await account.mount(ends);
        await assertSaved(account, saver);
        // Every second time the next crash comes before everything is sent.
        if (round % 2 === 1) await assertSentOnce(account);
        if (round < ROUNDS - 1) await next.crashFileServer();
      }
      await assertSentOnce(account);
    });
  }

  it('of the file server: its engine takes the dead mount away', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['quiet'] });
    const mount = await account.mountFilled(ends);
    await mount.crashFileServer();
    await eventually('the mount to be gone', async () => {
      const mounts = await readMounts();
      return findOwnMount(mounts, account.place.mountpoint) === undefined;
    });
    assert.deepEqual(await readdir(account.place.mountpoint), []);
  });

  it('of the engine: nobody notices, and everything is sent once', async (t) => {
    const ends = endsOf(t);
    const random = randomFrom(3);
    const account = await Account.make(ends, { events: ['quiet'] });
    const mount = await account.mountFilled(ends);
    const saver = startSaver(ends, account, 0);
    const engines = [await mount.enginePid()];
    for (const saves of [20, 60, 100]) {
      await saver.hasSaved(saves);
      await pause(random() * 300);
      await mount.crashEngine();
      engines.push(await mount.enginePid());
    }
    await saver.hasSaved(140);
    await saver.end();
    assert.equal(saver.failure, undefined);
    assert.equal(new Set(engines).size, 4);
    assert.match(mount.output, /the engine ended; the mount stays usable and a new engine is started/);
    await assertSaved(account, saver);
    await assertSentOnce(account);
  });

  it('of both at once: likewise', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['quiet'] });
    const mount = await account.mountFilled(ends);
    const saver = startSaver(ends, account, 0);
    await saver.hasSaved(30);
    await Promise.all([mount.crashEngine(), mount.crashFileServer()]);
    await saver.hasFailed();
    await account.mount(ends);
    await assertSaved(account, saver);
    await assertSentOnce(account);
  });
});

describe('an answer that is lost', { skip, timeout: 120_000 }, () => {
  it('has nothing sent twice, neither an edit nor a new item', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['edited'] });
    await account.mountFilled(ends);
    account.proxy.forget();
    account.proxy.loseAnswers(true);
    await sh(`sed -i 's/Room 1/Room 2/' edited.ics; printf %s '${eventOf('new')}' > new.ics`, {
      cwd: account.place.at('dav', 'work'),
    });
    await account.arrives('edited.ics', 'Room 2');
    await account.arrives('new.ics', 'UID:new');
    account.proxy.loseAnswers(false);
    await eventually('an end in agreement', async () => (await account.place.pimsync(['sync'])).status === 0);
    assert.deepEqual(landed(account), { 'edited.ics': 1, 'new.ics': 1 });
  });
});

describe('a crash during the first synchronisation', { skip, timeout: 120_000 }, () => {
  const events = Array.from({ length: 120 }, (_, n) => `event${n}`);
  for (const victim of ['crashEngine', 'crashFileServer'] as const) {
    it(`(${victim}) is made up for at the next, and nothing is sent`, async (t) => {
      const ends = endsOf(t);
      const account = await Account.make(ends, { events });
      const mount = await account.mount(ends);
      await eventually('the items to be asked for', async () => account.proxy.all('REPORT').length > 0);
      await mount[victim]();
      if (victim === 'crashFileServer') await account.mount(ends);
      await account.sync();
      const names = await readdir(account.place.at('dav', 'work'));
      assert.equal(names.filter((name) => name.endsWith('.ics')).length, events.length);
      assert.deepEqual(account.proxy.writes(), []);
      assert.equal((await account.place.pimsync(['sync'])).status, 0);
    });
  }
});

describe('a crash while changes come in', { skip, timeout: 240_000 }, () => {
  const events = Array.from({ length: 12 }, (_, n) => `event${n}`);
  const changes = ['changed', 'changed again', 'changed once more'];
  for (const victim of ['crashEngine', 'crashFileServer'] as const) {
    it(`(${victim}) leaves them whole, nothing is taken for an edit, and the rest comes after it`, async (t) => {
      const ends = endsOf(t);
      const random = randomFrom(5);
      const account = await Account.make(ends, { events });
      let mount = await account.mountFilled(ends);
      for (const change of changes) {
        for (const name of events)
          await account.changeOnServer(
            `${name}.ics`,
            /LOCATION:.*/,
            `LOCATION:${change} ${'x'.repeat(random() * 90)}`,
          );
        await account.dav.put(account.url(`${change.replaceAll(' ', '-')}.ics`), eventOf(change));
        await mount.enginePid();
        process.kill(mount.pid, 'SIGUSR1');
        await eventually('the changes to be asked for', async () => account.proxy.all('REPORT').length > 0);
        await pause(random() * 60);
        await mount[victim]();
        if (victim === 'crashFileServer') mount = await account.mount(ends);
        account.proxy.forget();
      }
      await account.sync();
      const onServer = await account.dav.list(account.calendar);
      assert.equal(onServer.length, events.length + changes.length);
      const shown = await readdir(account.place.at('dav', 'work'));
      assert.deepEqual(shown.filter((name) => name.endsWith('.ics')).toSorted(), onServer);
      for (const name of onServer)
        assert.equal(await account.place.read('dav', 'work', name), await account.onServer(name));
      assert.deepEqual(account.proxy.writes(), []);
      assert.equal((await account.place.pimsync(['sync'])).status, 0);
    });
  }
});

const startSaver = (ends: Ends, account: Account, round: number): Saver =>
  new Saver(ends, account.place.at('dav', 'work'), { names: NAMES, first: round * VERSIONS_A_ROUND });

/** In the mount is of every name the last version that was saved, or the one whose saving the crash cut short. */
async function assertSaved({ place }: Account, { saved, trying }: Saver): Promise<void> {
  for (const [name, version] of saved) {
    const isCutShort = trying?.name === name;
    const text = await place.read('dav', 'work', name).catch((error: NodeJS.ErrnoException) => {
      // Its old version was unlinked by the program itself, right before.
      if (isCutShort && error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) continue;
    const allowed = isCutShort ? [version, trying?.version] : [version];
    assert.ok(
      allowed.includes(versionOf(text)),
      `${name} has ${versionOf(text)}, not ${allowed.join(' or ')}`,
    );
  }
}

/** In the end the server has what the mount has, no text was stored twice, and nothing is left to do or to be told. */
async function assertSentOnce(account: Account): Promise<void> {
  const folder = account.place.at('dav', 'work');
  const names = (await readdir(folder)).filter((name) => /^e\d+\.ics$/.test(name));
  for (const name of names) {
    const version = versionOf(await account.place.read('dav', 'work', name));
    await account.arrives(name, `SUMMARY:version ${version} `);
  }
  await eventually('an end in agreement', async () => (await account.place.pimsync(['sync'])).status === 0);
  const onServer = (await account.dav.list(account.calendar)).filter((name) => name !== 'quiet.ics');
  assert.deepEqual(onServer, names.toSorted());
  const times = new Map<string, number>();
  for (const { body, status } of account.proxy.all('PUT'))
    if (isSuccess(status)) times.set(body, (times.get(body) ?? 0) + 1);
  assert.ok(times.size > 0);
  for (const [text, count] of times)
    assert.equal(count, 1, `version ${versionOf(text)} was stored ${count} times`);
}

/** How many PUTs the server carried out, by name. */
function landed({ proxy }: Account): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { path, status } of proxy.all('PUT')) {
    const name = path.split('/').at(-1) ?? '';
    if (isSuccess(status)) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

const isSuccess = (status: number | undefined): boolean =>
  status !== undefined && status >= 200 && status < 300;
