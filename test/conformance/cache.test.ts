import { MountedCache, TreePublisher } from '../support/mounted-cache.ts';
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
  for (const isMounted of [false, true]) {
    const name = isMounted ? 'the cache, publishing through a mount' : 'the cache';
    const open = async (id: string): Promise<MountedCache> => {
      const cache = await MountedCache.open({ kind, id });
      if (isMounted) cache.publisher = new TreePublisher(cache);
      return cache;
    };
    describeStorage({
      name,
      kind,
      open: async () => {
        const cache = await open('its own');
        return { storage: cache.storage, close: async () => cache.close() };
      },
      knownFailures,
    });
    describeCollection({
      name,
      kind,
      open: async () => {
        const cache = await open('work');
        return { collection: cache.collection, close: async () => cache.close() };
      },
    });
  }
}
