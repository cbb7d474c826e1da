import assert from 'node:assert/strict';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { PreconditionFailedError } from '../../src/core/errors.ts';
import type { Collection, CollectionInfo, ItemRef } from '../../src/core/storage.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { createVdirStorage } from '../../src/vdir/storage.ts';
import { eventText, itemOf } from '../support/items.ts';
import { tempDir } from '../support/temp-dir.ts';

let root: string;
let close: () => Promise<void>;
/** `written work/1.ics`, `removal work/1.ics: TEXT`, in order. */
let calls: string[];
let onRemoval: (path: string) => Promise<void>;
let collection: Collection;
let other: CollectionInfo;

beforeEach(async () => {
  ({ path: root, close } = await tempDir());
  calls = [];
  onRemoval = () => Promise.resolve();
  for (const name of ['work', 'other']) await mkdir(join(root, name));
  await writeFile(join(root, 'work', 'old.ics'), eventText({ uid: 'old', summary: 'old' }));
  const storage = createVdirStorage({
    name: 'local',
    kind: 'calendar',
    path: root,
    readOnly: false,
    log: silentLogger,
    hooks: {
      async written(path) {
        calls.push(`written ${await shown(path)}`);
      },
      async beforeRemoval(path) {
        calls.push(`removal ${await shown(path)}`);
        await onRemoval(path);
      },
    },
  });
  const infos = await storage.discover();
  const [work, target] = ['work', 'other'].map((id) => infos.find((info) => info.id === id));
  assert.ok(work && target);
  collection = storage.open(work);
  other = target;
});
afterEach(() => close());

/** The path, and what is there at the moment. */
async function shown(path: string): Promise<string> {
  const [, summary] = /SUMMARY:(.*)\r/.exec(await readFile(path, 'utf8')) ?? [];
  return `${path.slice(root.length + 1)}: ${summary}`;
}

async function oldRef(): Promise<ItemRef> {
  const [ref] = (await collection.changes(undefined)).changed;
  assert.ok(ref);
  return ref;
}

describe('the hooks of a vdir', () => {
  it('hear of a new item when it is there', async () => {
    await collection.create(itemOf('calendar', '1', 'one'), { name: '1.ics' });
    assert.deepEqual(calls, ['written work/1.ics: one']);
  });

  it('hear of each of many new items', async () => {
    const items = ['1', '2', '3'].map((uid) => ({ item: itemOf('calendar', uid, uid), name: `${uid}.ics` }));
    await collection.createMany?.(items);
    assert.deepEqual(
      calls.toSorted(),
      ['1', '2', '3'].map((uid) => `written work/${uid}.ics: ${uid}`),
    );
  });

  it('hear of an update when it is done', async () => {
    await collection.update(await oldRef(), itemOf('calendar', 'old', 'new'));
    assert.deepEqual(calls, ['written work/old.ics: new']);
  });

  it('hear of a removal before it is done', async () => {
    await collection.remove(await oldRef());
    assert.deepEqual(calls, ['removal work/old.ics: old']);
    assert.deepEqual((await collection.changes(undefined)).changed, []);
  });

  it('hear of a move as of a removal and a new item', async () => {
    await collection.move?.(await oldRef(), other);
    assert.deepEqual(calls, ['removal work/old.ics: old', 'written other/old.ics: old']);
  });

  it('hear nothing of what was not done', async () => {
    const ref = await oldRef();
    await writeFile(join(root, 'work', 'old.ics'), 'edited');
    await assert.rejects(collection.update(ref, itemOf('calendar', 'old', 'new')), PreconditionFailedError);
    await assert.rejects(collection.remove(ref), PreconditionFailedError);
    await rm(join(root, 'work', 'old.ics'));
    await collection.remove(ref);
    assert.deepEqual(calls, []);
  });

  it('may take the file away themselves', async () => {
    const ref = await oldRef();
    onRemoval = (path) => rename(path, join(root, 'trash'));
    await collection.remove(ref);
    assert.equal(await shown(join(root, 'trash')), 'trash: old');
  });

  it('that take long let no edit be deleted that is made meanwhile', async () => {
    const ref = await oldRef();
    onRemoval = (path) => writeFile(path, 'edited');
    await assert.rejects(collection.remove(ref), PreconditionFailedError);
    assert.equal(await readFile(join(root, 'work', 'old.ics'), 'utf8'), 'edited');
  });
});
