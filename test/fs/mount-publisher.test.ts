import assert from 'node:assert/strict';
import * as files from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Publication } from '../../src/cache/publisher.ts';
import { AlreadyExistsError, MountError, PreconditionFailedError } from '../../src/core/errors.ts';
import { MountPublisher } from '../../src/fs/mount-publisher.ts';
import { View } from '../../src/fs/view.ts';
import { MemoryTree } from '../support/memory-tree.ts';
import { tempDir } from '../support/temp-dir.ts';

/** An ordinary folder in the mount's place: which operation is done is seen by what it leaves. */
describe('publishing', () => {
  let folder: string;
  let close: () => Promise<void>;
  let publisher: MountPublisher;
  before(async () => {
    ({ path: folder, close } = await tempDir());
    await files.mkdir(path.join(folder, 'dav', 'cal'), { recursive: true });
    const tree = new MemoryTree();
    const dav = tree.addStorage('dav');
    for (const name of ['cal', 'other', 'none', 'full']) tree.addCollection(dav, name);
    const view = new View(tree, { layout: 'nested', storages: ['dav'] });
    publisher = new MountPublisher({ mountpoint: folder, view });
  });
  after(() => close());
  const at = (name: string): string => path.join(folder, 'dav', 'cal', name);
  const publish = (publication: Partial<Publication>): Promise<void> =>
    publisher.publish({ storage: 'dav', directory: 'cal', ...publication } as Publication);

  it('a change truncates, and touches its folder', async () => {
    await files.writeFile(at('a.ics'), 'long text');
    await files.chmod(at(''), 0o700);
    await publish({ type: 'change', name: 'a.ics', size: 4 });
    assert.equal(await files.readFile(at('a.ics'), 'utf8'), 'long');
    assert.equal((await files.stat(at(''))).mode & 0o777, 0o755);
  });

  it('a new file is renamed', async () => {
    await files.writeFile(at('.pimsync-1'), 'new');
    await publish({ type: 'add', name: 'n.ics', token: '.pimsync-1' });
    assert.equal(await files.readFile(at('n.ics'), 'utf8'), 'new');
  });

  it('a removed file is unlinked', async () => {
    await files.writeFile(at('r.ics'), '');
    await publish({ type: 'remove', name: 'r.ics' });
    await assert.rejects(files.stat(at('r.ics')), { code: 'ENOENT' });
  });

  it('a removed collection is removed, with the time of the folder it was in', async () => {
    const cal = path.join(folder, 'dav', 'other');
    await files.mkdir(cal);
    await publish({ type: 'remove-directory', directory: 'other' });
    await assert.rejects(files.stat(cal), { code: 'ENOENT' });
  });

  it('a collection that is gone was changed meanwhile, and one with something in it stays', async () => {
    await assert.rejects(
      publish({ type: 'remove-directory', directory: 'none' }),
      (error: unknown) => error instanceof PreconditionFailedError && error.message.startsWith('none was'),
    );
    await files.mkdir(path.join(folder, 'dav', 'full', 'x'), { recursive: true });
    await assert.rejects(publish({ type: 'remove-directory', directory: 'full' }), MountError);
    assert.deepEqual(await files.readdir(path.join(folder, 'dav', 'full')), ['x']);
  });

  it('a touched folder gets a chmod', async () => {
    await files.chmod(at(''), 0o700);
    await publish({ type: 'touch' });
    assert.equal((await files.stat(at(''))).mode & 0o777, 0o755);
  });

  it('a new file never replaces', async () => {
    await files.writeFile(at('.pimsync-2'), 'new');
    await files.writeFile(at('mine.ics'), 'mine');
    await assert.rejects(publish({ type: 'add', name: 'mine.ics', token: '.pimsync-2' }), AlreadyExistsError);
    assert.equal(await files.readFile(at('mine.ics'), 'utf8'), 'mine');
  });

  it('a file that is gone was changed meanwhile', async () => {
    await assert.rejects(publish({ type: 'change', name: 'none.ics', size: 1 }), PreconditionFailedError);
    await assert.rejects(publish({ type: 'remove', name: 'none.ics' }), PreconditionFailedError);
  });

  it('what the mount does not show cannot be published', async () => {
    await assert.rejects(publish({ type: 'touch', storage: 'other' }), MountError);
  });

  it('other faults are told as they are', async () => {
    await files.mkdir(at('folder'));
    await assert.rejects(publish({ type: 'change', name: 'folder', size: 1 }), MountError);
  });

  it('an aborted run publishes nothing more', async () => {
    const reason = new Error('stopped');
    const publication = { type: 'touch', storage: 'dav', directory: 'cal' } as const;
    await assert.rejects(publisher.publish(publication, AbortSignal.abort(reason)), reason);
  });
});
