import { openDatabase } from '../../src/cache/database.ts';
import { createItemStore } from '../../src/cache/item-store.ts';
import type { ItemKind } from '../../src/core/item.ts';
import { collectionId, type Storage } from '../../src/core/storage.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { describeCollection } from './collection-suite.ts';
import { describeStorage } from './storage-suite.ts';

const HOSTILE_IDS = ['..', '.', '', '../up', 'a/b', '/', 'nul\u0000'];
const knownFailures = Object.fromEntries(
  HOSTILE_IDS.map((id) => [
    `refuses a collection called ${JSON.stringify(id)} and makes nothing of it`,
    'a server may call its collection so, and the mount shows it under a safe name',
  ]),
);

for (const kind of ['calendar', 'contact'] as const) {
  describeStorage({
    name: 'the cache',
    kind,
    open: async () => {
      const { storage, close } = openCache(kind);
      return { storage, close };
    },
    knownFailures,
  });
  describeCollection({
    name: 'the cache',
    kind,
    open: async () => {
      const { storage, close } = openCache(kind);
      const info = await storage.createCollection({ id: collectionId('it'), kind, properties: {} });
      return { collection: storage.open(info), close };
    },
  });
}

function openCache(kind: ItemKind): { storage: Storage; close: () => Promise<void> } {
  const db = openDatabase(':memory:');
  const storage = createItemStore({
    db,
    storage: 'personal',
    kind,
    clock: systemClock,
    delays: () => ({ writeDelayMs: 2000, deleteDelayMs: 5000 }),
    log: silentLogger,
  });
  return {
    storage,
    close: async () => {
      await storage.close();
      db.close();
    },
  };
}
