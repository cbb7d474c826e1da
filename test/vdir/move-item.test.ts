import assert from 'node:assert/strict';
import * as disk from 'node:fs/promises';
import { lstat, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  AlreadyExistsError,
  ForbiddenError,
  NotFoundError,
  PreconditionFailedError,
  ReadOnlyError,
  RefusedError,
} from '../../src/core/errors.ts';
import { collectionId, type CollectionInfo, etag, href, type ItemRef } from '../../src/core/storage.ts';
import type { Disk } from '../../src/vdir/disk.ts';
import { VdirCollection } from '../../src/vdir/collection.ts';
import { listing } from '../conformance/trial.ts';
import { eventText } from '../support/items.ts';
import { tempDir } from '../support/temp-dir.ts';

let root: string;
let close: () => Promise<void>;
const from = (name = ''): string => join(root, 'from', name);
const to = (name = ''): string => join(root, 'to', name);
beforeEach(async () => {
  ({ path: root, close } = await tempDir());
  await mkdir(from());
  await mkdir(to());
  await writeFile(from('1.ics'), eventText());
});
afterEach(() => close());

const infoOf = (name: string, fields: Partial<CollectionInfo> = {}): CollectionInfo => ({
  id: collectionId(name),
  href: href(name),
  kind: 'calendar',
  readOnly: false,
  properties: {},
  ...fields,
});

const open = (calls: Partial<Disk> = {}, fields: Partial<CollectionInfo> = {}): VdirCollection =>
  new VdirCollection(infoOf('from', fields), {
    path: from(),
    extension: '.ics',
    maxItemBytes: 1000,
    disk: { ...disk, ...calls },
  });

async function ref(): Promise<ItemRef> {
  const tag = (await listing(open())).get(href('1.ics'));
  assert.ok(tag);
  return { href: href('1.ics'), etag: tag };
}

const failing = (code: string) => (): Promise<never> =>
  Promise.reject(Object.assign(new Error(code), { code, syscall: 'x' }));
const folders = async (): Promise<[string[], string[]]> => [await readdir(from()), await readdir(to())];

describe('moving an item', () => {
  it('leaves it as it was, under its etag', async () => {
    const before = await ref();
    assert.deepEqual(await open().move(before, infoOf('to')), before);
    assert.deepEqual(await folders(), [[], ['1.ics']]);
    assert.equal(await readFile(to('1.ics'), 'utf8'), eventText());
  });

  for (const code of ['EPERM', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])
    it(`works where files have one name only (${code})`, async () => {
      const before = await ref();
      assert.deepEqual(await open({ link: failing(code) }).move(before, infoOf('to')), before);
      assert.deepEqual(await folders(), [[], ['1.ics']]);
      assert.equal(await readFile(to('1.ics'), 'utf8'), eventText());
    });

  for (const calls of [{}, { link: failing('EPERM') }])
    it(`never replaces what is there ${'link' in calls ? 'without second names' : ''}`, async () => {
      await writeFile(to('1.ics'), 'mine');
      await assert.rejects(open(calls).move(await ref(), infoOf('to')), AlreadyExistsError);
      assert.deepEqual(await folders(), [['1.ics'], ['1.ics']]);
      assert.equal(await readFile(to('1.ics'), 'utf8'), 'mine');
    });

  it('refuses when the item was changed or is gone', async () => {
    const stale = { ...(await ref()), etag: etag('other') };
    await assert.rejects(open().move(stale, infoOf('to')), PreconditionFailedError);
    await assert.rejects(
      open().move({ href: href('2.ics'), etag: etag('other') }, infoOf('to')),
      PreconditionFailedError,
    );
    assert.deepEqual(await folders(), [['1.ics'], []]);
  });

  it('keeps a text that was saved over the item at the last moment, where it was saved', async () => {
    const link: Disk['link'] = async (one, other) => {
      await disk.link(one, other);
      await writeFile(from('new'), 'newer');
      await rename(from('new'), from('1.ics'));
    };
    await assert.rejects(open({ link }).move(await ref(), infoOf('to')), PreconditionFailedError);
    assert.deepEqual(await folders(), [['1.ics'], []]);
    assert.equal(await readFile(from('1.ics'), 'utf8'), 'newer');
  });

  it('takes a deletion at the last moment for one', async () => {
    const link: Disk['link'] = async (one, other) => {
      await disk.link(one, other);
      await disk.unlink(one);
    };
    await assert.rejects(open({ link }).move(await ref(), infoOf('to')), PreconditionFailedError);
    assert.deepEqual(await folders(), [[], []]);
  });

  it('takes the second name back when the first cannot be given up', async () => {
    let calls = 0;
    const unlink: Disk['unlink'] = (path) => {
      calls += 1;
      return calls === 1 ? failing('EACCES')() : disk.unlink(path);
    };
    await assert.rejects(open({ unlink }).move(await ref(), infoOf('to')), ForbiddenError);
    assert.deepEqual(await folders(), [['1.ics'], []]);
  });

  it('is refused on to another disk', async () => {
    await assert.rejects(open({ link: failing('EXDEV') }).move(await ref(), infoOf('to')), RefusedError);
    assert.deepEqual(await folders(), [['1.ics'], []]);
  });

  it('goes through a link to a folder, and not to where there is none', async () => {
    await symlink('to', join(root, 'linked'));
    await open().move(await ref(), infoOf('linked'));
    assert.ok((await lstat(to('1.ics'))).isFile());
    await writeFile(from('1.ics'), eventText());
    await writeFile(join(root, 'file'), '');
    await assert.rejects(open().move(await ref(), infoOf('gone')), NotFoundError);
    await assert.rejects(open().move(await ref(), infoOf('file')), NotFoundError);
  });

  it('is refused where nothing may be written, for another kind, and out of the storage', async () => {
    const before = await ref();
    await assert.rejects(open({}, { readOnly: true }).move(before, infoOf('to')), ReadOnlyError);
    await assert.rejects(open().move(before, infoOf('to', { readOnly: true })), ReadOnlyError);
    await assert.rejects(open().move(before, infoOf('to', { kind: 'contact' })), RefusedError);
    await assert.rejects(open().move(before, infoOf('../to')), RefusedError);
    await assert.rejects(open().move({ ...before, href: href('../to/1.ics') }, infoOf('to')), RefusedError);
    assert.deepEqual(await folders(), [['1.ics'], []]);
  });
});
