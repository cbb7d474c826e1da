import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { NotFoundError, ReadOnlyError } from '../../src/core/errors.ts';
import {
  collectionId,
  type CollectionInfo,
  type CollectionProperties,
  href,
  type Storage,
} from '../../src/core/storage.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import {
  changeProperties,
  readProperties,
  removeProperties,
  writeProperties,
} from '../../src/vdir/properties.ts';
import { createVdirStorage } from '../../src/vdir/storage.ts';
import { tempDir } from '../support/temp-dir.ts';

let folder: string;
let close: () => Promise<void>;
beforeEach(async () => ({ path: folder, close } = await tempDir()));
afterEach(() => close());

describe('readProperties', () => {
  const cases: [rule: string, file: string, text: string | Buffer, want: CollectionProperties][] = [
    ['takes a display name as it is', 'displayname', 'Büro & mehr', { displayname: 'Büro & mehr' }],
    ['leaves out the line break that editors add', 'displayname', ' work \r\n', { displayname: 'work' }],
    ['takes an empty file for no property', 'displayname', '', {}],
    ['takes blanks for no property', 'description', ' \n\n', {}],
    ['keeps line breaks inside a description', 'description', 'one\ntwo\n', { description: 'one\ntwo' }],
    ['takes text that is not UTF-8 for no property', 'displayname', Buffer.from([0x42, 0xfc]), {}],
    ['takes a colour', 'color', '#00AA7F\n', { color: '#00AA7F' }],
    ['writes a colour in capitals', 'color', '#00aa7f', { color: '#00AA7F' }],
    ['adds the hash to a colour', 'color', '00aa7f', { color: '#00AA7F' }],
    ['completes a short colour', 'color', '#0af', { color: '#00AAFF' }],
    ['leaves out the opacity that Apple adds', 'color', '#00AA7FFF', { color: '#00AA7F' }],
    ['takes a colour that is none for no property', 'color', 'light green', {}],
    ['takes a colour of odd length for no property', 'color', '#12345', {}],
    ['takes an order', 'order', '12\n', { order: '12' }],
    ['takes a negative order with a point', 'order', '-1.5', { order: '-1.5' }],
    ['takes an order that is no number for no property', 'order', 'first', {}],
    ['takes a giant file for no property', 'description', 'x'.repeat(70_000), {}],
  ];
  for (const [rule, file, text, want] of cases) {
    it(rule, async () => {
      await writeFile(join(folder, file), text);
      assert.deepEqual(await readProperties(folder), want);
    });
  }

  it('finds none in an empty folder', async () => assert.deepEqual(await readProperties(folder), {}));

  it('does not follow a link out of the folder', async () => {
    await symlink('/etc/hostname', join(folder, 'displayname'));
    assert.deepEqual(await readProperties(folder), {});
  });

  it('takes a folder of that name for no property', async () => {
    await mkdir(join(folder, 'color'));
    assert.deepEqual(await readProperties(folder), {});
  });
});

describe('writeProperties', () => {
  it('writes what readProperties reads', async () => {
    const all = { displayname: 'Büro', color: '#00AA7F', description: 'two\nlines', order: '3' };
    await writeProperties(folder, all);
    assert.deepEqual(await readProperties(folder), all);
    assert.equal(await readFile(join(folder, 'color'), 'utf8'), '#00AA7F');
  });

  it('writes no file for what is not there or makes no sense', async () => {
    await writeProperties(folder, { displayname: '', color: 'nonsense' });
    assert.deepEqual(await readdir(folder), []);
  });
});

describe('removeProperties', () => {
  it('takes back what was written and leaves the rest', async () => {
    await writeProperties(folder, { displayname: 'Büro', color: '#00AA7F' });
    await writeFile(join(folder, '1.ics'), 'kept');
    await removeProperties(folder);
    assert.deepEqual(await readdir(folder), ['1.ics']);
  });
});

describe('changeProperties', () => {
  it('sets, changes and takes away, and leaves nothing else behind', async () => {
    await writeProperties(folder, { displayname: 'one', description: 'gone soon' });
    const refused = await changeProperties(
      folder,
      new Map([
        ['displayname', 'two'],
        ['description', undefined],
        ['color', '#00AA7F'],
      ]),
    );
    assert.deepEqual(refused, new Map());
    assert.deepEqual(await readProperties(folder), { displayname: 'two', color: '#00AA7F' });
    assert.deepEqual((await readdir(folder)).toSorted(), ['color', 'displayname']);
  });

  it('does not touch a file that says it already, in whatever spelling', async () => {
    await writeFile(join(folder, 'color'), '#0af\n');
    const before = await lstat(join(folder, 'color'), { bigint: true });
    await changeProperties(folder, new Map([['color', '#00AAFF']]));
    const now = await lstat(join(folder, 'color'), { bigint: true });
    assert.deepEqual([now.ino, now.mtimeNs], [before.ino, before.mtimeNs]);
  });

  it('leaves a file alone that is no property and is to be none', async () => {
    await writeFile(join(folder, 'color'), 'light green');
    await changeProperties(folder, new Map([['color', undefined]]));
    assert.equal(await readFile(join(folder, 'color'), 'utf8'), 'light green');
  });

  it('keeps the mode of a file that it replaces', async () => {
    await writeFile(join(folder, 'color'), '#000000', { mode: 0o600 });
    await changeProperties(folder, new Map([['color', '#00AA7F']]));
    assert.equal((await lstat(join(folder, 'color'))).mode & 0o777, 0o600);
  });

  const inTheWay: readonly (readonly [what: string, make: (path: string) => Promise<unknown>])[] = [
    ['a link', (path) => symlink('/etc/hostname', path)],
    ['a folder', (path) => mkdir(path)],
    ['a giant file', (path) => writeFile(path, 'x'.repeat(70_000))],
  ];
  for (const [what, make] of inTheWay)
    it(`says that ${what} is in the way, and sets the others`, async () => {
      await make(join(folder, 'order'));
      const before = await lstat(join(folder, 'order'), { bigint: true });
      const refused = await changeProperties(
        folder,
        new Map([
          ['order', '1'],
          ['color', '#00AA7F'],
        ]),
      );
      assert.deepEqual([...refused.keys()], ['order']);
      assert.match(refused.get('order') ?? '', /is not a plain file/);
      assert.equal((await lstat(join(folder, 'order'), { bigint: true })).ino, before.ino);
      assert.deepEqual(await readProperties(folder), { color: '#00AA7F' });
    });
});

describe('setProperties', () => {
  const open = (readOnly = false): Storage =>
    createVdirStorage({ name: 'local', kind: 'calendar', path: folder, readOnly, log: silentLogger });
  const info = (fields: Partial<CollectionInfo> = {}): CollectionInfo => ({
    id: collectionId('work'),
    href: href('work'),
    kind: 'calendar',
    readOnly: false,
    properties: {},
    ...fields,
  });

  it('refuses where nothing may be written, and makes no collection', async () => {
    const changes = new Map([['color', '#00AA7F'] as const]);
    await assert.rejects(open(true).setProperties(info(), changes), ReadOnlyError);
    await assert.rejects(open().setProperties(info({ readOnly: true }), changes), ReadOnlyError);
    await assert.rejects(open().setProperties(info(), changes), NotFoundError);
    await writeFile(join(folder, 'work'), '');
    await assert.rejects(open().setProperties(info(), changes), NotFoundError);
    assert.deepEqual(await readdir(folder), ['work']);
  });

  it('writes in the spelling in which it reads', async () => {
    await mkdir(join(folder, 'work'));
    await open().setProperties(info(), new Map([['color', ' 00aa7fFF ']]));
    assert.equal(await readFile(join(folder, 'work', 'color'), 'utf8'), '#00AA7F');
  });
});
