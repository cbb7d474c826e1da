import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { href } from '../../src/core/storage.ts';
import { TextPool } from '../../src/sync/text-pool.ts';
import { itemOf } from '../support/items.ts';

describe('TextPool', () => {
  const item = itemOf('calendar', '1', 'tea');

  it('holds what fits, by side and href', () => {
    const pool = new TextPool(item.text.length);
    assert.equal(pool.add('a', href('x'), item), true);
    assert.equal(pool.get('a', href('x')), item);
    assert.equal(pool.get('b', href('x')), undefined);
  });

  it('takes no more than fits, and again once there is room', () => {
    const pool = new TextPool(item.text.length);
    pool.add('a', href('x'), item);
    assert.equal(pool.add('b', href('y'), item), false);
    pool.drop('a', href('x'));
    assert.equal(pool.add('b', href('y'), item), true);
  });

  it('counts an item that is replaced once', () => {
    const pool = new TextPool(item.text.length);
    pool.add('a', href('x'), item);
    assert.equal(pool.add('a', href('x'), item), true);
  });
});
