import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Changes } from '../../src/core/storage.ts';
import { etag, href, syncToken } from '../../src/core/storage.ts';
import { Known } from '../../src/sync/known.ts';
import { readListing } from '../../src/sync/listing.ts';
import { MemoryStatus } from '../support/memory-status.ts';
import { synced, version } from '../support/versions.ts';

describe('readListing', () => {
  const old = version('old');
  const known = (): Known => {
    const status = new MemoryStatus();
    status.put([{ ...synced(old), text: undefined }]);
    return new Known(status);
  };
  const answer = (fields: Partial<Changes>): Changes => ({
    complete: true,
    changed: [],
    removed: [],
    unclear: [],
    token: syncToken('1'),
    ...fields,
  });
  const other = { href: old.href, etag: etag('2') };

  it('fetches nothing that is known under its etag', () => {
    const { stale, gone } = readListing(answer({ changed: [old] }), 'a', known());
    assert.deepEqual([stale.size, gone.size], [0, 0]);
  });

  it('fetches once what is listed three times, under the last etag', () => {
    const { stale } = readListing(answer({ changed: [old, other, other] }), 'a', known());
    assert.deepEqual([...stale], [[other.href, other.etag]]);
  });

  it('takes nothing for gone that is outside of what was chosen', () => {
    for (const complete of [true, false]) {
      const { stale, gone } = readListing(answer({ complete, outside: [old.href] }), 'a', known());
      assert.deepEqual([stale.size, gone.size], [0, 0]);
    }
  });

  it('takes what a complete listing lacks for gone', () => {
    assert.deepEqual([...readListing(answer({}), 'a', known()).gone.keys()], [old.href]);
  });

  it('takes what an incremental answer does not mention for unchanged', () => {
    assert.equal(readListing(answer({ complete: false }), 'a', known()).gone.size, 0);
  });

  it('believes in existence where an answer says both', () => {
    const both = answer({ complete: false, changed: [other], removed: [old.href] });
    const { stale, gone } = readListing(both, 'a', known());
    assert.deepEqual([stale.size, gone.size], [1, 0]);
  });

  it('passes over the removal of what was never known', () => {
    assert.equal(readListing(answer({ complete: false, removed: [href('y')] }), 'a', known()).gone.size, 0);
  });

  it('concludes nothing about what is unclear, listed or not', () => {
    const unclear = [{ href: old.href, ident: undefined, reason: '', weight: 'problem' } as const];
    for (const changed of [[other], []]) {
      const { stale, gone } = readListing(answer({ changed, unclear }), 'a', known());
      assert.deepEqual([stale.size, gone.size], [0, 0]);
    }
  });
});
