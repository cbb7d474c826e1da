import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { NotFoundError, PimsyncError, ReadOnlyError, RefusedError } from '../../src/core/errors.ts';
import { collectionId, href, type NewCollection, type Storage } from '../../src/core/storage.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { createVdirStorage, type VdirOptions } from '../../src/vdir/storage.ts';
import { tempDir } from '../support/temp-dir.ts';

let root: string;
let close: () => Promise<void>;
beforeEach(async () => ({ path: root, close } = await tempDir()));
afterEach(() => close());

const open = (options: Partial<VdirOptions> = {}): Storage =>
  createVdirStorage({
    name: 'local',
    kind: 'calendar',
    path: root,
    readOnly: false,
    log: silentLogger,
    ...options,
  });

const idsOf = async (storage: Storage): Promise<string[]> =>
  (await storage.discover()).map(({ id }) => id).toSorted();

const wanted: NewCollection = { id: collectionId('work'), kind: 'calendar', properties: {} };

describe('discover', () => {
  it('takes folders for collections and nothing else', async () => {
    await mkdir(join(root, 'work'));
    await mkdir(join(root, 'work', 'deeper'));
    await mkdir(join(root, '.git'));
    await writeFile(join(root, '1.ics'), '');
    assert.deepEqual(await idsOf(open()), ['work']);
  });

  it('takes a link to a folder for a collection, a link to a file for none', async () => {
    const elsewhere = await tempDir();
    await symlink(elsewhere.path, join(root, 'linked'));
    await writeFile(join(root, 'file'), '');
    await symlink('file', join(root, 'to-file'));
    assert.deepEqual(await idsOf(open()), ['linked']);
    await elsewhere.close();
  });

  it('refuses to leave out a link to nothing, which may be a disk that is not mounted', async () => {
    await symlink('nowhere', join(root, 'work'));
    await assert.rejects(
      open().discover(),
      (error) => error instanceof NotFoundError && /work/.test(error.message),
    );
  });

  it('refuses a folder name that is not UTF-8', async () => {
    await mkdir(Buffer.concat([Buffer.from(`${root}/M`), Buffer.from([0xfc])]));
    await assert.rejects(open().discover(), RefusedError);
  });

  it('refuses to take a missing root for an empty one', async () => {
    await rm(root, { recursive: true });
    await assert.rejects(open().discover(), /mkdir -p/);
    await assert.rejects(open().createCollection(wanted), NotFoundError);
  });

  it('refuses a root that is a file', async () => {
    await writeFile(join(root, 'file'), '');
    await assert.rejects(open({ path: join(root, 'file') }).discover(), NotFoundError);
    await assert.rejects(open({ path: join(root, 'file', 'deeper') }).discover(), NotFoundError);
  });

  it('tells the properties of a collection', async () => {
    await mkdir(join(root, 'work'));
    await writeFile(join(root, 'work', 'displayname'), 'Büro\n');
    await writeFile(join(root, 'work', 'color'), '#0af\n');
    const [info] = await open().discover();
    assert.deepEqual(info?.properties, { displayname: 'Büro', color: '#00AAFF' });
  });

  it('looks anew when a folder is deleted while it looks', async () => {
    for (const id of ['gone', 'work']) await mkdir(join(root, id));
    const infos = await open().discover(
      atEachLook((look) => {
        if (look === 2) rmSync(join(root, 'gone'), { recursive: true });
      }),
    );
    assert.deepEqual(
      infos.map(({ id }) => id),
      ['work'],
    );
  });

  it('refuses to answer while folders keep vanishing', async () => {
    await mkdir(join(root, 'work'));
    const signal = atEachLook((look) => {
      if (look % 2 === 0) rmSync(join(root, 'work'), { recursive: true });
      else mkdirSync(join(root, 'work'), { recursive: true });
    });
    await assert.rejects(
      open().discover(signal),
      (error) => error instanceof NotFoundError && /work: is not there/.test(error.message),
    );
  });

  it('takes every collection of a read-only storage for read-only', async () => {
    await mkdir(join(root, 'work'));
    const [info] = await open({ readOnly: true }).discover();
    assert.equal(info?.readOnly, true);
  });

  it('takes a folder without write permission for read-only', async () => {
    await mkdir(join(root, 'work'));
    await chmod(join(root, 'work'), 0o555);
    assert.deepEqual(await discoverAsUser(root), [{ id: 'work', readOnly: true }]);
  });
});

/** A signal that acts whenever it is asked whether to stop: before each listing, and before each folder of it. */
function atEachLook(act: (look: number) => void): AbortSignal {
  const { signal } = new AbortController();
  let look = 0;
  signal.throwIfAborted = () => act((look += 1));
  return signal;
}

/** Root may write anywhere, so it looks with the eyes of nobody. */
async function discoverAsUser(path: string): Promise<unknown> {
  const nobody = 65_534;
  const asRoot = process.getuid?.() === 0;
  if (asRoot) await chown(path, nobody, nobody);
  const program = fileURLToPath(new URL('programs/discover.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program, path], {
    ...(asRoot && { uid: nobody, gid: nobody }),
    timeout: 30_000,
  });
  return JSON.parse(stdout);
}

describe('createCollection', () => {
  it('makes a folder with its metadata files', async () => {
    await open().createCollection({ ...wanted, properties: { displayname: 'Büro', color: '#00aa7f' } });
    assert.equal(await readFile(join(root, 'work', 'displayname'), 'utf8'), 'Büro');
    assert.equal(await readFile(join(root, 'work', 'color'), 'utf8'), '#00AA7F');
  });

  it('refuses in a read-only storage', async () => {
    await assert.rejects(open({ readOnly: true }).createCollection(wanted), ReadOnlyError);
    assert.deepEqual(await readdir(root), []);
  });

  it('refuses the other kind', async () => {
    await assert.rejects(open().createCollection({ ...wanted, kind: 'contact' }), RefusedError);
  });

  it('refuses a folder that would be hidden from itself', async () => {
    await assert.rejects(open().createCollection({ ...wanted, id: collectionId('.hidden') }), RefusedError);
  });
});

describe('open', () => {
  for (const hostile of ['..', '../other', '/etc', '', 'a/b']) {
    it(`refuses the href ${JSON.stringify(hostile)}`, async () => {
      const info = await open().createCollection(wanted);
      assert.throws(() => open().open({ ...info, href: href(hostile) }), PimsyncError);
    });
  }
});
