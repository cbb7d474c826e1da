import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import * as files from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { AlreadyExistsError, MountError, PreconditionFailedError } from '../../src/core/errors.ts';
import type { Item } from '../../src/core/item.ts';
import type { Collection, ItemRef } from '../../src/core/storage.ts';
import { itemOf } from '../support/items.ts';
import { Mounted } from '../support/mounted.ts';
import { requirement } from '../support/requirements.ts';

const ROUNDS = 60;

describe('remote changes through a mount', { skip: requirement('fuse') }, () => {
  let mounted: Mounted;
  let collection: Collection;
  const at = (name: string): string => mounted.at(name);
  before(async () => {
    mounted = await Mounted.start();
    collection = await mounted.collection('cal', { live: true });
  });
  after(() => mounted.stop());

  /** Creates an item as the engine does and returns what is needed to change it. */
  async function add(uid: string, title: string): Promise<ItemRef> {
    const { href, etag } = await collection.create(itemOf('calendar', uid, title), { name: `${uid}.ics` });
    assert.ok(etag);
    return { href, etag };
  }

  async function update(ref: ItemRef, item: Item): Promise<ItemRef> {
    const { href, etag } = await collection.update(ref, item);
    assert.ok(etag);
    return { href, etag };
  }

  it('a changed item shows at once, under its number, with another time', async () => {
    const ref = await add('changed', 'one');
    const before = await files.stat(at('changed.ics'));
    const folderBefore = (await files.stat(at(''))).mtimeMs;
    await update(ref, itemOf('calendar', 'changed', 'something longer'));
    const now = await files.stat(at('changed.ics'));
    assert.match(await files.readFile(at('changed.ics'), 'utf8'), /SUMMARY:something longer/);
    assert.deepEqual(
      [now.ino, now.size > before.size, now.mtimeMs > before.mtimeMs],
      [before.ino, true, true],
    );
    assert.ok((await files.stat(at(''))).mtimeMs > folderBefore, 'or khal would not look');
  });

  it('a new item and a removed one show at once, also in the time of the folder', async () => {
    const before = (await files.stat(at(''))).mtimeMs;
    await assert.rejects(files.stat(at('fresh.ics')), { code: 'ENOENT' });
    const ref = await add('fresh', 'one');
    assert.ok((await files.stat(at('fresh.ics'))).size > 0);
    const between = (await files.stat(at(''))).mtimeMs;
    await collection.remove(ref);
    await assert.rejects(files.stat(at('fresh.ics')), { code: 'ENOENT' });
    const end = (await files.stat(at(''))).mtimeMs;
    assert.ok(before < between && between < end);
  });

  it('watchers wake up', async () => {
    const seen: string[] = [];
    const watcher = watch(at(''), (event, name) => seen.push(`${event} ${name}`));
    const ref = await add('watched', 'one');
    const changed = await update(ref, itemOf('calendar', 'watched', 'two'));
    await collection.remove(changed);
    // The watcher reads from a queue that the kernel filled in this order.
    await files.writeFile(at('last'), '');
    while (!seen.includes('rename last')) await new Promise((resolve) => watcher.once('change', resolve));
    watcher.close();
    const ours = seen.filter((line) => line.endsWith(' watched.ics'));
    assert.deepEqual(ours, ['rename watched.ics', 'change watched.ics', 'rename watched.ics']);
  });

  it('an item that is open for writing is not changed under the writer', async () => {
    const ref = await add('busy', 'one');
    const handle = await files.open(at('busy.ics'), 'r+');
    await assert.rejects(update(ref, itemOf('calendar', 'busy', 'two')), PreconditionFailedError);
    await handle.close();
    await update(ref, itemOf('calendar', 'busy', 'three'));
    assert.match(await files.readFile(at('busy.ics'), 'utf8'), /SUMMARY:three/);
  });

  it('an edit made meanwhile is kept', async () => {
    const ref = await add('edited', 'one');
    await files.writeFile(at('edited.ics'), 'mine');
    await assert.rejects(update(ref, itemOf('calendar', 'edited', 'two')), PreconditionFailedError);
    await assert.rejects(collection.remove(ref), PreconditionFailedError);
    assert.equal(await files.readFile(at('edited.ics'), 'utf8'), 'mine');
  });

  it('a file made meanwhile is kept', async () => {
    const handle = await files.open(at('taken.ics'), 'wx');
    await handle.write('mine');
    await assert.rejects(
      mounted.publisher().publish({
        type: 'add',
        storage: 'dav',
        directory: 'cal',
        name: 'taken.ics',
        token: '.pimsync-none',
      }),
      AlreadyExistsError,
    );
    await handle.close();
    assert.equal(await files.readFile(at('taken.ics'), 'utf8'), 'mine');
  });

  it('a removed item stays with whoever is reading it', async () => {
    const ref = await add('read', 'one');
    const handle = await files.open(at('read.ics'));
    await collection.remove(ref);
    await assert.rejects(files.stat(at('read.ics')), { code: 'ENOENT' });
    assert.match(await handle.readFile('utf8'), /SUMMARY:one/);
    await handle.close();
    assert.deepEqual(
      (await files.readdir(at(''))).filter((name) => name.startsWith('.')),
      [],
    );
  });

  it('a mount that does not answer does not hold the engine, and goes on when it can', async () => {
    await add('slow', 'one');
    process.kill(mounted.pid, 'SIGSTOP');
    const publishing = mounted.publisher(1).publish({ type: 'touch', storage: 'dav', directory: 'cal' });
    await assert.rejects(publishing, (error: unknown) => error instanceof MountError);
    process.kill(mounted.pid, 'SIGCONT');
    assert.match(await files.readFile(at('slow.ics'), 'utf8'), /SUMMARY:one/);
  });

  it('reach a read-only collection, which users cannot write', async () => {
    const shared = await mounted.collection('shared', { live: true });
    await shared.follow?.({ ...shared.info, readOnly: true });
    const file = path.join(mounted.mountpoint, 'dav', 'shared', 's.ics');
    const { href, etag } = await shared.create(itemOf('calendar', 's', 'one'), { name: 's.ics' });
    assert.ok(etag);
    await assert.rejects(files.writeFile(file, ''), { code: 'EACCES' });
    const changed = await shared.update({ href, etag }, itemOf('calendar', 's', 'two'));
    assert.match(await files.readFile(file, 'utf8'), /SUMMARY:two/);
    assert.equal((await files.stat(file)).mode & 0o777, 0o444);
    assert.ok(changed.etag);
    await shared.remove({ href, etag: changed.etag });
    await assert.rejects(files.stat(file), { code: 'ENOENT' });
    assert.equal((await files.stat(path.dirname(file))).mode & 0o777, 0o555);
    await assert.rejects(files.writeFile(file, ''), { code: 'EACCES' });
  });

  it('a first fill without the kernel shows, since names that are not there are not remembered', async () => {
    await assert.rejects(files.stat(at('filled.ics')), { code: 'ENOENT' });
    const quiet = await mounted.collection('cal');
    await quiet.create(itemOf('calendar', 'filled', 'one'), { name: 'filled.ics' });
    assert.match(await files.readFile(at('filled.ics'), 'utf8'), /SUMMARY:one/);
    await mounted.publisher().publish({ type: 'touch', storage: 'dav', directory: 'cal' });
    assert.ok((await files.readdir(at(''))).includes('filled.ics'));
  });

  it('an item read again and again while it changes is never torn, and no call fails', async () => {
    const refs = await Promise.all(['t1', 't2', 't3', 't4', 't5'].map((uid) => add(uid, 'start')));
    const publishing = { done: false };
    const read = async (): Promise<number> => {
      let reads = 0;
      while (!publishing.done)
        for (const name of ['t1', 't2', 't3', 't4', 't5']) {
          await files.stat(at(`${name}.ics`));
          const handle = await files.open(at(`${name}.ics`));
          await handle.stat();
          const text = await handle.readFile('utf8');
          await handle.close();
          reads += 1;
          assertWhole(text, name);
        }
      return reads;
    };
    const readers = [read(), read()];
    let current = refs;
    for (let round = 0; round < ROUNDS; round += 1) {
      const next: ItemRef[] = [];
      for (const [index, ref] of current.entries())
        next.push(await update(ref, itemOf('calendar', `t${index + 1}`, wordOf(round))));
      current = next;
    }
    publishing.done = true;
    const reads = await Promise.all(readers);
    assert.ok(reads.every((count) => count > 0));
    assert.match(
      await files.readFile(at('t1.ics'), 'utf8'),
      new RegExp(`SUMMARY:${wordOf(ROUNDS - 1)}\\r\\n`),
    );
  });
});

/** Texts of very different lengths: what is cut or padded shows. */
const wordOf = (round: number): string => String(round).repeat(1 + ((round * 37) % 400));

const VERSIONS: ReadonlySet<string> = new Set([
  'start',
  ...Array.from({ length: ROUNDS }, (_, round) => wordOf(round)),
]);

/** The whole of one version: from BEGIN to END, with a summary that is one number repeated as often as it should be. */
function assertWhole(text: string, uid: string): void {
  const summary = /^SUMMARY:(.*)\r$/m.exec(text)?.[1] ?? '';
  assert.ok(text.startsWith('BEGIN:VCALENDAR') && text.endsWith('END:VCALENDAR\r\n'), text);
  assert.ok(text.includes(`UID:${uid}\r\n`) && VERSIONS.has(summary), summary);
}
