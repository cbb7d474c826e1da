import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FileError } from '../../src/cache/file-tree.ts';
import { pendingCount } from '../../src/cache/pending.ts';
import { recover, recoverEngine } from '../../src/cache/recover.ts';
import { createPairStatus } from '../../src/cache/status-store.ts';
import { METADATA_NAMES } from '../../src/core/item-name.ts';
import type { CollectionInfo, CollectionProperties, PropertyName } from '../../src/core/storage.ts';
import { type Pair, syncPair, type SyncOptions } from '../../src/sync/engine.ts';
import type { PairReport } from '../../src/sync/report.ts';
import { eventText } from '../support/items.ts';
import { MemoryStorage } from '../support/memory-storage.ts';
import { MountedCache, TreePublisher } from '../support/mounted-cache.ts';
import { RUNS } from '../support/runs.ts';
import { contentsOf, optionsOf } from '../support/two-sides.ts';

const folder = fc.constantFrom('work', 'home', 'trips');
const uid = fc.constantFrom('a', 'b', 'c');
const title = fc.constantFrom('tea', 'coffee');
const property = fc.constantFrom(...METADATA_NAMES);
const VALUES: Readonly<Record<PropertyName, readonly [string, string]>> = {
  displayname: ['Work', 'Home'],
  color: ['#112233', '#445566'],
  description: ['mine', 'ours'],
  order: ['1', '2.5'],
};
const value = fc.constantFrom(0 as const, 1 as const);

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('mkdir', 'rmdir', 'rm -r'), folder }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('mv'), folder, to: folder }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('save', 'put'), folder, uid, title }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('write'), folder, property, value }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('erase'), folder, property }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('set'), folder, property, value }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('make', 'drop'), folder }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('sync', 'wait', 'crash') }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const textOf = ({ uid, title }: { readonly uid: string; readonly title: string }): string =>
  eventText({ uid, summary: title });

/** A mount of a server without a network between them. */
class Desk {
  readonly cache: MountedCache;
  readonly server: MemoryStorage;
  readonly #pair: Pair;

  private constructor(cache: MountedCache) {
    this.cache = cache;
    this.server = new MemoryStorage({ name: 'dav' });
    this.#pair = {
      name: 'mount:personal',
      a: cache.storage,
      b: this.server,
      collections: { type: 'all' },
      onEmpty: 'skip',
      onDelete: 'sync',
      oneWay: false,
      noDelete: { a: false, b: false },
      properties: METADATA_NAMES,
      conflict: 'keep a',
      status: createPairStatus(cache.db, 'mount:personal'),
    };
  }

  static async open(): Promise<Desk> {
    const desk = new Desk(await MountedCache.open());
    desk.server.collection('work');
    desk.cache.publisher = new TreePublisher(desk.cache);
    await desk.sync();
    return desk;
  }

  sync(options: Partial<SyncOptions> = {}): Promise<PairReport> {
    return syncPair(this.#pair, optionsOf({ ms: this.cache.clock.nowMs() }, options));
  }

  /** A refusal of the kernel's is an answer like any other. */
  async run(step: Step): Promise<void> {
    try {
      await this.#run(step);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
    }
  }

  async #run(step: Step): Promise<void> {
    const { cache } = this;
    const nowMs = cache.clock.nowMs();
    if (step.type === 'sync') await this.sync();
    if (step.type === 'wait') cache.settle();
    if (step.type === 'crash') for (const again of [recover, recoverEngine]) again(cache.db, nowMs);
    if (!('folder' in step)) return;
    const ino = cache.tree.lookup(cache.at('personal').ino, step.folder)?.ino;
    if ('uid' in step || 'value' in step) this.#onServer(step);
    else this.#onServerFolder(step);
    if (ino !== undefined) this.#inFolder(step, ino, nowMs);
    else if (step.type === 'mkdir')
      cache.tree.createDirectory(cache.at('personal').ino, step.folder, 0o755, nowMs);
  }

  /** What a user does in or to a folder that is there. */
  #inFolder(step: Extract<Step, { folder: unknown }>, ino: number, nowMs: number): void {
    const { cache } = this;
    const { tree } = cache;
    if ('to' in step) tree.renameCollection(ino, step.to, nowMs);
    else if ('uid' in step && step.type === 'save')
      cache.save(`${step.uid}.ics`, textOf(step), { folder: ino });
    else if ('value' in step && step.type === 'write')
      cache.save(step.property, VALUES[step.property][step.value], { folder: ino });
    else if (step.type === 'erase' && 'property' in step) tree.unlink(ino, step.property, nowMs);
    if (step.type === 'rm -r') for (const { name } of tree.children(ino)) tree.unlink(ino, name, nowMs);
    if (step.type.startsWith('rm')) tree.removeCollection(ino, nowMs);
  }

  #onServer(step: Extract<Step, { uid: unknown } | { value: unknown }>): void {
    if ('uid' in step && step.type === 'put')
      this.server.collection(step.folder).put(`${step.uid}.ics`, textOf(step));
    if (!('value' in step) || step.type !== 'set' || !this.server.has(step.folder)) return;
    const on = this.server.collection(step.folder);
    on.properties = { ...on.properties, [step.property]: VALUES[step.property][step.value] };
  }

  #onServerFolder({ type, folder }: Extract<Step, { folder: unknown }>): void {
    if (type === 'make') this.server.collection(folder);
    if (type === 'drop') this.server.dropCollection(folder);
  }

  /** Until nothing is left to do; what waits for a word is brought back. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) {
      this.cache.settle();
      await this.sync({ retryRefused: true });
    }
    await this.sync({ deletions: 'discard' });
    for (let turn = 0; turn < 3; turn += 1) await this.sync({ retryRefused: true });
  }
}

/** The folder's own name says the same as a display name that is like it. */
const shownOf = ({ properties }: { properties: CollectionProperties }, name: string): object => ({
  ...properties,
  displayname: properties.displayname === name ? undefined : properties.displayname,
});

async function holdings(desk: Desk): Promise<{ a: unknown; b: unknown }> {
  const { cache, server } = desk;
  const mappings = createPairStatus(cache.db, 'mount:personal').mappings();
  const nameOf = (side: 'a' | 'b', info: CollectionInfo): string =>
    mappings.find((mapping) => mapping[side].href === info.href)?.name ?? `${info.id} without a counterpart`;
  const a: Record<string, unknown> = {};
  for (const info of await cache.storage.discover()) {
    const items: Record<string, string> = {};
    const { changed } = await cache.storage.open(info).changes(undefined);
    for await (const one of cache.storage.open(info).fetch(changed.map(({ href }) => href)))
      if (one.type === 'item')
        items[one.item.uid ?? ''] = /SUMMARY:(.*)\r/.exec(one.item.text)?.[1] ?? one.item.text;
    a[nameOf('a', info)] = [sorted(items), shownOf(info, nameOf('a', info))];
  }
  const b: Record<string, unknown> = {};
  for (const info of await server.discover())
    b[nameOf('b', info)] = [contentsOf(server.collection(info.id)), shownOf(info, nameOf('b', info))];
  return { a: sorted(a), b: sorted(b) };
}

const sorted = <T>(all: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(all).toSorted(([one], [other]) => (one < other ? -1 : 1)));

describe('what users do to collections in a mount, while others do things on the server', () => {
  it('comes to rest with both sides alike, nothing doubled and nothing left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const desk = await Desk.open();
        try {
          for (const one of steps) await desk.run(one);
          await desk.settle();
          const { a, b } = await holdings(desk);
          assert.deepEqual(a, b);
          const left = (await desk.sync()).collections.flatMap(({ name, error, problems }) =>
            error ? [`${name}: ${error.message}`] : problems.map(({ reason }) => `${name}: ${reason}`),
          );
          assert.deepEqual(left, []);
          assert.equal(pendingCount(desk.cache.db), 0);
        } finally {
          desk.cache.close();
        }
      }),
      { numRuns: Math.ceil(RUNS / 5) },
    );
  });
});
