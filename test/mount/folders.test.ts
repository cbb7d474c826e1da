import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Account, eventOf } from '../support/account.ts';
import { Ends, eventually, sh } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const skip = requirement('fuse') ?? requirement('radicale');
const RSYNCS = ['-a', '-a --inplace', '-a --delay-updates', '-a --delete-after', '-rlt'];
const CALENDARS = [...RSYNCS.keys()].map((n) => `rsync${n}`).concat('git', 'tar');
const GIT = 'git -c user.name=somebody -c user.email=somebody@example.org';

describe('programs for whole folders, on a calendar in the mount', { skip, timeout: 300_000 }, () => {
  const ends = new Ends();
  const urls = new Map<string, URL>();
  let account: Account;
  before(async () => {
    account = await Account.make(ends);
    const texts = ['one', 'two', 'three', 'four'].map((uid) => [`${uid}.ics`, eventOf(uid)] as const);
    for (const id of CALENDARS) urls.set(id, await account.dav.makeFilled('calendar', id, new Map(texts)));
    await account.mountFilled(ends);
  });
  after(() => ends.close());
  beforeEach(() => account.proxy.forget());

  /** Runs a script in the folder of the calendar, with a folder elsewhere as `$E`. */
  const inFolder = (id: string, script: string): Promise<string> =>
    sh(script, {
      cwd: account.place.at('dav', id),
      env: { E: `${account.place.folder}/${id}`, GIT_CONFIG_GLOBAL: '/dev/null', LC_ALL: 'C.UTF-8' },
    });
  const onServer = (id: string, name: string): Promise<string | undefined> =>
    account.dav.get(new URL(name, urls.get(id)));
  const arrives = (id: string, name: string, text: string): Promise<unknown> =>
    eventually(`the server to have "${text}" in ${name}`, async () =>
      (await onServer(id, name))?.includes(text),
    );

  describe('rsync', { skip: requirement('rsync') }, () => {
    for (const [n, options] of RSYNCS.entries())
      it(`${options} --delete makes it the same as another folder: a request for each difference, then none`, async () => {
        const id = `rsync${n}`;
        const rsync = options.includes('--delete') ? `rsync ${options}` : `rsync ${options} --delete`;
        await inFolder(
          id,
          `rsync -a ./ "$E/"; cd "$E"; sed -i 's/Room 1/Room 2/' one.ics two.ics; touch -d '2020-01-02 03:04:05' one.ics two.ics
           rm three.ics; printf %s '${eventOf('five')}' >five.ics`,
        );
        const transferred = await inFolder(id, `${rsync} --out-format=%n "$E/" ./ | sort`);
        assert.match(transferred, /^(\.\/\n)?deleting three.ics\nfive.ics\none.ics\ntwo.ics\n$/);
        await arrives(id, 'one.ics', 'Room 2');
        await arrives(id, 'two.ics', 'Room 2');
        await arrives(id, 'five.ics', 'Room 1');
        await eventually('the deletion', async () => (await onServer(id, 'three.ics')) === undefined);
        await account.sync();
        const wanted = ['DELETE three.ics', 'PUT five.ics', 'PUT one.ics', 'PUT two.ics'];
        assert.deepEqual(account.proxy.writes().toSorted(), wanted);
        assert.equal(await inFolder(id, `${rsync} --out-format=%n "$E/" ./ | grep -v '^\\./$' || :`), '');
        await account.sync();
        assert.deepEqual(account.proxy.writes().toSorted(), wanted);
      });
  });

  describe('git', { skip: requirement('git') }, () => {
    it('has a history elsewhere of all calendars, and sees what changes on the server', async () => {
      const git = (args: string): Promise<string> =>
        inFolder('tar', `${GIT} --git-dir="$E.git" --work-tree=.. ${args}`);
      await git('init -q');
      await git('add -A ..');
      await git('commit -qm all');
      assert.equal(await git('status --porcelain'), '');
      const text = (await onServer('tar', 'four.ics')) ?? '';
      await account.dav.put(new URL('four.ics', urls.get('tar')), text.replace('Room 1', 'Room 9'));
      await account.sync();
      assert.equal(await git('status --porcelain'), ' M tar/four.ics\n');
      assert.deepEqual(account.proxy.writes(), []);
    });

    it('keeps its history in the folder, and sends each change that it makes once', async () => {
      const git = (args: string): Promise<string> => inFolder('git', `${GIT} ${args}`);
      await git('init -q');
      await git('add .');
      await git('commit -qm first');
      assert.equal(await git('status --porcelain'), '');
      await inFolder('git', `sed -i 's/Room 1/Room 2/' one.ics`);
      assert.equal(await git('status --porcelain'), ' M one.ics\n');
      await git('commit -qam second');
      await arrives('git', 'one.ics', 'Room 2');
      await git('checkout -q HEAD~');
      await arrives('git', 'one.ics', 'Room 1');
      await inFolder('git', `sed -i 's/Room 1/Room 3/' three.ics`);
      await arrives('git', 'three.ics', 'Room 3');
      await git('stash -q');
      await arrives('git', 'three.ics', 'Room 1');
      await git('stash pop -q');
      await arrives('git', 'three.ics', 'Room 3');
      await account.sync();
      const sent = account.proxy
        .all('PUT')
        .map(({ path, ifMatch }) => [path.split('/').at(-1), ifMatch?.[0]]);
      const wanted = ['one.ics', 'one.ics', 'three.ics', 'three.ics', 'three.ics'].map((name) => [name, '"']);
      assert.deepEqual(sent, wanted);
      assert.equal(account.proxy.writes().length, wanted.length);
      assert.equal(await git('status --porcelain'), ' M three.ics\n');
      await git('gc -q');
      assert.equal(await git('fsck --strict --no-dangling'), '');
      assert.equal(await git('log --all --format=%s'), 'second\nfirst\n');
    });
  });

  it('tar brings back a part of what was there: only what differs is sent', async () => {
    await inFolder(
      'tar',
      `tar -cf "$E.tar" .; sed -i 's/Room 1/Room 2/' one.ics; tar -xf "$E.tar" ./two.ics ./three.ics; mkdir "$E.d"
       tar -C "$E.d" -xf "$E.tar"; sed -i 's/Room 1/Room 2/' "$E.d/three.ics"; tar -C "$E.d" -c . | tar -x --exclude ./one.ics`,
    );
    await arrives('tar', 'one.ics', 'Room 2');
    await arrives('tar', 'three.ics', 'Room 2');
    await account.sync();
    assert.deepEqual(account.proxy.writes().toSorted(), ['PUT one.ics', 'PUT three.ics']);
  });
});
