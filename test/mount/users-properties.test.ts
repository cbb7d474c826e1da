import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Account, eventOf, SERVERS } from '../support/account.ts';
import { PimTools } from '../support/pim-tools.ts';
import { LiveMount, Place } from '../support/place.ts';
import { Ends, endsOf, eventually, sh } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';
import { VdirSource } from '../support/vdir-source.ts';

/** Everything on its way is on the other side, or refused there. */
async function settle(place: Place): Promise<void> {
  await eventually('all to be sent', async () => {
    const { stdout } = await place.pimsync(['status', '--json']);
    const { collections } = JSON.parse(stdout) as {
      collections: { unsent: number; waiting: number; properties: { type: string }[] }[];
    };
    return collections.every(
      ({ unsent, waiting, properties }) =>
        unsent + waiting === 0 || properties.some(({ type }) => type !== 'pending'),
    );
  });
}

for (const server of Object.keys(SERVERS) as (keyof typeof SERVERS)[]) {
  const skip = requirement('fuse') ?? requirement(server);
  describe(`properties that users set, on ${server}`, { skip, timeout: 240_000 }, () => {
    const ends = new Ends();
    let account: Account;
    const at = (name: string): string => account.place.at('dav', 'work', name);
    const onServer = (name: 'displayname' | 'calendar-color'): Promise<string | undefined> =>
      account.dav.property(account.calendar, name);
    before(async () => {
      account = await Account.make(ends, { server, events: ['standup'] });
      await account.mountFilled(ends);
    });
    after(() => ends.close());
    beforeEach(() => account.proxy.forget());

    it('with echo arrive as one request, stay as written, and are quiet then', async () => {
      await sh("echo '#12ab34' > color", { cwd: account.place.at('dav', 'work') });
      await settle(account.place);
      assert.deepEqual(account.proxy.writes(), ['PROPPATCH work']);
      assert.match((await onServer('calendar-color')) ?? '', /^#12AB34/i);
      const was = await stat(at('color'));
      await account.sync();
      const is = await stat(at('color'));
      assert.deepEqual([is.mtimeMs, is.ino, is.size], [was.mtimeMs, was.ino, was.size]);
      assert.equal(await account.place.read('dav', 'work', 'color'), '#12ab34\n');
      assert.equal(account.proxy.writes().length, 1);
    });

    it('with vim arrive as one request', { skip: requirement('vim') }, async () => {
      await sh(`vim -Nu NONE -es +'%s/.*/Büro/' +wq displayname </dev/null`, {
        cwd: account.place.at('dav', 'work'),
        env: { LC_ALL: 'C.UTF-8' },
      });
      await settle(account.place);
      assert.deepEqual(account.proxy.writes(), ['PROPPATCH work']);
      assert.equal(await onServer('displayname'), 'Büro');
    });

    it('on the server show in the file', async () => {
      const was = await stat(at('displayname'));
      await account.dav.setProperty(account.calendar, 'displayname', 'Office');
      await account.sync();
      assert.equal(await account.place.read('dav', 'work', 'displayname'), 'Office');
      const is = await stat(at('displayname'));
      assert.ok(is.mtimeMs > was.mtimeMs);
      assert.deepEqual([is.ino, account.proxy.writes()], [was.ino, []]);
    });

    it('that make no sense stay here, are told of, and never sent', async () => {
      await sh('printf red! > color', { cwd: account.place.at('dav', 'work') });
      await eventually('the refusal', async () =>
        (await account.place.pimsync(['status'])).stdout.includes(
          'dav/work/color: refused: a colour is written',
        ),
      );
      const { stdout } = await account.place.pimsync(['status', at('color')]);
      assert.match(stdout, /^state: +refused$/m);
      await account.sync();
      assert.equal(await account.place.read('dav', 'work', 'color'), 'red!');
      assert.deepEqual(account.proxy.writes(), []);
      await writeFile(at('color'), '#0000ff');
      await settle(account.place);
      assert.deepEqual(account.proxy.writes(), ['PROPPATCH work']);
      assert.doesNotMatch((await account.place.pimsync(['status'])).stdout, /refused/);
    });

    it('that are taken away are taken away on the server', async () => {
      await unlink(at('color'));
      await eventually('the colour to go', async () => !(await onServer('calendar-color')));
      await account.sync();
      assert.equal((await readdir(account.place.at('dav', 'work'))).includes('color'), false);
    });
  });
}

const skip = requirement('fuse') ?? requirement('radicale');

describe('a property that the server refuses', { skip, timeout: 120_000 }, () => {
  it('stays here whatever happens there, and waits for a word when both have a new one', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['standup'], interval: '1s' });
    const { place, proxy } = account;
    await account.mountFilled(ends);
    proxy.refuse('PROPPATCH', 'work', { status: 403 });
    await writeFile(place.at('dav', 'work', 'displayname'), 'mine');
    await eventually('the refusal', async () =>
      /^dav\/work\/displayname: refused: .*403/m.test((await place.pimsync(['status'])).stdout),
    );
    const [tries, looks] = [proxy.all('PROPPATCH').length, proxy.all('PROPFIND').length];
    await eventually('three more looks', async () => proxy.all('PROPFIND').length >= looks + 3);
    assert.equal(proxy.all('PROPPATCH').length, tries);
    proxy.allowAll();
    await account.dav.setProperty(account.calendar, 'displayname', 'theirs');
    await eventually('the conflict', async () =>
      /^dav\/work\/displayname: conflict: /m.test((await place.pimsync(['status'])).stdout),
    );
    assert.equal(await place.read('dav', 'work', 'displayname'), 'mine');
    assert.equal(await account.dav.property(account.calendar, 'displayname'), 'theirs');
  });

  it('is sent when somebody asks and the server takes it now', async (t) => {
    const ends = endsOf(t);
    const account = await Account.make(ends, { events: ['standup'] });
    const { place, proxy } = account;
    await account.mountFilled(ends);
    proxy.refuse('PROPPATCH', 'work', { status: 403 });
    await writeFile(place.at('dav', 'work', 'displayname'), 'mine');
    await eventually('the refusal', async () =>
      (await place.pimsync(['status'])).stdout.includes('dav/work/displayname: refused'),
    );
    proxy.allowAll();
    assert.equal((await place.pimsync(['sync'])).status, 0);
    assert.equal(await account.dav.property(account.calendar, 'displayname'), 'mine');
  });
});

describe('khal and todoman', { skip: skip ?? requirement('khal') ?? requirement('todoman') }, () => {
  it(
    'take up collections as they are made and named, also under one name',
    { timeout: 120_000 },
    async (t) => {
      const ends = endsOf(t);
      const account = await Account.make(ends, { events: ['standup'] });
      const { place } = account;
      const tools = await PimTools.setUp(place);
      await account.mountFilled(ends);
      const other = await account.dav.makeCollection('calendar', 'other');
      await mkdir(place.at('dav', 'trips'));
      await writeFile(place.at('dav', 'trips', 'displayname'), 'Reisen');
      await settle(place);
      assert.match(await tools.sh('khal printcalendars'), /^Reisen$/m);
      await tools.sh("todoman new -l Reisen 'pack'");
      await settle(place);
      assert.equal((await account.dav.list(new URL('../trips/', account.calendar))).length, 1);
      // Somebody else gives another calendar the same name.
      await account.dav.setProperty(other, 'displayname', 'Reisen');
      await account.sync();
      assert.match(await tools.sh('todoman list'), /pack/);
      assert.equal(await place.read('dav', 'other', 'displayname'), 'Reisen (other)');
      await sh('touch -c other/displayname && cp other/displayname /dev/null', { cwd: place.at('dav') });
      account.proxy.forget();
      await account.sync();
      assert.deepEqual(account.proxy.writes(), []);
    },
  );
});

describe('a mounted folder of vdirs', { skip: requirement('fuse'), timeout: 120_000 }, () => {
  it('gets collections and properties, and loses them', async (t) => {
    const source = await VdirSource.mounted(endsOf(t), ['a.ics']);
    const { place } = source;
    const vdir = (...names: readonly string[]): string => join(place.folder, 'vdirs', ...names);
    await mkdir(place.at('local', 'trips'));
    await writeFile(place.at('local', 'trips', 'rome.ics'), eventOf('rome'));
    await writeFile(place.at('local', 'trips', 'color'), '#123456\n');
    await settle(place);
    assert.match(await readFile(vdir('trips', 'rome.ics'), 'utf8'), /UID:rome/);
    assert.equal(await readFile(vdir('trips', 'color'), 'utf8'), '#123456');
    assert.equal(await place.read('local', 'trips', 'color'), '#123456\n');
    await rm(place.at('local', 'trips'), { recursive: true });
    await settle(place);
    assert.deepEqual(await readdir(vdir()), ['work']);
  });
});

describe('the mount without any configuration', { skip: requirement('fuse'), timeout: 120_000 }, () => {
  it('takes new calendars and their names', async (t) => {
    const ends = endsOf(t);
    const place = await Place.make(ends, { storages: [], mounted: [] });
    const env = {
      XDG_CONFIG_HOME: join(place.folder, 'config'),
      XDG_STATE_HOME: join(place.folder, 'state'),
      XDG_DATA_HOME: join(place.folder, 'data'),
      PIMSYNC_CONFIG: undefined,
    };
    const main = new URL('../../dist/main.js', import.meta.url).pathname;
    const mount = await LiveMount.start(ends, place, {
      env,
      command: [process.execPath, main, 'mount', place.mountpoint],
    });
    await eventually('the first calendar', async () => (await readdir(place.at('calendars'))).length === 1);
    await mkdir(place.at('calendars', 'trips'));
    await writeFile(place.at('calendars', 'personal', 'displayname'), 'Mine');
    await writeFile(place.at('contacts', 'people', 'color'), '#123456');
    const data = (...names: readonly string[]): Promise<string> =>
      readFile(join(place.folder, 'data', 'pimsync', ...names), 'utf8');
    await eventually(
      'both to arrive',
      async () => (await data('calendars', 'trips', 'displayname')) === 'trips',
    );
    await eventually(
      'the name to arrive',
      async () => (await data('calendars', 'personal', 'displayname')) === 'Mine',
    );
    await eventually(
      'the colour to arrive',
      async () => (await data('contacts', 'people', 'color')) === '#123456',
    );
    assert.equal(await mount.stop(), 0);
  });
});
