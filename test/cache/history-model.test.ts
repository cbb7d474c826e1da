import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { HistoryPurge, setHistoryLimits } from '../../src/cache/history-limits.ts';
import type { Collection } from '../../src/core/storage.ts';
import { eventText, itemOf } from '../support/items.ts';
import { MountedCache, TreePublisher } from '../support/mounted-cache.ts';
import { assertCounted } from '../support/versions-in.ts';

const NAMES = ['a.ics', 'b.ics', 'scratch'] as const;
const name = fc.constantFrom(...NAMES);
const title = fc.constantFrom('one', 'two', 'three');
const uid = fc.constantFrom('a', 'b');

const step = fc.oneof(
  fc.record({ type: fc.constant('save' as const), name, uid, title }),
  fc.record({ type: fc.constant('cut' as const), name }),
  fc.record({ type: fc.constant('remove' as const), name }),
  fc.record({ type: fc.constant('rename' as const), name, to: name }),
  fc.record({ type: fc.constant('link' as const), name, to: name }),
  fc.record({ type: fc.constant('update' as const), name, title }),
  fc.record({ type: fc.constant('delete' as const), name }),
  fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(1, 5000, 60_000) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(cache: MountedCache, one: Step): Promise<void> {
  if (one.type === 'wait') return cache.clock.move(one.ms);
  const isThere = cache.names().includes(one.name);
  if (one.type === 'save') return void cache.save(one.name, eventText({ uid: one.uid, summary: one.title }));
  if (!isThere) return;
  switch (one.type) {
    case 'cut':
      return void cache.save(one.name, cache.text(one.name).slice(0, 40));
    case 'remove':
      return cache.remove(one.name);
    case 'rename':
      return cache.rename(one.name, one.to);
    case 'link':
      if (!cache.names().includes(one.to))
        cache.tree.link(cache.file(one.name).ino, cache.folder, one.to, cache.clock.nowMs());
      return;
    case 'update':
    case 'delete':
      return byEngine(cache, one);
  }
}

async function byEngine(
  cache: MountedCache,
  one: Extract<Step, { type: 'update' | 'delete' }>,
): Promise<void> {
  const ref = await refOf(cache.collection, one.name);
  if (!ref) return;
  if (one.type === 'delete') await cache.collection.remove(ref);
  else await cache.collection.update(ref, itemOf('calendar', 'a', one.title));
}

const refOf = async (collection: Collection, wanted: string) =>
  (await collection.changes(undefined)).changed.find(({ href }) => href === `work/${wanted}`);

/** Whole texts behind items' names. */
const shown = (cache: MountedCache): string[] =>
  cache
    .names()
    .filter((one) => one.endsWith('.ics'))
    .map((one) => cache.text(one))
    .filter((text) => text.includes('END:VCALENDAR'));

describe('the history, whatever is done to a folder', () => {
  it('has every whole text that an item showed and does not show any more, and is counted right', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.boolean(), async (steps, isPublished) => {
        const cache = await MountedCache.open();
        if (isPublished) cache.publisher = new TreePublisher(cache);
        const seen = new Set<string>();
        for (const one of steps) {
          await take(cache, one);
          for (const text of shown(cache)) seen.add(text);
          const kept = cache.db.prepare<[], Buffer>('SELECT bytes FROM version_text').pluck().all();
          const there = new Set([...kept.map(String), ...shown(cache)]);
          assert.deepEqual(
            [...seen].filter((text) => !there.has(text)),
            [],
          );
          assertCounted(cache);
        }
        setHistoryLimits(cache.db, { keepMs: 0, maxBytes: 1 });
        const purge = new HistoryPurge(cache.db);
        while (purge.step(cache.clock.nowMs())) assertCounted(cache);
        assert.equal(cache.db.prepare('SELECT history_bytes FROM counter').pluck().get(), 0);
        cache.close();
      }),
      { numRuns: 300 },
    );
  });
});
