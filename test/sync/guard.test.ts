import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EmptiedError } from '../../src/core/errors.ts';
import { type Ident, identOfUid } from '../../src/core/item.ts';
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
  /** `known`: the last of the items. `item`: one that was never seen. `stranger`: a place that was never seen, with who knows what. */
  readonly unclearOnA?: 'known' | 'item' | 'stranger';
  /** Nothing that a lost would be deleted on b. */
  readonly unfollowed?: boolean;
  readonly left?: readonly Unfinished[];
  readonly journalled?: boolean;
}

const ident = (number: number): Ident => identOfUid(`uid-${number}`);
const idents = (count: number): Set<Ident> => new Set(Array.from({ length: count }, (_, at) => ident(at)));

const unclearAs = (known: number): Record<'known' | 'item' | 'stranger', Ident> => ({
  known: ident(known - 1),
  item: identOfUid('unclear'),
  stranger: identOfHref('a', version('?', { at: 'stranger.ics' }).href),
});

function inputOf(given: Given): GuardInput {
  const status = new MemoryStatus();
  for (let at = 0; at < given.known; at += 1)
    status.put([{ ...synced(version('x', { at: `${at}.ics` }), undefined, ident(at)), text: undefined }]);
  const nothing = { token: undefined, state: undefined };
  status.finish({ a: nothing, b: nothing, unfinished: given.left ?? [], atMs: 0 });
  const doubt = { reason: '', weight: 'problem', settled: false, version: undefined } as const;
  const unclear = given.unclearOnA && unclearAs(given.known)[given.unclearOnA];
  return {
    a: {
      items: new Map(given.newOnA === true ? [[identOfUid('new'), version('new')]] : []),
      removed: idents(given.removedFromA ?? 0),
      unclear: new Map(unclear === undefined ? [] : [[unclear, doubt]]),
    },
    b: { items: new Map(), removed: idents(given.removedFromB ?? 0), unclear: new Map() },
    known: new Known(status),
    deletions: { a: given.journalled === true ? 'journalled' : 'inferred', b: 'inferred' },
    unfollowed: given.unfollowed === true ? ['a'] : [],
  };
}

function verdictOn(given: Given): Verdict {
  const [emptied] = emptiedSides(inputOf(given));
  if (!emptied) return 'goes on';
  return emptied.isReplaced ? 'holds' : 'stops';
}

const unreadableGone = {
  ...leftover('unclear', version('', { at: 'odd.ics', tag: '1' }), undefined),
  ident: identOfHref('a', version('', { at: 'odd.ics', tag: '1' }).href),
};
const deletedBefore = { ...leftover('failed', undefined, version('x', { at: '0.ics' })), ident: ident(0) };
const deletedLast = { ...deletedBefore, ident: ident(11) };
const strangerBefore = {
  ...leftover('unclear', version('', { at: 'stranger.ics', tag: '1' }), undefined),
  ident: identOfHref('a', version('?', { at: 'stranger.ics' }).href),
};
const refusedThere = {
  ...leftover('refused', version('y', { at: 'y.ics' }), undefined),
  ident: identOfUid('y'),
};

type Verdict = 'stops' | 'holds' | 'goes on';

const cases: [name: string, given: Given, want: Verdict][] = [
  ['stops when one side has lost its only item', { known: 1, removedFromA: 1 }, 'stops'],
  ['stops when one side has lost everything', { known: 12, removedFromA: 12 }, 'stops'],
  ['stops for either side', { known: 3, removedFromB: 3 }, 'stops'],
  ['goes on while something is left', { known: 12, removedFromA: 11 }, 'goes on'],
  ['goes on when both sides have lost everything', { known: 3, removedFromA: 3, removedFromB: 3 }, 'goes on'],
  ['goes on when nothing was known', { known: 0 }, 'goes on'],
  ['holds back the deletions when something new came', { known: 3, removedFromA: 3, newOnA: true }, 'holds'],
  [
    'believes that two were replaced by something new',
    { known: 2, removedFromA: 2, newOnA: true },
    'goes on',
  ],
  [
    'holds them back when something that cannot be read came',
    { known: 3, removedFromA: 3, unclearOnA: 'item' },
    'holds',
  ],
  [
    'holds them back though one of them may be there under another name',
    { known: 4, removedFromA: 4, unclearOnA: 'stranger' },
    'holds',
  ],
  [
    'goes on when no more than two are gone if one of them may be there',
    { known: 3, removedFromA: 3, unclearOnA: 'stranger' },
    'goes on',
  ],
  ['goes on while one of them is in doubt', { known: 12, removedFromA: 11, unclearOnA: 'known' }, 'goes on'],
  [
    'goes on when one that was gone is back',
    { known: 12, removedFromA: 11, left: [deletedLast], unclearOnA: 'known' },
    'goes on',
  ],
  [
    'takes what could not be read before for none of them',
    { known: 3, removedFromA: 3, left: [strangerBefore], unclearOnA: 'stranger' },
    'holds',
  ],
  [
    'believes a mount that a few items were deleted',
    { known: 10, removedFromA: 10, journalled: true },
    'goes on',
  ],
  ['asks even a mount about many', { known: 11, removedFromA: 11, journalled: true }, 'stops'],
  [
    'asks even a mount about many when something new came',
    { known: 11, removedFromA: 11, journalled: true, newOnA: true },
    'holds',
  ],
  ['counts what was gone before', { known: 1, left: [deletedBefore] }, 'stops'],
  ['sees what stayed there unsent', { known: 3, removedFromA: 3, left: [refusedThere] }, 'holds'],
  [
    'is not fooled by an unreadable file that is gone too',
    { known: 3, removedFromA: 3, left: [unreadableGone] },
    'stops',
  ],
  [
    'goes on where nothing would be deleted on the other side',
    { known: 12, removedFromA: 12, unfollowed: true },
    'goes on',
  ],
];

describe('emptiedSides', () => {
  for (const [name, given, want] of cases) it(name, () => assert.equal(verdictOn(given), want));

  it('takes no unread content for an item', () => assert.equal(UNREAD, ''));
});

describe('assertNotEmptied', () => {
  const place = { count: 2, place: 'backup/work', oneWay: false, isAsked: false };

  it('says how many are gone from where, and what to do', () => {
    assert.throws(() => assertNotEmptied([{ side: 'b', isReplaced: false }], place), {
      name: EmptiedError.name,
      message:
        /all 2 items are gone from side b.*pimsync confirm backup\/work.*--allow-empty.*pimsync discard backup\/work/,
    });
  });

  it('lets all go on but the deletions where something else is there', () =>
    assertNotEmptied([{ side: 'b', isReplaced: true }], place));
});
