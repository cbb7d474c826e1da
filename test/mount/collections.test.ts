import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import * as files from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { RefusedError } from '../../src/core/errors.ts';
import { collectionId, type CollectionInfo, type Storage } from '../../src/core/storage.ts';
import { itemOf } from '../support/items.ts';
import { Mounted } from '../support/mounted.ts';
import { requirement } from '../support/requirements.ts';

for (const [layout, readOnly, at] of [
  ['nested', false, 'dav/'],
  ['flat', false, ''],
  ['nested', true, 'dav/'],
] as const) {
  const title = `collections that are deleted under a ${layout} mount${readOnly ? ' for reading only' : ''}`;
  describe(title, { skip: requirement('fuse') }, () => {
    let mounted: Mounted;
    let storage: Storage;
    const pathOf = (name: string): string => path.join(mounted.mountpoint, at, name);
    before(async () => {
      mounted = await Mounted.start({ layout, readOnly });
      storage = mounted.store('calendar', true);
    });
    after(() => mounted.stop());

    const create = (id: string): Promise<CollectionInfo> =>
      storage.createCollection({
        id: collectionId(id),
        kind: 'calendar',
        properties: { displayname: id, color: '#00AA7F' },
      });

    /** Has the kernel remember all about it. */
    const look = async (id: string): Promise<void> => {
      await files.stat(pathOf(id));
      for (const name of await files.readdir(pathOf(id))) await files.readFile(pathOf(`${id}/${name}`));
    };

    it('are gone at once, although the kernel knew them well', async () => {
      const info = await create('work');
      await look('work');
      await storage.deleteCollection(info);
      await assert.rejects(files.stat(pathOf('work')), { code: 'ENOENT' });
      await assert.rejects(files.readFile(pathOf('work/color')), { code: 'ENOENT' });
      assert.equal((await files.readdir(pathOf(''))).includes('work'), false);
    });

    it('may come again at once, and are then others', async () => {
      const old = await create('again');
      await look('again');
      const { ino } = await files.stat(pathOf('again'));
      await storage.deleteCollection(old);
      const info = await create('again');
      assert.notEqual((await files.stat(pathOf('again'))).ino, ino);
      const collection = storage.open(info);
      await collection.create(itemOf('calendar', '1', 'tea'), { name: '1.ics' });
      assert.match(await files.readFile(pathOf('again/1.ics'), 'utf8'), /SUMMARY:tea/);
    });

    it('are seen to go by the time of the folder', async () => {
      if (layout === 'flat') return;
      const info = await create('timed');
      const before = (await files.stat(pathOf(''))).mtimeMs;
      await storage.deleteCollection(info);
      assert.ok((await files.stat(pathOf(''))).mtimeMs > before);
    });

    it('wake watchers', async () => {
      const info = await create('watched');
      const seen: string[] = [];
      const watcher = watch(pathOf(''), (event, name) => seen.push(`${event} ${name}`));
      await storage.deleteCollection(info);
      while (!seen.includes('rename watched'))
        await new Promise((resolve) => watcher.once('change', resolve));
      watcher.close();
    });

    it('stay when something is in them, whoever removes them', async () => {
      const info = await create('kept');
      const collection = storage.open(info);
      await collection.create(itemOf('calendar', '1', 'tea'), { name: '1.ics' });
      await assert.rejects(
        storage.deleteCollection(info),
        (error: unknown) => error instanceof RefusedError && /1\.ics/.test(error.message),
      );
      await assert.rejects(files.rmdir(pathOf('kept')), { code: /ENOTEMPTY|EACCES|EROFS/ });
      assert.equal(await files.readFile(pathOf('kept/color'), 'utf8'), '#00AA7F');
    });

    it('go while somebody has them and their files open, and hold nothing up', async () => {
      const info = await create('inside');
      const folder = await files.opendir(pathOf('inside'));
      const file = await files.open(pathOf('inside/color'));
      await storage.deleteCollection(info);
      await file.close();
      await folder.close();
      await assert.rejects(files.stat(pathOf('inside')), { code: 'ENOENT' });
    });

    if (!readOnly)
      it('stay when a user has put something in just before', async () => {
        const info = await create('busy');
        await look('busy');
        await files.writeFile(pathOf('busy/notes.txt'), 'mine');
        await assert.rejects(storage.deleteCollection(info), /notes\.txt/);
        await files.unlink(pathOf('busy/notes.txt'));
        await storage.deleteCollection(info);
        await assert.rejects(files.stat(pathOf('busy')), { code: 'ENOENT' });
      });
  });
}
