import { createItemStore } from '../../../src/cache/item-store.ts';
import type { Database } from '../../../src/cache/database.ts';
import { SqliteFileTree } from '../../../src/cache/sqlite-file-tree.ts';
import { createPairStatus } from '../../../src/cache/status-store.ts';
import { brand } from '../../../src/core/brand.ts';
import { type ContentHash, identOfUid } from '../../../src/core/item.ts';
import { collectionId, etag, href } from '../../../src/core/storage.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { eventText, itemOf } from '../../support/items.ts';

const NOW = 1_800_000_000_000;

/** One commit each, of every kind there is; the same each time they are run. */
export async function* journalSteps(db: Database): AsyncGenerator<void> {
  const store = createItemStore({
    db,
    storage: 'personal',
    kind: 'calendar',
    clock: { nowMs: () => NOW },
    delays: () => ({ writeDelayMs: 1, deleteDelayMs: 1 }),
    log: silentLogger,
  });
  const info = await store.createCollection({ id: collectionId('work'), kind: 'calendar', properties: {} });
  const tree = new SqliteFileTree(db, { clock: { nowMs: () => NOW } });
  const folder = tree.lookup(tree.lookup(tree.rootIno, 'personal')?.ino ?? 0, 'work')?.ino ?? 0;
  const commit = (ino: number, text: string, durable: boolean): void => {
    const body = Buffer.from(text);
    tree.commit({ ino, body, mtimeMs: NOW, writers: durable }, { durable, nowMs: NOW });
  };
  yield;
  const { ino } = tree.createFile(folder, 'tmp1', 0o600, NOW);
  yield;
  commit(ino, eventText({ uid: 'a' }), false);
  yield;
  tree.link(ino, folder, 'a.ics', NOW);
  yield;
  tree.unlink(folder, 'tmp1', NOW);
  yield;
  commit(ino, eventText({ uid: 'a', summary: 'edited' }), true);
  yield;
  tree.release(ino, NOW + 1);
  yield;
  tree.rename({ parent: folder, name: 'a.ics' }, { parent: folder, name: 'b.ics' }, NOW);
  yield;
  const collection = store.open(info);
  const created = await collection.create(itemOf('calendar', 'remote', 'tea'));
  yield;
  const version = { href: href('work/b.ics'), etag: etag('1'), hash: brand<ContentHash>('h') };
  const status = createPairStatus(db, 'pair').open({
    name: 'work',
    a: info,
    b: { ...info, href: href('/dav/') },
  });
  status.put([{ ident: identOfUid('a'), a: version, b: version, text: 'text' }]);
  yield;
  await collection.remove({ href: created.href, etag: created.etag ?? etag('0') });
  yield;
  tree.unlink(folder, 'b.ics', NOW);
  yield;
}
