import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { davOptions, isDav, openEngine } from '../../src/app/wiring.ts';
import { openDatabase } from '../../src/cache/database.ts';
import { OriginLimits } from '../../src/http/origin-limits.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { DAV, interpret, PAIR, VDIR } from '../support/config-texts.ts';

describe('a DAV storage', () => {
  it('is opened with the limits of its configuration and of its engine', (context) => {
    const db = openDatabase(':memory:');
    context.after(() => void db.close());
    const config = interpret(`${DAV}max_item = "1kB"\nmax_response = "2kB"\n`).storages.get('dav');
    assert.ok(config && isDav(config));
    const limits = new OriginLimits();
    const options = davOptions(config, { db, log: silentLogger, prompted: {}, limits });
    assert.equal(options.maxItemBytes, 1024);
    assert.equal(options.maxResponseBytes, 2048);
    assert.equal(options.limits, limits);
  });
});

describe('the interval of a pair', () => {
  const FEED = '[storage.dav]\ntype = "webcal"\nurl = "webcals://example.com/a.ics"\ninterval = "2h"\n';
  const cases: [rule: string, text: string, wantMs: number][] = [
    ['is the shorter one of its storages', `${DAV}${VDIR}${PAIR}`, 30_000],
    [
      'is the one of a feed, whose server the folder beside it must not trouble',
      `${FEED}${VDIR}${PAIR}`,
      7_200_000,
    ],
  ];
  for (const [rule, text, wantMs] of cases) {
    it(rule, async (context) => {
      const db = openDatabase(':memory:');
      context.after(() => void db.close());
      const engine = openEngine({
        config: interpret(text),
        prompted: {},
        db,
        clock: { nowMs: () => 0 },
        log: silentLogger,
        publisher: () => undefined,
        hurry: () => false,
      });
      context.after(() => engine.close());
      assert.deepEqual(
        engine.pairs.map(({ intervalMs, unwatched }) => [intervalMs, unwatched === true]),
        [[wantMs, text.includes('webcal')]],
      );
    });
  }
});
