import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as disk from 'node:fs/promises';
import { mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';

import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  AlreadyExistsError,
  InvalidItemError,
  NotFoundError,
  PreconditionFailedError,
  ReadOnlyError,
  RefusedError,
} from '../../src/core/errors.ts';
import { parseItem } from '../../src/core/item.ts';
import { collectionId, etag, type Fetched, href, type Collection } from '../../src/core/storage.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { VdirCollection } from '../../src/vdir/collection.ts';
import { createVdirStorage, type VdirOptions } from '../../src/vdir/storage.ts';
import { fetchAll, listing, put, read } from '../conformance/trial.ts';
import { eventText, itemOf } from '../support/items.ts';
import { tempDir } from '../support/temp-dir.ts';

let root: string;
let folder: string;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ path: root, close } = await tempDir());
  folder = join(root, 'work');
  await mkdir(folder);
});
afterEach(() => close());

function open(options: Partial<VdirOptions> = {}): Collection {
  const { kind = 'calendar', readOnly = false } = options;
  const storage = createVdirStorage({
    name: 'local',
    kind,
    path: root,
    readOnly,
    log: silentLogger,
    ...options,
  });
  return storage.open({ id: collectionId('work'), href: href('work'), kind, readOnly, properties: {} });
}

const item = (uid: string, title = 'tea'): ReturnType<typeof itemOf> => itemOf('calendar', uid, title);
const save = (name: string, text: string | Buffer): Promise<void> => writeFile(join(folder, name), text);
const makeOld = (name: string): Promise<void> => utimes(join(folder, name), new Date(0), new Date(0));
const nameTaken = (name: string): Promise<void> => save(name, eventText({ uid: `in the way as ${name}` }));

async function fetchOne(name: string, options?: Partial<VdirOptions>): Promise<Fetched | undefined> {
  const [found] = await fetchAll(open(options), [href(name)]);
  return found;
}

describe('fetch', () => {
  it('keeps every character, a BOM too', async () => {
    const text = `\uFEFF${eventText({ eol: '\n' })}\n \n`;
    await save('1.ics', text);
    const found = await fetchOne('1.ics');
    assert.equal(found?.type === 'item' && found.item.text, text);
  });

  const unreadable: [what: string, make: () => Promise<unknown>, Failure: new (message: string) => Error][] =
    [
      ['a text that is not UTF-8', () => save('1.ics', Buffer.from([0x42, 0xfc])), InvalidItemError],
      ['a file that is too large', () => save('1.ics', 'x'.repeat(2000)), InvalidItemError],
      ['a link out of the folder', () => symlink('/etc/passwd', join(folder, '1.ics')), RefusedError],
    ];
  for (const [what, make, Failure] of unreadable) {
    it(`calls ${what} unreadable by its name, and serves the others`, async () => {
      await make();
      await save('2.ics', eventText());
      const found = await fetchAll(open({ maxItemBytes: 1000 }), [href('1.ics'), href('2.ics')]);
      const [bad, good] = found;
      assert.ok(bad?.type === 'unreadable' && bad.error instanceof Failure);
      assert.match(bad.error.message, /1\.ics/);
      assert.equal(good?.type, 'item');
    });
  }

  it('carries an item of 2 MB', async () => {
    await save('1.ics', eventText({ lines: [`DESCRIPTION:${'x'.repeat(2_000_000)}`] }));
    assert.equal((await fetchOne('1.ics'))?.type, 'item');
  });

  it('carries a damaged item that has been lying there', async () => {
    await save('1.ics', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n');
    await makeOld('1.ics');
    const found = await fetchOne('1.ics');
    assert.equal(found?.type === 'item' && found.item.whole, false);
  });

  it('waits for an editor that is half way through a file', async () => {
    await save('1.ics', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n');
    const fetching = fetchOne('1.ics');
    await save('1.ics', eventText());
    const found = await fetching;
    assert.equal(found?.type === 'item' && found.item.whole, true);
  });

  it('stops waiting when it is told to', async () => {
    await save('1.ics', 'BEGIN:VCALENDAR\n');
    const controller = new AbortController();
    const fetching = (async () => {
      for await (const _ of open().fetch([href('1.ics')], controller.signal)) assert.fail('not to be served');
    })();
    controller.abort();
    await assert.rejects(fetching, { name: 'AbortError' });
  });

  it('serves an etag that the next edit in place changes, however soon', async () => {
    const collection = open();
    // Time stamps stand still for up to 10 ms, so several rounds fall into one step for certain.
    for (let round = 1; round <= 20; round += 1) {
      await save('1.ics', eventText({ summary: 'tea' }));
      const served = await read(collection, href('1.ics'));
      await save('1.ics', eventText({ summary: 'eat' }));
      assert.notEqual((await listing(collection)).get(href('1.ics')), served.etag);
    }
  });

  it('leaves out what is no file, and does not hang on a pipe', { timeout: 20_000 }, async () => {
    await mkdir(join(folder, '1.ics'));
    execFileSync('mkfifo', [join(folder, '2.ics')]);
    assert.equal(await fetchOne('1.ics'), undefined);
    assert.equal(await fetchOne('2.ics'), undefined);
  });

  it('serves no file of another kind', async () => {
    await save('displayname', 'work');
    assert.equal((await fetchOne('displayname'))?.type, 'unreadable');
  });
});

describe('create', () => {
  it('calls the file what the other side calls it', async () => {
    assert.equal((await put(open(), item('1'), 'lunch.ics')).href, 'lunch.ics');
    assert.equal(await readFile(join(folder, 'lunch.ics'), 'utf8'), item('1').text);
  });

  it('calls the file by its UID when it may choose', async () => {
    assert.equal((await put(open(), item('1'))).href, '1.ics');
  });

  it('calls the file by its hash when it has no UID', async () => {
    const anonymous = parseItem('calendar', eventText({ uid: undefined }));
    assert.equal((await put(open(), anonymous)).href, `${anonymous.hash}.ics`);
    await assert.rejects(open().create(anonymous), AlreadyExistsError);
  });

  it('takes another name when another item has the wished one', async () => {
    await nameTaken('lunch.ics');
    assert.equal((await put(open(), item('1'), 'lunch.ics')).href, 'lunch-2.ics');
  });

  it('takes another name when something unreadable has the wished one', async () => {
    await symlink('/etc/passwd', join(folder, 'lunch.ics'));
    await mkdir(join(folder, 'lunch-2.ics'));
    assert.equal((await put(open(), item('1'), 'lunch.ics')).href, 'lunch-3.ics');
  });

  it('finds the item again that had to take another name', async () => {
    await nameTaken('lunch.ics');
    await put(open(), item('1'), 'lunch.ics');
    await assert.rejects(open().create(item('1'), { name: 'lunch.ics' }), AlreadyExistsError);
  });

  it('falls back on the hash when all the wished names are taken', async () => {
    await nameTaken('lunch.ics');
    for (let number = 2; number <= 9; number += 1) await nameTaken(`lunch-${number}.ics`);
    assert.equal((await put(open(), item('1'), 'lunch')).href, `${item('1').hash}.ics`);
    await assert.rejects(open().create(item('1'), { name: 'lunch' }), AlreadyExistsError);
  });

  it('writes and reads files with the configured extension only', async () => {
    await save('other.ics', eventText());
    const collection = open({ fileext: 'ical' });
    assert.equal((await put(collection, item('1'), 'lunch.ics')).href, 'lunch.ical');
    assert.deepEqual([...(await listing(collection)).keys()], ['lunch.ical']);
  });
});

describe('a collection that must not be written', () => {
  it('refuses every write', async () => {
    const ref = await put(open(), item('1'));
    const collection = open({ readOnly: true });
    await assert.rejects(collection.create(item('2')), ReadOnlyError);
    await assert.rejects(async () => collection.createMany?.([{ item: item('2') }]), ReadOnlyError);
    await assert.rejects(collection.update(ref, item('1', 'changed')), ReadOnlyError);
    await assert.rejects(collection.remove(ref), ReadOnlyError);
    assert.deepEqual(await readdir(folder), ['1.ics']);
  });
});

describe('a collection whose folder is missing', () => {
  it('refuses everything, so that nothing is taken for a deletion', async () => {
    const collection = open();
    const ref = await put(collection, item('1'));
    await rm(folder, { recursive: true });
    await assert.rejects(collection.changes(undefined), NotFoundError);
    await assert.rejects(fetchAll(collection, [ref.href]), NotFoundError);
    await assert.rejects(collection.create(item('2')), NotFoundError);
    await assert.rejects(collection.update(ref, item('1', 'changed')), NotFoundError);
    await assert.rejects(collection.remove(ref), NotFoundError);
  });
});

describe('update and remove', () => {
  it('refuse when another program edited the file in place', async () => {
    const collection = open();
    const ref = await put(collection, item('1', 'tea'));
    await save('1.ics', item('1', 'theirs').text);
    await assert.rejects(collection.update(ref, item('1', 'ours')), PreconditionFailedError);
    await assert.rejects(collection.remove(ref), PreconditionFailedError);
    assert.equal(await readFile(join(folder, '1.ics'), 'utf8'), item('1', 'theirs').text);
  });

  it('refuse when another program edited the file while ours was being written', async () => {
    const ref = await put(open(), item('1', 'tea'));
    const openFile: typeof disk.open = async (...args) => {
      await save('1.ics', item('1', 'theirs').text);
      return disk.open(...args);
    };
    const collection = new VdirCollection(open().info, {
      path: folder,
      extension: '.ics',
      maxItemBytes: 1000,
      disk: { ...disk, open: openFile },
    });
    await assert.rejects(collection.update(ref, item('1', 'ours')), PreconditionFailedError);
    assert.equal(await readFile(join(folder, '1.ics'), 'utf8'), item('1', 'theirs').text);
    assert.deepEqual(await readdir(folder), ['1.ics']);
  });

  it('refuse when another program put a link in its place', async () => {
    const collection = open();
    const ref = await put(collection, item('1'));
    await rename(join(folder, '1.ics'), join(folder, 'kept'));
    await symlink('kept', join(folder, '1.ics'));
    await assert.rejects(collection.update(ref, item('1', 'ours')), PreconditionFailedError);
    await assert.rejects(collection.remove(ref), PreconditionFailedError);
  });

  for (const hostile of ['../outside.ics', '/tmp/outside.ics', 'displayname', 'sub/1.ics']) {
    it(`refuse the href ${hostile}`, async () => {
      await writeFile(join(root, 'outside.ics'), 'kept');
      const ref = { href: href(hostile), etag: etag('x') };
      await assert.rejects(open().update(ref, item('1')), RefusedError);
      await assert.rejects(open().remove(ref), RefusedError);
      assert.equal(await readFile(join(root, 'outside.ics'), 'utf8'), 'kept');
    });
  }

  it('keep the name of the file, whatever the item is called by now', async () => {
    const collection = open();
    const ref = await put(collection, item('1'), 'lunch');
    const { href: after } = await collection.update(ref, item('another uid'));
    assert.equal(after, 'lunch.ics');
    assert.deepEqual(await readdir(folder), ['lunch.ics']);
  });
});
