import assert from 'node:assert/strict';
import { openDatabase } from '../../../src/cache/database.ts';
import { createItemStore } from '../../../src/cache/item-store.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { itemOf } from '../../support/items.ts';

/** An engine at work on the database named on the command line: fills the collection, then changes each of its items. */
const store = createItemStore({
  db: openDatabase(process.argv[2] ?? ''),
  storage: 'personal',
  kind: 'calendar',
  clock: systemClock,
  delays: () => ({ writeDelayMs: 2000, deleteDelayMs: 5000 }),
  log: silentLogger,
});
const [info] = await store.discover();
assert.ok(info);
const collection = store.open(info);
const items = Array.from({ length: 300 }, (_, index) => ({
  item: itemOf('calendar', `remote-${index}`, 'tea'),
}));
const created = await collection.createMany?.(items);
assert.ok(created);
for (const [index, result] of created.entries()) {
  assert.ok('href' in result && result.etag !== undefined);
  await collection.update(
    { href: result.href, etag: result.etag },
    itemOf('calendar', `remote-${index}`, 'coffee'),
  );
}
