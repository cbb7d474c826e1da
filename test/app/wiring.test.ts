import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { davOptions, isDav } from '../../src/app/wiring.ts';
import { openDatabase } from '../../src/cache/database.ts';
import { OriginLimits } from '../../src/dav/origin-limits.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { DAV, interpret } from '../support/config-texts.ts';

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
