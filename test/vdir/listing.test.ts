import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import * as disk from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { NotFoundError, ServerError } from '../../src/core/errors.ts';
import { type Disk, quickDisk } from '../../src/vdir/disk.ts';
import { listItems } from '../../src/vdir/listing.ts';
import { eventText } from '../support/items.ts';
import { tempDir } from '../support/temp-dir.ts';

let folder: string;
let close: () => Promise<void>;
beforeEach(async () => ({ path: folder, close } = await tempDir()));
afterEach(() => close());

const put = (name: string, text = eventText()): Promise<void> => disk.writeFile(join(folder, name), text);

interface Names {
  readonly items: string[];
  readonly unclear: string[];
}

async function list(calls: Disk = quickDisk): Promise<Names> {
  const { items, unclear } = await listItems(folder, '.ics', calls);
  return {
    items: items.map(({ href }) => href).toSorted(),
    unclear: unclear.map(({ href, weight }) => `${href} ${weight}`).toSorted(),
  };
}

describe('listItems', () => {
  it('lists files with the extension and nothing else', async () => {
    const others = [
      'b.vcf',
      'c.ICS',
      '.d.ics',
      'e.ics~',
      '.pimsync-0123.tmp',
      'tmpab12cd34',
      'f.icsab12cd34',
    ];
    for (const name of ['a.ics', ...others, 'displayname', 'color', '4913']) await put(name);
    await disk.mkdir(join(folder, 'sub'));
    await disk.symlink('nowhere', join(folder, '.#a.ics'));
    assert.deepEqual(await list(), { items: ['a.ics'], unclear: [] });
  });

  it('concludes nothing from what is no file in place of an item', async () => {
    await put('good.ics');
    await disk.mkdir(join(folder, 'folder.ics'));
    execFileSync('mkfifo', [join(folder, 'pipe.ics')]);
    const socket = createServer().listen(join(folder, 'socket.ics'));
    await once(socket, 'listening');
    try {
      assert.deepEqual(await list(), {
        items: ['good.ics'],
        unclear: ['folder.ics problem', 'pipe.ics problem', 'socket.ics problem'],
      });
    } finally {
      socket.close();
      await once(socket, 'close');
    }
  });

  it('concludes nothing from what it cannot look at, and lists the others', async () => {
    await put('good.ics');
    await put('bad.ics');
    const lstat = async (path: string, options: { bigint: true }): ReturnType<typeof disk.lstat> => {
      if (path.endsWith('bad.ics')) throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'lstat' });
      return await disk.lstat(path, options);
    };
    const calls = { ...disk, lstat: lstat as Disk['lstat'] };
    assert.deepEqual(await list(calls), { items: ['good.ics'], unclear: ['bad.ics problem'] });
  });

  it('concludes nothing from a symbolic link in place of an item', async () => {
    await put('good.ics');
    await disk.symlink('/etc/passwd', join(folder, 'link.ics'));
    await disk.symlink('nowhere', join(folder, 'dangling.ics'));
    assert.deepEqual(await list(), {
      items: ['good.ics'],
      unclear: ['dangling.ics problem', 'link.ics problem'],
    });
  });

  it('concludes nothing from a name that is not UTF-8', async () => {
    await disk.writeFile(
      Buffer.concat([Buffer.from(`${folder}/M`), Buffer.from([0xfc]), Buffer.from('ll.ics')]),
      'x',
    );
    assert.deepEqual(await list(), { items: [], unclear: ['M\uFFFDll.ics problem'] });
  });

  it('passes over a file that was emptied just now, as editors do before they write', async () => {
    await put('1.ics', '');
    assert.deepEqual(await list(), { items: [], unclear: ['1.ics passing'] });
  });

  it('reports a file that has been empty for a while', async () => {
    await put('1.ics', '');
    await disk.utimes(join(folder, '1.ics'), new Date(0), new Date(0));
    assert.deepEqual(await list(), { items: [], unclear: ['1.ics problem'] });
  });

  it('sees an item that is renamed while the folder is read', async () => {
    await put('old.ics');
    let reads = 0;
    const readdir = async (path: string, options: { encoding: 'buffer' }): Promise<Buffer[]> => {
      const names = await disk.readdir(path, options);
      if ((reads += 1) === 1) await disk.rename(join(folder, 'old.ics'), join(folder, 'new.ics'));
      return names;
    };
    const calls = { ...disk, readdir: readdir as unknown as Disk['readdir'] };
    assert.deepEqual(await list(calls), { items: ['new.ics'], unclear: [] });
  });

  it('sees an item that was missed because it was renamed under the reader', async () => {
    await put('old.ics');
    let reads = 0;
    const readdir = async (path: string, options: { encoding: 'buffer' }): Promise<Buffer[]> => {
      if ((reads += 1) > 1) return disk.readdir(path, options);
      await disk.rename(join(folder, 'old.ics'), join(folder, 'new.ics'));
      return [];
    };
    const calls = { ...disk, readdir: readdir as unknown as Disk['readdir'] };
    assert.deepEqual(await list(calls), { items: ['new.ics'], unclear: [] });
  });

  it('refuses to answer while items keep moving', async () => {
    let reads = 0;
    const readdir = async (): Promise<Buffer[]> => [Buffer.from(`moving-${(reads += 1)}.ics`)];
    const calls = { ...disk, readdir: readdir as unknown as Disk['readdir'] };
    await assert.rejects(list(calls), ServerError);
  });

  it('refuses to take a missing folder for an empty one', async () => {
    await disk.rmdir(folder);
    await assert.rejects(list(), NotFoundError);
  });

  it('notices an edit in place that keeps the length', async () => {
    await put('1.ics', eventText({ summary: 'tea' }));
    await disk.utimes(join(folder, '1.ics'), new Date(0), new Date(0));
    const [before] = (await listItems(folder, '.ics', disk)).items;
    await put('1.ics', eventText({ summary: 'eat' }));
    const [after] = (await listItems(folder, '.ics', disk)).items;
    assert.ok(before && after);
    assert.equal(before.href, after.href);
    assert.notEqual(before.etag, after.etag);
  });

  it('notices another file of the same time and length', async () => {
    await put('1.ics', eventText({ summary: 'tea' }));
    await put('2.ics', eventText({ summary: 'eat' }));
    for (const name of ['1.ics', '2.ics']) await disk.utimes(join(folder, name), new Date(0), new Date(0));
    const [before] = (await listItems(folder, '.ics', disk)).items;
    await disk.rename(join(folder, '2.ics'), join(folder, '1.ics'));
    const [after] = (await listItems(folder, '.ics', disk)).items;
    assert.notEqual(before?.etag, after?.etag);
  });
});
