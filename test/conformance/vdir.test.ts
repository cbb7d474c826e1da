import type { ItemKind } from '../../src/core/item.ts';
import { collectionId, type Storage } from '../../src/core/storage.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { createVdirStorage } from '../../src/vdir/storage.ts';
import { tempDir } from '../support/temp-dir.ts';
import { describeCollection } from './collection-suite.ts';
import { describeStorage } from './storage-suite.ts';

const NO_INDEX =
  'a folder of files has no index of its UIDs; the engine compares UIDs before it creates or moves';
const knownFailures = {
  'refuses to create an item whose UID is there under another name': NO_INDEX,
};
const storageFailures = { 'refuses to move an item whose UID is there under another name': NO_INDEX };

async function openStorage(kind: ItemKind): Promise<{ storage: Storage; close: () => Promise<void> }> {
  const { path, close } = await tempDir();
  return {
    storage: createVdirStorage({ name: 'vdir', kind, path, readOnly: false, log: silentLogger }),
    close,
  };
}

for (const kind of ['calendar', 'contact'] as const) {
  describeStorage({ name: 'vdir', kind, open: () => openStorage(kind), knownFailures: storageFailures });
  describeCollection({
    name: 'vdir',
    kind,
    async open() {
      const { storage, close } = await openStorage(kind);
      const info = await storage.createCollection({ id: collectionId('it'), kind, properties: {} });
      return { collection: storage.open(info), close };
    },
    knownFailures,
  });
}
