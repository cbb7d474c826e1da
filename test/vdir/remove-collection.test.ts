import assert from 'node:assert/strict';
import * as disk from 'node:fs/promises';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  ForbiddenError,
  NotFoundError,
  PimsyncError,
  ReadOnlyError,
  RefusedError,
} from '../../src/core/errors.ts';
import { collectionId, type CollectionInfo, href, type Storage } from '../../src/core/storage.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { OwnHand } from '../../src/vdir/own-hand.ts';
import { type RemovalDisk, removeCollectionFolder } from '../../src/vdir/remove-collection.ts';
import { createVdirStorage } from '../../src/vdir/storage.ts';
import { eventText } from '../support/items.ts';
import { tempDir } from '../support/temp-dir.ts';

let root: string;
let close: () => Promise<void>;
const at = (...names: readonly string[]): string => join(root, 'work', ...names);
beforeEach(async () => {
  ({ path: root, close } = await tempDir());
  await mkdir(at());
});
afterEach(() => close());

const LEFTOVER = '.pimsync-0123456789abcdef.tmp';
const remove = (): Promise<void> => removeCollectionFolder(at());
const names = (): Promise<string[]> => readdir(at()).then((found) => found.toSorted());

const open = (readOnly = false): Storage =>
  createVdirStorage({ name: 'local', kind: 'calendar', path: root, readOnly, log: silentLogger });
const info = (fields: Partial<CollectionInfo> = {}): CollectionInfo => ({
  id: collectionId('work'),
  href: href('work'),
  kind: 'calendar',
  readOnly: false,
  properties: {},
  ...fields,
});

describe('removing the folder of a collection', () => {
  it('takes metadata files and what killed writes left over along', async () => {
    for (const name of ['displayname', 'color', 'description', 'order', LEFTOVER])
      await writeFile(at(name), 'x');
    await remove();
    assert.deepEqual(await readdir(root), []);
  });

  const strangers: readonly (readonly [what: string, make: () => Promise<unknown>])[] = [
    ['an item', () => writeFile(at('1.ics'), eventText())],
    ['a file of somebody', () => writeFile(at('notes.txt'), '')],
    ['a hidden file', () => writeFile(at('.directory'), '')],
    ['a folder', () => mkdir(at('deeper'))],
    ['a folder with the name of a metadata file', () => mkdir(at('order'))],
    ['a link with the name of a metadata file', () => symlink('/etc/hostname', at('order'))],
    ['a giant file with the name of a metadata file', () => writeFile(at('order'), 'x'.repeat(70_000))],
    ['a folder with the name of a leftover', () => mkdir(at(LEFTOVER))],
    ['what another program may be writing', () => writeFile(at('.pimsync-1.tmp'), '')],
    [
      'a name that is not UTF-8',
      () => writeFile(Buffer.concat([Buffer.from(at('x')), Buffer.from([0xfc])]), ''),
    ],
  ];
  for (const [what, make] of strangers)
    it(`refuses over ${what}, and leaves everything`, async () => {
      await writeFile(at('displayname'), 'Work');
      await make();
      const before = await names();
      await assert.rejects(remove(), RefusedError);
      assert.deepEqual(await names(), before);
      assert.equal(await readFile(at('displayname'), 'utf8'), 'Work');
    });

  it('names a few of those inside', async () => {
    for (let number = 1; number <= 7; number += 1) await writeFile(at(`${number}.ics`), '');
    await assert.rejects(remove(), /1\.ics, 2\.ics, 3\.ics, 4\.ics, 5\.ics and 2 more/);
  });

  it('gives properties back when something comes in at the last moment', async () => {
    await writeFile(at('displayname'), 'Work');
    await writeFile(at('color'), '#00AA7F');
    const rmdir: RemovalDisk['rmdir'] = async (path) => {
      await writeFile(at('1.ics'), eventText());
      await disk.rmdir(path);
    };
    await assert.rejects(removeCollectionFolder(at(), new OwnHand(), { rmdir }), /still holds .*1\.ics/);
    assert.deepEqual(await names(), ['1.ics', 'color', 'displayname']);
    assert.equal(await readFile(at('displayname'), 'utf8'), 'Work');
  });

  it('takes a folder that somebody else removes at the last moment for removed', async () => {
    const rmdir: RemovalDisk['rmdir'] = async (path) => {
      await disk.rmdir(path);
      await disk.rmdir(path);
    };
    await removeCollectionFolder(at(), new OwnHand(), { rmdir });
    assert.deepEqual(await readdir(root), []);
  });

  it('tells what the disk says', async () => {
    const rmdir = (): Promise<never> =>
      Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES', syscall: 'rmdir' }));
    await assert.rejects(removeCollectionFolder(at(), new OwnHand(), { rmdir }), ForbiddenError);
  });

  it('has nothing to do where there is no folder', async () => {
    await removeCollectionFolder(join(root, 'gone'));
    await writeFile(join(root, 'file'), '');
    await removeCollectionFolder(join(root, 'file'));
    assert.deepEqual((await readdir(root)).toSorted(), ['file', 'work']);
  });

  it('takes of a link to an empty folder the link alone', async () => {
    await mkdir(join(root, '.elsewhere'));
    await writeFile(join(root, '.elsewhere', 'displayname'), 'Work');
    await symlink('.elsewhere', join(root, 'linked'));
    await removeCollectionFolder(join(root, 'linked'));
    assert.deepEqual((await readdir(root)).toSorted(), ['.elsewhere', 'work']);
    assert.deepEqual(await readdir(join(root, '.elsewhere')), ['displayname']);
  });

  it('keeps a link to a folder with something in it, and one to nothing, which may be a disk that is not mounted', async () => {
    await symlink('work', join(root, 'full'));
    await symlink('nowhere', join(root, 'broken'));
    await writeFile(at('1.ics'), '');
    await assert.rejects(removeCollectionFolder(join(root, 'full')), RefusedError);
    await assert.rejects(removeCollectionFolder(join(root, 'broken')), NotFoundError);
    assert.deepEqual((await readdir(root)).toSorted(), ['broken', 'full', 'work']);
  });
});

describe('deleteCollection', () => {
  it('refuses where nothing may be written', async () => {
    await assert.rejects(open(true).deleteCollection(info()), ReadOnlyError);
    await assert.rejects(open().deleteCollection(info({ readOnly: true })), ReadOnlyError);
    assert.deepEqual(await readdir(root), ['work']);
  });

  for (const hostile of ['..', '.', '', '../work', 'work/deeper', '.hidden'])
    it(`refuses the href ${JSON.stringify(hostile)}`, async () => {
      await mkdir(join(root, '.hidden'));
      await assert.rejects(open().deleteCollection(info({ href: href(hostile) })), PimsyncError);
      assert.deepEqual((await readdir(root)).toSorted(), ['.hidden', 'work']);
    });

  it('takes nothing for deleted when the whole storage is not there', async () => {
    const storage = createVdirStorage({
      name: 'local',
      kind: 'calendar',
      path: join(root, 'unmounted'),
      readOnly: false,
      log: silentLogger,
    });
    await assert.rejects(storage.deleteCollection(info()), NotFoundError);
  });
});
