import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Account, eventOf } from '../support/account.ts';
import { Ends, eventually, sh } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const skip = requirement('fuse') ?? requirement('radicale') ?? requirement('vdirsyncer');

const config = (folder: string, mount: string): string => `[general]
status_path = "${folder}/status"

[pair both]
a = "mount"
b = "folder"
collections = ["work"]
metadata = ["displayname", "color"]

[storage mount]
type = "filesystem"
path = "${mount}"
fileext = ".ics"

[storage folder]
type = "filesystem"
path = "${folder}/vdirs"
fileext = ".ics"
`;

describe('vdirsyncer with the mount as its folder', { skip, timeout: 300_000 }, () => {
  const ends = new Ends();
  let account: Account;
  const inFolder = (name: string): string => join(account.place.folder, 'vdirs', 'work', name);
  const inMount = (name: string): string => account.place.at('dav', 'work', name);
  /** @returns what it says that it does, empty when there is nothing to do */
  const vdirsyncer = async (command: string): Promise<string> => {
    const file = join(account.place.folder, 'vdirsyncer.conf');
    const said = await sh(`vdirsyncer -c '${file}' ${command} 2>&1`, { env: { LC_ALL: 'C.UTF-8' } });
    return said.replaceAll(/^Syncing .*\n|^Metasyncing .*\n/gm, '');
  };
  const edit = (path: string, from: string, to: string): Promise<string> =>
    sh(`sed -i 's/${from}/${to}/' '${path}'`);
  /** Names in the mount, with all that vdirsyncer takes for the version. */
  const versions = async (): Promise<Record<string, string>> => {
    const names = await readdir(inMount(''));
    const entries = names.toSorted().map(async (name) => {
      const { ino, mtimeNs, size } = await stat(inMount(name), { bigint: true });
      return [name, [ino, mtimeNs, size].join(' ')] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };
  const quiet = async (): Promise<void> => {
    await account.sync();
    const before = await versions();
    account.proxy.forget();
    assert.equal(await vdirsyncer('sync'), '');
    assert.equal(await vdirsyncer('metasync'), '');
    await account.sync();
    assert.deepEqual(await versions(), before);
    assert.deepEqual(account.proxy.writes(), []);
  };

  before(async () => {
    account = await Account.make(ends, { events: ['one', 'two', 'three', 'four'] });
    await account.mountFilled(ends);
    const { folder } = account.place;
    await mkdir(inFolder(''), { recursive: true });
    await writeFile(join(folder, 'vdirsyncer.conf'), config(folder, account.place.at('dav')));
    await vdirsyncer('discover');
    await vdirsyncer('sync');
    await vdirsyncer('metasync');
  });
  after(() => ends.close());

  it('has everything on the other side after the first run, and then nothing to do', async () => {
    const names = ['displayname', 'four.ics', 'one.ics', 'three.ics', 'two.ics'];
    assert.deepEqual((await readdir(inFolder(''))).toSorted(), names);
    for (const name of names)
      assert.equal(await readFile(inFolder(name), 'utf8'), await readFile(inMount(name), 'utf8'));
    await quiet();
  });

  it('brings what is edited, made and deleted on its other side to the server, each by one request', async () => {
    account.proxy.forget();
    await edit(inFolder('one.ics'), 'Room 1', 'Room 2');
    await writeFile(inFolder('five.ics'), eventOf('five'));
    await rm(inFolder('two.ics'));
    await vdirsyncer('sync');
    await account.arrives('one.ics', 'Room 2');
    await account.arrives('five.ics', 'Room 1');
    await eventually('the deletion to arrive', async () => (await account.onServer('two.ics')) === undefined);
    await account.sync();
    assert.deepEqual(account.proxy.writes().toSorted(), ['DELETE two.ics', 'PUT five.ics', 'PUT one.ics']);
    const conditions = account.proxy.all('PUT').map(({ path, ifMatch, ifNoneMatch }) => {
      return [path.split('/').at(-1), ifMatch?.[0] ?? ifNoneMatch] as const;
    });
    assert.deepEqual(Object.fromEntries(conditions), { 'one.ics': '"', 'five.ics': '*' });
    await quiet();
  });

  it('brings what is edited, made and deleted on the server to its other side', async () => {
    await account.changeOnServer('one.ics', 'Room 2', 'Room 3');
    await account.dav.put(account.url('six.ics'), eventOf('six'));
    await account.dav.remove(account.url('three.ics'));
    await account.sync();
    account.proxy.forget();
    await vdirsyncer('sync');
    assert.match(await readFile(inFolder('one.ics'), 'utf8'), /Room 3/);
    const names = ['displayname', 'five.ics', 'four.ics', 'one.ics', 'six.ics'];
    assert.deepEqual((await readdir(inFolder(''))).toSorted(), names);
    assert.deepEqual(account.proxy.writes(), []);
    await quiet();
  });

  it('brings edits of both sides across in one run', async () => {
    account.proxy.forget();
    await edit(inMount('four.ics'), 'Room 1', 'Room 2');
    await edit(inFolder('five.ics'), 'Room 1', 'Room 4');
    await vdirsyncer('sync');
    assert.match(await readFile(inFolder('four.ics'), 'utf8'), /Room 2/);
    await account.arrives('four.ics', 'Room 2');
    await account.arrives('five.ics', 'Room 4');
    await account.sync();
    assert.deepEqual(account.proxy.writes().toSorted(), ['PUT five.ics', 'PUT four.ics']);
    await quiet();
  });

  it('carries a colour to the server', async () => {
    account.proxy.forget();
    await writeFile(inFolder('color'), '#12AB34');
    await vdirsyncer('metasync');
    await eventually('the colour to be sent', async () => account.proxy.all('PROPPATCH').length > 0);
    await account.sync();
    assert.deepEqual(account.proxy.writes(), ['PROPPATCH work']);
    assert.match(account.proxy.all('PROPPATCH')[0]?.body ?? '', /#12AB34/i);
    await quiet();
  });
});
