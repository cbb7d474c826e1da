import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Account, eventOf } from '../support/account.ts';
import { LiveMount, type Place } from '../support/place.ts';
import { endsOf, eventually, sh } from '../support/program.ts';
import { requirement, type Requirement } from '../support/requirements.ts';
import { randomFrom, Saver, versionedEvent, versionOf } from '../support/saver.ts';
import { VdirSource } from '../support/vdir-source.ts';

interface Version {
  readonly number: number;
  readonly title: string;
  readonly why: string;
}

/** The newest first. */
async function versionsOf(place: Place, path: string): Promise<readonly Version[]> {
  const { status, stdout, stderr } = await place.pimsync(['history', path, '--json']);
  assert.equal(status, 0, stderr);
  return (JSON.parse(stdout) as { readonly versions: readonly Version[] }).versions;
}

async function restores(place: Place, words: string): Promise<string> {
  const { status, stdout, stderr } = await place.pimsync(['restore', words]);
  assert.deepEqual([status, stderr], [0, '']);
  return stdout;
}

const textOf = async (place: Place, path: string, { number }: Version): Promise<string> =>
  (await place.pimsync(['restore', `${path}@${number}`, '--to', '-'])).stdout;

/** Each changes "Room 1" of the file `$1` in the current directory to "Room 2"; `$T` is a file elsewhere. */
const EDITS: readonly [program: string, script: string, needs?: Requirement][] = [
  ['vim', `vim -Nu NONE -es +'%s/Room 1/Room 2/' +wq "$1" </dev/null`, 'vim'],
  ['vim in place', `vim -Nu NONE -es +'set bkc=yes' +'%s/Room 1/Room 2/' +wq "$1" </dev/null`, 'vim'],
  ['sed -i', `sed -i 's/Room 1/Room 2/' "$1"`],
  ['perl -i', `perl -pi -e 's/Room 1/Room 2/' "$1"`],
  ['cat >', `sed 's/Room 1/Room 2/' "$1" >"$T"; cat "$T" >"$1"`],
  ['cp --remove-destination', `sed 's/Room 1/Room 2/' "$1" >"$T"; cp --remove-destination "$T" "$1"`],
  ['slow writing', `sed 's/Room 1/Room 2/' "$1" >"$T"; (head -c 50 "$T"; sync "$1"; tail -c +51 "$T") >"$1"`],
];

describe(
  'the history of a mount of Radicale',
  { skip: requirement('fuse') ?? requirement('radicale'), timeout: 180_000 },
  () => {
    it('has one version for each edit, whole, whatever program made it', async (t) => {
      const ends = endsOf(t);
      const events = [...EDITS.keys()].map((n) => `edit${n}`);
      const account = await Account.make(ends, { events });
      const { place } = account;
      await account.mountFilled(ends);
      for (const [n, [program, script, needs]] of EDITS.entries()) {
        if (needs !== undefined && requirement(needs) !== undefined) continue;
        const path = place.at('dav', 'work', `edit${n}.ics`);
        const before = await readFile(path, 'utf8');
        const env = { T: `${place.folder}/elsewhere` };
        await sh(`set -- edit${n}.ics; ${script}`, { cwd: place.at('dav', 'work'), env });
        assert.match(await readFile(path, 'utf8'), /Room 2/, program);
        const versions = await versionsOf(place, path);
        assert.deepEqual(
          versions.map(({ why }) => why),
          ['edited-here'],
          program,
        );
        for (const version of versions) assert.equal(await textOf(place, path, version), before, program);
      }
      await account.sync();
      assert.deepEqual((await account.place.pimsync(['sync'])).status, 0);
    });

    it('brings back an overwritten version, at once for who looks, and as one PUT', async (t) => {
      const ends = endsOf(t);
      const account = await Account.make(ends, { events: ['a'] });
      const { place, proxy } = account;
      await account.mountFilled(ends);
      const path = place.at('dav', 'work', 'a.ics');
      const before = await readFile(path, 'utf8');
      await sh('sed -i "s/Room 1/Room 2/" a.ics', { cwd: place.at('dav', 'work') });
      await account.arrives('a.ics', 'Room 2');
      await account.sync();
      proxy.forget();
      const { size } = await stat(path);
      assert.match(await restores(place, path), /a\.ics is as it was in @\d+, .* sent in a moment/);
      assert.equal(await readFile(path, 'utf8'), before);
      assert.equal((await stat(path)).size, size);
      await account.arrives('a.ics', 'Room 1');
      await account.sync();
      assert.deepEqual(proxy.writes(), ['PUT a.ics']);
      assert.match(proxy.all('PUT')[0]?.ifMatch ?? '', /^"/);
      assert.equal(proxy.all('PUT')[0]?.body, before);
      // And back again.
      await restores(place, path);
      assert.match(await readFile(path, 'utf8'), /Room 2/);
      assert.deepEqual(
        (await readdir(place.at('dav', 'work'))).filter((name) => name !== 'displayname'),
        ['a.ics'],
      );
    });

    it('brings back a deleted item, also on the server', async (t) => {
      const ends = endsOf(t);
      const account = await Account.make(ends, { events: ['a', 'b'] });
      const { place, proxy } = account;
      await account.mountFilled(ends);
      const path = place.at('dav', 'work', 'a.ics');
      const before = await readFile(path, 'utf8');
      await sh('rm a.ics', { cwd: place.at('dav', 'work') });
      await eventually('the item to be gone', async () => (await account.onServer('a.ics')) === undefined);
      await account.sync();
      proxy.forget();
      const listed = await place.pimsync(['history', place.at('dav')]);
      assert.match(listed.stdout, /work\/a\.ics@\d+ +deleted .* deleted here$/m);
      await restores(place, path);
      assert.equal(await readFile(path, 'utf8'), before);
      await account.arrives('a.ics', 'Room 1');
      await account.sync();
      assert.deepEqual(proxy.writes(), ['PUT a.ics']);
      assert.equal(proxy.all('PUT')[0]?.ifNoneMatch, '*');
    });

    it('tells what came from the server apart, merges and decided conflicts too, and brings it back', async (t) => {
      const ends = endsOf(t);
      const account = await Account.make(ends, { events: ['changed', 'gone', 'merged', 'lost'] });
      const { place, dav } = account;
      await account.mountFilled(ends);
      const inWork = (script: string): Promise<string> => sh(script, { cwd: place.at('dav', 'work') });
      await account.changeOnServer('changed.ics', 'Room 1', 'Room 2');
      await dav.remove(account.url('gone.ics'));
      await account.changeOnServer('merged.ics', 'SUMMARY:merged', 'SUMMARY:merged there');
      await account.changeOnServer('lost.ics', 'Room 1', 'Room there');
      await inWork(`sed -i 's/Room 1/Room here/' merged.ics lost.ics`);
      await eventually('the conflict', async () =>
        (await place.pimsync(['conflicts'])).stdout.includes('lost'),
      );
      assert.equal((await place.pimsync(['conflicts', 'resolve', 'lost', '--keep', 'b'])).status, 0);
      await eventually('the merge', async () =>
        /merged there/.test(await place.read('dav', 'work', 'merged.ics')),
      );
      const whys = async (name: string): Promise<string[]> =>
        (await versionsOf(place, place.at('dav', 'work', name))).map(({ why }) => why);
      assert.deepEqual(await whys('changed.ics'), ['changed-there']);
      assert.deepEqual(await whys('gone.ics'), ['deleted-there']);
      assert.deepEqual(await whys('merged.ics'), ['merged', 'edited-here']);
      assert.deepEqual(await whys('lost.ics'), ['overruled', 'edited-here']);
      await restores(place, place.at('dav', 'work', 'gone.ics'));
      await restores(place, place.at('dav', 'work', 'lost.ics'));
      await account.arrives('gone.ics', 'UID:gone');
      await account.arrives('lost.ics', 'Room here');
      assert.equal((await place.pimsync(['sync'])).status, 0);
    });

    it('goes along when an item moves to another name or folder', async (t) => {
      const ends = endsOf(t);
      const account = await Account.make(ends, { events: ['a', 'b'] });
      const { place, dav } = account;
      await dav.makeCollection('calendar', 'home');
      await account.mountFilled(ends);
      await sh(`sed -i 's/Room 1/Room 2/' work/a.ics; mv work/a.ics home/z.ics`, { cwd: place.at('dav') });
      await account.sync();
      const [version] = await versionsOf(place, place.at('dav', 'home', 'z.ics'));
      assert.equal(version?.why, 'edited-here');
      const old = place.at('dav', 'work', 'a.ics');
      const refused = await place.pimsync(['restore', old]);
      assert.equal(refused.status, 1);
      assert.match(
        refused.stderr,
        /the item \(UID a\) is \S+home\/z\.ics now; "pimsync restore \S+home\/z\.ics@\d+" restores it there/,
      );
      await restores(place, place.at('dav', 'home', 'z.ics'));
      assert.match(await place.read('dav', 'home', 'z.ics'), /Room 1/);
      await assert.rejects(stat(old), { code: 'ENOENT' });
      await writeFile(old, eventOf('another'));
      const taken = await place.pimsync(['restore', `${old}@${version.number}`]);
      assert.equal(taken.status, 1);
      assert.match(
        taken.stderr,
        /a\.ics is another item now \(UID another; the version has a\); give that file another name first, or .* --to FILE/,
      );
      assert.equal(await readFile(old, 'utf8'), eventOf('another'));
    });
  },
);

describe('the history of a mount of a folder', { skip: requirement('fuse'), timeout: 180_000 }, () => {
  it('in a mount for reading only can be read, and written elsewhere', async (t) => {
    const source = await VdirSource.mounted(endsOf(t), ['e0.ics'], { args: ['--read-only'] });
    const { place, shown } = source;
    await source.put('e0.ics', 1);
    await source.sync();
    const path = `${shown}/e0.ics`;
    const { status, stderr } = await place.pimsync(['restore', path]);
    assert.equal(status, 1);
    assert.match(stderr, /e0\.ics cannot be written in the mount: .*; .*--to FILE/);
    assert.equal(await readFile(path, 'utf8'), versionedEvent('e0.ics', 1));
    const { stdout } = await place.pimsync(['restore', path, '--to', '-']);
    assert.equal(stdout, versionedEvent('e0.ics', 0));
  });

  for (const seed of [1, 2])
    it(`has all that was saved, whoever is killed meanwhile (seed ${seed})`, async (t) => {
      const ends = endsOf(t);
      const random = randomFrom(seed);
      const source = await VdirSource.mounted(ends, ['quiet.ics']);
      const { place, shown, live } = source;
      assert.ok(live);
      const saver = new Saver(ends, shown, { names: NAMES, first: 0 });
      await saver.hasSaved(40 + Math.floor(random() * 30));
      await live.crashEngine();
      await saver.hasSaved(90 + Math.floor(random() * 30));
      await pause(random() * 100);
      await live.crashFileServer();
      await saver.hasFailed();
      await LiveMount.start(ends, place);
      await assertAllThere(place, shown, saver);
    });
});

const NAMES = 5;

/** Of each file, every version that was saved is shown or in the history, once. */
async function assertAllThere(place: Place, shown: string, saver: Saver): Promise<void> {
  for (const [name, last] of saver.saved) {
    const path = `${shown}/${name}`;
    const kept = (await versionsOf(place, path)).map(({ title }) => versionOf(`SUMMARY:${title}\r`));
    const now = await readFile(path, 'utf8').then(versionOf, () => NaN);
    const wanted = Array.from({ length: last / NAMES + 1 }, (_, n) => (last % NAMES) + n * NAMES).filter(
      (version) => version <= last,
    );
    const all = [...kept, now].filter((version) => version <= last).toSorted((one, other) => one - other);
    assert.deepEqual(all, wanted, name);
  }
}
