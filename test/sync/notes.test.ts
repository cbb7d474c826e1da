import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { identOfUid } from '../../src/core/item.ts';
import type { Unfinished } from '../../src/core/status.ts';
import { href } from '../../src/core/storage.ts';
import { emptyStatus } from '../../src/sync/empty-status.ts';
import { identOfHref, placeOf } from '../../src/sync/known.ts';
import { toProblems } from '../../src/sync/notes.ts';
import { TextPool } from '../../src/sync/text-pool.ts';

const sources = { kind: 'calendar', status: emptyStatus, pool: new TextPool() } as const;
const left = (ident: Unfinished['ident']): Unfinished => ({
  ident,
  a: undefined,
  b: undefined,
  type: 'unclear',
  reason: 'the file is empty',
  atMs: 0,
});

describe('a resource without identity', () => {
  it('is named by its place', () => {
    assert.deepEqual(placeOf(identOfHref('b', href('/cal/a b.ics'))), { side: 'b', href: '/cal/a b.ics' });
    assert.equal(placeOf(identOfUid('a uid')), undefined);
  });

  it('is told of by its place, and never as a UID', () =>
    assert.deepEqual(toProblems([left(identOfHref('a', href('empty.ics')))], sources), [
      {
        type: 'unclear',
        uid: undefined,
        title: undefined,
        hrefs: { a: 'empty.ics', b: undefined },
        reason: 'the file is empty',
      },
    ]));

  it('an item without UID is not told by its hash', () =>
    assert.equal(toProblems([left(identOfUid('#cafe'))], sources)[0]?.uid, undefined));
});
