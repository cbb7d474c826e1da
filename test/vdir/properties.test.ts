import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { CollectionProperties } from '../../src/core/storage.ts';
import { readProperties, removeProperties, writeProperties } from '../../src/vdir/properties.ts';
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
