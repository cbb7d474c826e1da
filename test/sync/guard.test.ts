import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EmptiedError } from '../../src/core/errors.ts';
import { identOfUid } from '../../src/core/item.ts';
import type { Unfinished } from '../../src/core/status.ts';
import { assertNotEmptied, emptiedSides, type GuardInput } from '../../src/sync/guard.ts';
import { identOfHref, Known, UNREAD } from '../../src/sync/known.ts';
import { MemoryStatus } from '../support/memory-status.ts';
import { leftover, synced, version } from '../support/versions.ts';

interface Given {
  /** How many items both sides have agreed on. */
  readonly known: number;
  readonly removedFromA?: number;
  readonly removedFromB?: number;
  readonly newOnA?: boolean;
  readonly unclearOnA?: boolean;
  readonly left?: readonly Unfinished[];
  readonly journalled?: boolean;
}

const ident = (number: number): ReturnType<typeof identOfUid> => identOfUid(`uid-${number}`);
const idents = (count: number): Set<ReturnType<typeof identOfUid>> =>
  new Set(Array.from({ length: count }, (_, at) => ident(at)));

function guard(given: Given): () => void {
  const status = new MemoryStatus();
  for (let at = 0; at < given.known; at += 1)
    status.put([{ ...synced(version('x', { at: `${at}.ics` }), undefined, ident(at)), text: undefined }]);
  const nothing = { token: undefined, state: undefined };
  status.finish({ a: nothing, b: nothing, unfinished: given.left ?? [], atMs: 0 });
  const doubt = { reason: '', weight: 'problem', settled: false, version: undefined } as const;
  const input: GuardInput = {
    a: {
      items: new Map(given.newOnA === true ? [[identOfUid('new'), version('new')]] : []),
      removed: idents(given.removedFromA ?? 0),
      unclear: new Map(given.unclearOnA === true ? [[identOfUid('unclear'), doubt]] : []),
    },
    b: { items: new Map(), removed: idents(given.removedFromB ?? 0), unclear: new Map() },
    known: new Known(status),
    deletions: { a: given.journalled === true ? 'journalled' : 'inferred', b: 'inferred' },
  };
  return () =>
    assertNotEmptied(emptiedSides(input), {
      count: input.known.syncedCount(),
      place: 'backup/work',
      oneWay: false,
    });
}

const unreadableGone = {
  ...leftover('unclear', version('', { at: 'odd.ics', tag: '1' }), undefined),
  ident: identOfHref('a', version('', { at: 'odd.ics', tag: '1' }).href),
};
const deletedBefore = { ...leftover('failed', undefined, version('x', { at: '0.ics' })), ident: ident(0) };
const refusedThere = {
  ...leftover('refused', version('y', { at: 'y.ics' }), undefined),
  ident: identOfUid('y'),
};

const cases: [name: string, given: Given, want: 'stops' | 'goes on'][] = [
  ['stops when one side has lost its only item', { known: 1, removedFromA: 1 }, 'stops'],
  ['stops when one side has lost everything', { known: 12, removedFromA: 12 }, 'stops'],
  ['stops for either side', { known: 3, removedFromB: 3 }, 'stops'],
  ['goes on while something is left', { known: 12, removedFromA: 11 }, 'goes on'],
  ['goes on when both sides have lost everything', { known: 3, removedFromA: 3, removedFromB: 3 }, 'goes on'],
  [
    'goes on when something new came in place of everything',
    { known: 3, removedFromA: 3, newOnA: true },
    'goes on',
  ],
  ['goes on while something cannot be read', { known: 3, removedFromA: 3, unclearOnA: true }, 'goes on'],
  ['goes on when nothing was known', { known: 0 }, 'goes on'],
  [
    'believes a mount that a few items were deleted',
    { known: 10, removedFromA: 10, journalled: true },
    'goes on',
  ],
  ['asks even a mount about many', { known: 11, removedFromA: 11, journalled: true }, 'stops'],
  ['counts what was gone before', { known: 1, left: [deletedBefore] }, 'stops'],
  ['counts what stayed there unsent', { known: 3, removedFromA: 3, left: [refusedThere] }, 'goes on'],
  [
    'is not fooled by an unreadable file that is gone too',
    { known: 3, removedFromA: 3, left: [unreadableGone] },
    'stops',
  ],
];

describe('assertNotEmptied', () => {
  for (const [name, given, want] of cases) {
    it(name, () => {
      if (want === 'stops') assert.throws(guard(given), EmptiedError);
      else guard(given)();
    });
  }

  it('says how many are gone from where, and what to do', () => {
    assert.throws(
      guard({ known: 2, removedFromB: 2 }),
      /all 2 items are gone from side b.*pimsync confirm backup\/work.*--allow-empty.*pimsync discard backup\/work/,
    );
  });

  it('takes no unread content for an item', () => assert.equal(UNREAD, ''));
});
