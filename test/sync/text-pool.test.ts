import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { href } from '../../src/core/storage.ts';
import { TextBudget, TextPool } from '../../src/sync/text-pool.ts';
import { itemOf } from '../support/items.ts';

describe('TextPool', () => {
  const item = itemOf('calendar', '1', 'tea');

  it('holds what fits, by side and href', () => {
    const pool = new TextPool(new TextBudget(item.text.length));
    assert.equal(pool.add('a', href('x'), item), true);
    assert.equal(pool.get('a', href('x')), item);
    assert.equal(pool.get('b', href('x')), undefined);
  });

  it('takes no more than fits, and again once there is room', () => {
    const pool = new TextPool(new TextBudget(item.text.length));
    pool.add('a', href('x'), item);
    assert.equal(pool.add('b', href('y'), item), false);
    pool.drop('a', href('x'));
    assert.equal(pool.add('b', href('y'), item), true);
  });

  it('shares its room with others, and gives back what it has', () => {
    const budget = new TextBudget(2 * item.text.length);
    const [one, other] = [new TextPool(budget), new TextPool(budget)];
    one.add('a', href('x'), item);
    one.add('b', href('x'), item);
    assert.equal(other.add('a', href('x'), item), false);
    one.clear();
    assert.equal(one.get('a', href('x')), undefined);
    assert.equal(other.add('a', href('x'), item), true);
    assert.equal(other.add('b', href('x'), item), true);
  });

  it('counts an item that is replaced once', () => {
    const pool = new TextPool(new TextBudget(item.text.length));
    pool.add('a', href('x'), item);
    assert.equal(pool.add('a', href('x'), item), true);
  });
});
