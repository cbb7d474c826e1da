import { type MemoryOptions, MemoryStorage } from '../support/memory-storage.ts';
import { describeCollection } from './collection-suite.ts';
import { describeStorage } from './storage-suite.ts';

const VARIANTS: readonly (readonly [name: string, options: MemoryOptions])[] = [
  ['memory', {}],
  ['memory without tokens', { tokens: false, states: false }],
  ['memory in bulk', { bulk: true, parallelWrites: 8 }],
  ['memory that moves', { moves: true }],
  ['memory without colours and orders', { properties: ['displayname', 'description'] }],
  ['memory that withholds etags', { etags: 'withheld' }],
];

const HOSTILE_IDS = ['..', '.', '', '../up', 'a/b', '/', 'nul\u0000'];
const knownFailures = Object.fromEntries(
  HOSTILE_IDS.map((id) => [
    `refuses a collection called ${JSON.stringify(id)} and makes nothing of it`,
    'an id is only a key in a map here and leads nowhere',
  ]),
);

const close = async (): Promise<void> => {};

for (const kind of ['calendar', 'contact'] as const) {
  for (const [name, options] of VARIANTS) {
    describeStorage({
      name,
      kind,
      open: async () => ({ storage: new MemoryStorage({ ...options, kind }), close }),
      knownFailures,
    });
    describeCollection({
      name,
      kind,
      open: async () => ({ collection: new MemoryStorage({ ...options, kind }).collection('it'), close }),
    });
  }
}
