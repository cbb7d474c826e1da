import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { HistoryKeeper } from '../../src/app/history-keeper.ts';
import { setHistoryLimits } from '../../src/cache/history-limits.ts';
import { type Logger, silentLogger } from '../../src/lib/logger.ts';
import { eventText } from '../support/items.ts';
import { ManualTimer } from '../support/manual-timer.ts';
import { MountedCache } from '../support/mounted-cache.ts';

const DAY_MS = 86_400_000;

describe('HistoryKeeper', () => {
  let cache: MountedCache;
  let time: ManualTimer;
  let warnings: string[];
  let keeper: HistoryKeeper;
  beforeEach(async () => {
    cache = await MountedCache.open();
    time = new ManualTimer();
    warnings = [];
    const log: Logger = { ...silentLogger, warn: (fields) => void warnings.push(JSON.stringify(fields)) };
    keeper = new HistoryKeeper({ db: cache.db, clock: cache.clock, timer: time.timer, log });
    setHistoryLimits(cache.db, { keepMs: DAY_MS, maxBytes: 1_000_000_000 });
  });

  const save = (count: number): void => {
    for (let n = 0; n < count; n += 1) cache.save('a.ics', eventText({ summary: `title ${n}` }));
  };
  const count = (): unknown => cache.db.prepare('SELECT count(*) FROM version').pluck().get();

  it('purges at its start, in several steps between which others have their turn', async () => {
    save(200);
    cache.clock.move(DAY_MS);
    keeper.start();
    assert.ok(Number(count()) > 0);
    await time.planned(60_000);
    assert.equal(count(), 0);
  });

  it('looks again each minute', async () => {
    keeper.start();
    await time.planned(60_000);
    save(3);
    cache.clock.move(DAY_MS);
    time.advance(59_999);
    assert.equal(count(), 2);
    time.advance(1);
    await time.planned(60_000);
    assert.equal(count(), 0);
  });

  it('uses the database no more when it was stopped, also in the middle', async () => {
    save(200);
    cache.clock.move(DAY_MS);
    keeper.start();
    keeper.stop();
    cache.close();
    await turn();
    await turn();
    assert.deepEqual([time.delays, warnings], [[], []]);
  });

  it('says what keeps it from purging, and tries again', async () => {
    save(3);
    cache.clock.move(DAY_MS);
    cache.db.pragma('query_only = ON');
    keeper.start();
    await time.planned(60_000);
    assert.match(warnings.join(), /the database is not writable/);
    cache.db.pragma('query_only = OFF');
    time.advance(60_000);
    await time.planned(60_000);
    assert.equal(count(), 0);
  });
});
