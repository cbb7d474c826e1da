import assert from 'node:assert/strict';
import { chmod, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { eventOf } from '../support/account.ts';
import { isMounted, LiveMount, Place, vdirTable } from '../support/place.ts';
import { crash, type Ends, endsOf, eventually, isAlive, MAIN } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const skip = requirement('fuse');

/** Folders of vdirs, of which the mount shows `local`. */
class Folders {
  readonly place: Place;

  private constructor(place: Place) {
    this.place = place;
  }

  static async make(ends: Ends): Promise<Folders> {
    const folders = new Folders(await Place.make(ends, { storages: [], mounted: [] }));
    for (const name of ['local', 'copy']) await mkdir(folders.at(name, 'work'), { recursive: true });
    await writeFile(folders.at('local', 'work', 'standup.ics'), eventOf('standup'));
    await folders.configure();
    return folders;
  }

  at(...names: readonly string[]): string {
    return join(this.place.folder, 'vdirs', ...names);
  }

  configure({ mounted = ['local'], mountLines = [] as string[], more = [] as string[] } = {}): Promise<void> {
    const storages = ['local', 'copy'].map((name) => vdirTable(name, this.at(name)));
    return this.place.configure({ storages, mounted, mountLines, more });
  }

  arrives(...names: readonly string[]): Promise<unknown> {
    return eventually(names.join('/'), () => readFile(this.at(...names), 'utf8'));
  }
}

const BACKUP = '[pair.backup]\na = "local"\nb = "copy"\ncollections = "all"';

async function mountedFolders(ends: Ends): Promise<{ readonly folders: Folders; readonly mount: LiveMount }> {
  const folders = await Folders.make(ends);
  const mount = await LiveMount.start(ends, folders.place);
  await eventually('the event', () => folders.place.read('local', 'work', 'standup.ics'));
  return { folders, mount };
}

describe('SIGHUP to a mount', { skip, timeout: 120_000 }, () => {
  it('has it take over a changed configuration, while the mount goes on', async (t) => {
    const { folders, mount } = await mountedFolders(endsOf(t));
    const { place } = folders;
    const engine = await mount.enginePid();
    // Somebody is at work in the mount all the time.
    const handle = await open(place.at('local', 'work', 'standup.ics'));
    await folders.configure({ more: [BACKUP] });
    process.kill(mount.pid, 'SIGHUP');
    await folders.arrives('copy', 'work', 'standup.ics');
    assert.equal(await handle.readFile('utf8'), eventOf('standup'));
    await handle.close();
    assert.notEqual(await mount.enginePid(), engine);
    assert.equal(await isAlive(engine), false);
    await writeFile(place.at('local', 'work', 'new.ics'), eventOf('new'));
    await folders.arrives('local', 'work', 'new.ics');
    assert.doesNotMatch(mount.output, /warning|error/);
    assert.equal(await mount.stop(), 0);
    assert.equal(await isMounted(place.mountpoint), false);
  });

  it('loses no edit that is made meanwhile', async (t) => {
    const { folders, mount } = await mountedFolders(endsOf(t));
    const names = Array.from({ length: 40 }, (_, n) => `e${n}.ics`);
    for (const [n, name] of names.entries()) {
      if (n === 10 || n === 25) process.kill(mount.pid, 'SIGHUP');
      await writeFile(folders.place.at('local', 'work', name), eventOf(name));
    }
    for (const name of names) await folders.arrives('local', 'work', name);
    assert.equal(await mount.stop(), 0);
    assert.doesNotMatch(mount.output, /warning|error|not on the other side/);
  });

  it('right before the end of the mount leaves nothing behind', async (t) => {
    const { folders, mount } = await mountedFolders(endsOf(t));
    await writeFile(folders.place.at('local', 'work', 'last.ics'), eventOf('last'));
    process.kill(mount.pid, 'SIGHUP');
    assert.equal(await mount.stop(), 0);
    await folders.arrives('local', 'work', 'last.ics');
    assert.equal(await isMounted(folders.place.mountpoint), false);
  });

  it('with a wrong configuration is told of; the old one stays, also for an engine that follows a crash', async (t) => {
    const { folders, mount } = await mountedFolders(endsOf(t));
    const engine = await mount.enginePid();
    await folders.configure({ more: ['nonsense = 1'] });
    process.kill(mount.pid, 'SIGHUP');
    await eventually('a word about it', async () => /error: .*the old one stays/.test(mount.output));
    assert.match(mount.output, /nonsense/);
    assert.equal(await mount.enginePid(), engine);
    await mount.crashEngine();
    await writeFile(folders.place.at('local', 'work', 'new.ics'), eventOf('new'));
    await folders.arrives('local', 'work', 'new.ics');
  });

  it('with a configuration that needs another mount is told of, with the remedy; the old one stays', async (t) => {
    const { folders, mount } = await mountedFolders(endsOf(t));
    const engine = await mount.enginePid();
    await folders.configure({ mounted: ['local', 'copy'], more: [BACKUP] });
    process.kill(mount.pid, 'SIGHUP');
    await eventually('a word about it', async () => /error: .*unmount and mount again/.test(mount.output));
    assert.match(mount.output, /mount\.storages/);
    await writeFile(folders.at('local', 'work', 'new.ics'), eventOf('new'));
    process.kill(mount.pid, 'SIGUSR1');
    await eventually('the new event', () => folders.place.read('local', 'work', 'new.ics'));
    assert.equal(await mount.enginePid(), engine);
  });

  it('in the background does the same, and SIGUSR1 synchronises now', async (t) => {
    const ends = endsOf(t);
    const folders = await Folders.make(ends);
    const { place } = folders;
    const { status, stderr } = await place.pimsync(['mount', '--daemon']);
    const pid = Number(/process (\d+)/.exec(stderr)?.[1]);
    ends.add(() => crash(pid));
    assert.equal(status, 0, stderr);
    await eventually('the event', () => place.read('local', 'work', 'standup.ics'));
    await writeFile(folders.at('local', 'work', 'new.ics'), eventOf('new'));
    process.kill(pid, 'SIGUSR1');
    await eventually('the new event', () => place.read('local', 'work', 'new.ics'));
    await folders.configure({ more: [BACKUP] });
    process.kill(pid, 'SIGHUP');
    await folders.arrives('copy', 'work', 'standup.ics');
    await folders.configure({ more: ['nonsense = 1'] });
    process.kill(pid, 'SIGHUP');
    await eventually('a word in the log', async () =>
      (await readFile(join(place.stateFolder, 'pimsync.log'), 'utf8')).includes('the old one stays'),
    );
    assert.equal((await place.pimsync(['unmount', place.mountpoint])).status, 0);
    await eventually('the process to end', async () => !(await isAlive(pid)));
  });

  it('from a terminal that is closed ends it', async (t) => {
    const ends = endsOf(t);
    const folders = await Folders.make(ends);
    const { place } = folders;
    // `script` gives it a terminal of its own, which goes when `script` is killed.
    const mount = await LiveMount.start(ends, place, {
      command: ['script', '-qec', `exec ${process.execPath} ${MAIN} -c ${place.config} mount`, '/dev/null'],
    });
    await eventually('the event', () => place.read('local', 'work', 'standup.ics'));
    process.kill(mount.pid, 'SIGKILL');
    await eventually('the mount to be gone', async () => !(await isMounted(place.mountpoint)));
  });
});

describe('a mount and a folder that somebody changes', { skip, timeout: 120_000 }, () => {
  it('shows the change at once, though it looks there every hour', async (t) => {
    const ends = endsOf(t);
    const folders = await Folders.make(ends);
    const { place } = folders;
    await place.configure({
      storages: [vdirTable('local', folders.at('local'), ['interval = "1h"'])],
      mounted: ['local'],
    });
    await LiveMount.start(ends, place);
    await eventually('the event', () => place.read('local', 'work', 'standup.ics'));
    await writeFile(folders.at('local', 'work', 'fresh.ics'), eventOf('fresh'));
    await eventually('the new event', () => place.read('local', 'work', 'fresh.ics'));
  });

  it('has hooks called by the engine, not by the process that serves files', async (t) => {
    const ends = endsOf(t);
    const folders = await Folders.make(ends);
    const { place } = folders;
    const hook = join(place.folder, 'hook');
    await writeFile(hook, `#!/bin/sh\necho "$PPID $1" > ${join(place.folder, 'got')}\n`);
    await chmod(hook, 0o755);
    const lines = ['interval = "1h"', `post_hook = "${hook}"`];
    await place.configure({ storages: [vdirTable('local', folders.at('local'), lines)], mounted: ['local'] });
    const mount = await LiveMount.start(ends, place);
    await eventually('the event', () => place.read('local', 'work', 'standup.ics'));
    await writeFile(place.at('local', 'work', 'new.ics'), eventOf('new'));
    const got = await eventually(
      'the hook',
      async () => (await readFile(join(place.folder, 'got'), 'utf8')) || undefined,
    );
    assert.equal(got, `${await mount.enginePid()} ${folders.at('local', 'work', 'new.ics')}\n`);
  });
});
