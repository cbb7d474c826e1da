import assert from 'node:assert/strict';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type CollectionInfo, collectionId } from '../../src/core/storage.ts';
import { itemOf } from '../support/items.ts';
import { WatchedVdir } from '../support/watched-vdir.ts';

let vdir: WatchedVdir;
beforeEach(async () => {
  vdir = await WatchedVdir.make();
});
afterEach(() => vdir.close());

const createItem = async (): Promise<string> =>
  (await (await vdir.collection('work')).create(itemOf('calendar', '1', 'one'))).href;

const createCollection = (id: string): Promise<CollectionInfo> =>
  vdir.storage.createCollection({
    id: collectionId(id),
    kind: 'calendar',
    properties: { displayname: 'Home', color: '#FF0000' },
  });

describe('what the storage itself does', () => {
  const cases: [what: string, write: () => Promise<unknown>][] = [
    ['a new item', createItem],
    [
      'many new items',
      async () => {
        const items = Array.from({ length: 30 }, (_, n) => ({ item: itemOf('calendar', `${n}`, 'one') }));
        await (await vdir.collection('work')).createMany?.(items);
      },
    ],
    [
      'an update',
      async () =>
        (await vdir.collection('work')).update(await vdir.ref('work'), itemOf('calendar', 'old', 'new')),
    ],
    ['a removal', async () => (await vdir.collection('work')).remove(await vdir.ref('work'))],
    [
      'a move',
      async () => {
        const to = (await vdir.collection('other')).info;
        await (await vdir.collection('work')).move?.(await vdir.ref('work'), to);
      },
    ],
    [
      'a new collection with an item in it',
      async () => vdir.storage.open(await createCollection('home')).create(itemOf('calendar', '1', 'one')),
    ],
    [
      'a collection that it deletes',
      async () => vdir.storage.deleteCollection((await vdir.collection('other')).info),
    ],
    [
      'properties',
      async () => {
        const changes = new Map([
          ['displayname', 'Other'],
          ['color', undefined],
        ] as const);
        await vdir.storage.setProperties((await vdir.collection('other')).info, changes);
      },
    ],
  ];
  for (const [what, write] of cases) {
    it(`is not noticed: ${what}`, async () => {
      await mkdir(vdir.at('other'));
      await writeFile(vdir.at('other', 'color'), '#ff0000');
      await vdir.start();
      await write();
      await vdir.onlySentinelIsNoticed();
    });
  }

  it('hides no edit that comes right after it', async () => {
    await vdir.start();
    await writeFile(vdir.at('work', await createItem()), 'edited');
    await vdir.isNoticed();
  });

  it('hides no deletion that comes right after it', async () => {
    await vdir.start();
    await rm(vdir.at('work', await createItem()));
    await vdir.isNoticed();
  });

  it('hides no other file that changes at the same time', async () => {
    await vdir.start();
    await createItem();
    await rm(vdir.at('work', 'old.ics'));
    await vdir.isNoticed();
  });

  it('hides nothing that is put into a new collection of its own', async () => {
    await vdir.start();
    await createCollection('home');
    await writeFile(vdir.at('home', 'theirs.ics'), 'x');
    await vdir.isNoticed();
  });

  it('hides nothing that is taken out of a new collection of its own', async () => {
    await vdir.start();
    const { href } = await vdir.storage
      .open(await createCollection('home'))
      .create(itemOf('calendar', '1', 'one'));
    await rm(vdir.at('home', href));
    await vdir.isNoticed();
  });

  it('hides nobody who brings back what it left', async () => {
    await vdir.start();
    const path = vdir.at('work', await createItem());
    await vdir.onlySentinelIsNoticed();
    await rename(path, `${path}.bak`);
    await vdir.isNoticed();
    const { changes } = vdir;
    await rename(`${path}.bak`, path);
    await vdir.isNoticed();
    assert.ok(vdir.changes > changes);
  });
});
