import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { etag } from '../../src/core/storage.ts';

describe('etag', () => {
  it('refuses an empty one, which would turn a guarded write into a blind one', () => {
    assert.throws(() => etag(''), RangeError);
  });
  it('keeps any other', () => assert.equal(etag('W/"0"'), 'W/"0"'));
});
