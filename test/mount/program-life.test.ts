import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Account, eventOf } from '../support/account.ts';
import { isMounted, LiveMount, Place, vdirTable } from '../support/place.ts';
import {
  crash,
  type Ends,
  endsOf,
  eventually,
  isAlive,
  MAIN,
  run,
  runPimsync,
  sh,
} from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const skip = requirement('fuse');

/** A place whose mount shows a folder of vdirs with one event, as `local/work/standup.ics`. */
async function vdirPlace(ends: Ends): Promise<Place> {
  const place = await Place.make(ends, { storages: [], mounted: [] });
  const vdirs = join(place.folder, 'vdirs');
  await mkdir(join(vdirs, 'work'), { recursive: true });
  await writeFile(join(vdirs, 'work', 'standup.ics'), eventOf('standup'));
  await place.configure({ storages: [vdirTable('local', vdirs)], mounted: ['local'] });
  return place;
}

const inSource = (place: Place): string => join(place.folder, 'vdirs', 'work', 'standup.ics');

/** Mounted, and the event is there. */
async function mountedVdir(ends: Ends): Promise<{ readonly place: Place; readonly mount: LiveMount }> {
  const place = await vdirPlace(ends);
  const mount = await LiveMount.start(ends, place);
  await eventually('the event', () => place.read('local', 'work', 'standup.ics'));
  return { place, mount };
}

describe('the end of a mount', { skip, timeout: 120_000 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`by ${signal}: what is pending is sent first, and nothing is left behind`, async (t) => {
      const { place, mount } = await mountedVdir(endsOf(t));
      const engine = await mount.enginePid();
      await sh(`sed -i 's/Room 1/Room 2/' standup.ics`, { cwd: place.at('local', 'work') });
      assert.equal(await mount.stop(signal), 0);
      assert.match(await readFile(inSource(place), 'utf8'), /Room 2/);
      assert.equal(await isMounted(place.mountpoint), false);
      assert.equal(await isAlive(engine), false);
      assert.deepEqual(await readdir(place.mountpoint), []);
      assert.doesNotMatch(mount.output, /warning|error|not on the other side/);
    });
  }

  it('by pimsync unmount: likewise', async (t) => {
    const { place, mount } = await mountedVdir(endsOf(t));
    await sh(`sed -i 's/Room 1/Room 2/' standup.ics`, { cwd: place.at('local', 'work') });
    const { status, stderr } = await place.pimsync(['unmount', place.mountpoint]);
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(await mount.ended(), 0);
    assert.match(await readFile(inSource(place), 'utf8'), /Room 2/);
    assert.equal(await isMounted(place.mountpoint), false);
  });

  it('by pimsync unmount, while somebody is in it: that one is named, and the mount goes on', async (t) => {
    const ends = endsOf(t);
    const { place, mount } = await mountedVdir(ends);
    const holder = spawn('sleep', ['600'], { cwd: place.at('local', 'work'), stdio: 'ignore' });
    ends.add(() => crash(holder.pid ?? 0));
    const { status, stderr } = await place.pimsync(['unmount', place.mountpoint]);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`in use by .*sleep \\(${holder.pid}\\)`));
    await sh(`sed -i 's/Room 1/Room 3/' standup.ics`, { cwd: place.at('local', 'work') });
    await eventually('the edit to arrive', async () =>
      (await readFile(inSource(place), 'utf8')).includes('Room 3'),
    );
    await crash(holder.pid ?? 0);
    assert.equal((await place.pimsync(['unmount', place.mountpoint])).status, 0);
    assert.equal(await mount.ended(), 0);
  });

  it('by umount from outside is noticed', async (t) => {
    const { place, mount } = await mountedVdir(endsOf(t));
    const engine = await mount.enginePid();
    await sh(`sed -i 's/Room 1/Room 4/' standup.ics`, { cwd: place.at('local', 'work') });
    await run('umount', [place.mountpoint]);
    await mount.ended();
    await eventually('the engine to end', async () => !(await isAlive(engine)));
    assert.match(mount.output, /unmounted from outside/);
    assert.match(await readFile(inSource(place), 'utf8'), /Room 4/);
  });

  it('by a crash of both processes: the next mount clears what is left, though the kernel knows the folder by heart', async (t) => {
    const ends = endsOf(t);
    const { place, mount } = await mountedVdir(ends);
    await stat(place.mountpoint);
    await mount.crashBoth();
    await assert.rejects(readdir(place.at('local')), { code: 'ENOTCONN' });
    const next = await LiveMount.start(ends, place);
    assert.match(next.output, /clearing a mount that a crash left behind/);
    assert.equal(await place.read('local', 'work', 'standup.ics'), eventOf('standup'));
  });

  it('by a crash of both processes: pimsync unmount clears what is left', async (t) => {
    const { place, mount } = await mountedVdir(endsOf(t));
    await stat(place.mountpoint);
    await mount.crashBoth();
    assert.equal((await place.pimsync(['unmount', place.mountpoint])).status, 0);
    assert.equal(await isMounted(place.mountpoint), false);
  });
});

describe('the start of a mount', { skip, timeout: 120_000 }, () => {
  it('is refused where one is already, and with a state that is in use', async (t) => {
    const ends = endsOf(t);
    const { place, mount } = await mountedVdir(ends);
    const again = await place.pimsync(['mount']);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /^pimsync: .*(mounted already|in use by|another pimsync)/);
    const elsewhere = await place.pimsync(['mount', `${place.folder}/other`]);
    assert.equal(elsewhere.status, 1);
    assert.match(elsewhere.stderr, new RegExp(`^pimsync: .*${await mount.enginePid()}`));
    assert.equal(await isMounted(`${place.folder}/other`), false);
    const other = await vdirPlace(ends);
    const onTop = await other.pimsync(['mount', place.mountpoint]);
    assert.equal(onTop.status, 1);
    assert.match(onTop.stderr, /^pimsync: a running pimsync has .* mounted already/);
    assert.equal(await place.read('local', 'work', 'standup.ics'), eventOf('standup'));
  });

  it('with --daemon comes back when it is live, and pimsync unmount ends it', async (t) => {
    const ends = endsOf(t);
    const place = await vdirPlace(ends);
    const { status, stderr } = await place.pimsync(['mount', '--daemon']);
    const pid = Number(/process (\d+)/.exec(stderr)?.[1]);
    ends.add(() => crash(pid));
    assert.equal(status, 0, stderr);
    assert.ok(await isMounted(place.mountpoint));
    await eventually('the event', () => place.read('local', 'work', 'standup.ics'));
    assert.equal((await place.pimsync(['unmount', place.mountpoint])).status, 0);
    await eventually('the process to end', async () => !(await isAlive(pid)));
    assert.equal(await isMounted(place.mountpoint), false);
  });

  it('with --daemon tells what keeps it from starting', async (t) => {
    const place = await vdirPlace(endsOf(t));
    await writeFile(join(place.mountpoint, 'in-the-way'), '');
    const { status, stderr } = await place.pimsync(['mount', '--daemon']);
    assert.equal(status, 1);
    assert.match(stderr, /^pimsync: .*in-the-way/);
  });

  it('needs no configuration for a folder of vdirs', async (t) => {
    const ends = endsOf(t);
    const place = await vdirPlace(ends);
    const env = {
      HOME: place.folder,
      XDG_STATE_HOME: undefined,
      XDG_CONFIG_HOME: undefined,
      PIMSYNC_CONFIG: undefined,
    };
    const args = [MAIN, 'mount', place.mountpoint, '--vdir', join(place.folder, 'vdirs')] as const;
    const mount = await LiveMount.start(ends, place, { env, command: [process.execPath, ...args] });
    await eventually('the event', () => place.read('work', 'standup.ics'));
    assert.equal((await runPimsync(['unmount', place.mountpoint], { env })).status, 0);
    assert.equal(await mount.ended(), 0);
  });

  it('needs no configuration for an account', { skip: requirement('radicale') }, async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['standup'] });
    const { place, server } = account;
    const env = { HOME: place.folder, XDG_STATE_HOME: undefined, PIMSYNC_PASSWORD: server.password };
    const args = ['mount', place.mountpoint, '--url', server.url.href, '--username', server.username ?? ''];
    await LiveMount.start(ends, place, { env, command: [process.execPath, MAIN, ...args] });
    await eventually('the event', () => place.read('work', 'standup.ics'));
    await sh(`sed -i 's/Room 1/Room 2/' standup.ics`, { cwd: place.at('work') });
    await account.arrives('standup.ics', 'Room 2');
  });
});

describe('a mount that runs', { skip, timeout: 120_000 }, () => {
  it('looks for changes when it gets SIGUSR1', async (t) => {
    const { place, mount } = await mountedVdir(endsOf(t));
    await writeFile(join(place.folder, 'vdirs', 'work', 'fresh.ics'), eventOf('fresh'));
    process.kill(mount.pid, 'SIGUSR1');
    await eventually('the new event', () => place.read('local', 'work', 'fresh.ics'));
  });

  it('looks for changes by itself', async (t) => {
    const ends = endsOf(t);
    const place = await vdirPlace(ends);
    const table = vdirTable('local', join(place.folder, 'vdirs'), ['interval = "1s"', 'watch = false']);
    await place.configure({ storages: [table], mounted: ['local'] });
    await LiveMount.start(ends, place);
    await eventually('the event', () => place.read('local', 'work', 'standup.ics'));
    await writeFile(join(place.folder, 'vdirs', 'work', 'fresh.ics'), eventOf('fresh'));
    await eventually('the new event', () => place.read('local', 'work', 'fresh.ics'));
  });
});
