import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Ident, identOfUid } from '../../src/core/item.ts';
import type { Version } from '../../src/core/status.ts';
import type { Href, UnclearRef } from '../../src/core/storage.ts';
import { identify, type Identified } from '../../src/sync/identify.ts';
import { identOfHref, Known, UNREAD } from '../../src/sync/known.ts';
import { MemoryStatus } from '../support/memory-status.ts';
import { synced, version } from '../support/versions.ts';

const [tea, cake] = [identOfUid('tea'), identOfUid('cake')];
const at = (place: string, content = 'old'): Version => version(content, { at: place });

interface Given {
  /** What was known on side a. */
  readonly known?: readonly (readonly [Ident, Version])[];
  readonly found?: readonly (readonly [Ident, Version])[];
  readonly gone?: readonly (readonly [Href, Ident])[];
  readonly unserved?: readonly Version[];
  readonly unclear?: readonly UnclearRef[];
}

function findings({ known = [], found = [], gone = [], unserved = [], unclear = [] }: Given): Identified {
  const status = new MemoryStatus();
  for (const [ident, a] of known) status.put([{ ...synced(a, a, ident), text: undefined }]);
  return identify({
    side: 'a',
    known: new Known(status),
    listing: { stale: new Map(), gone: new Map(gone), unclear, complete: false, token: undefined },
    found: found.map(([ident, now]) => ({ ident, version: now })),
    unserved: new Map(
      unserved.map((now) => [now.href, { reason: 'no answer', settled: false, version: now }]),
    ),
  });
}

/** As `tea at x`, `-tea` for removed, `?tea` for unclear. */
function inWords({ items, removed, unclear, copies }: Identified): string[] {
  return [
    ...[...items].map(([ident, { href }]) => `${ident} at ${href}`),
    ...[...(copies ?? [])].flatMap(([ident, refs]) => refs.map(({ href }) => `${ident} copied at ${href}`)),
    ...[...removed].map((ident) => `-${ident}`),
    ...[...unclear.keys()].map((ident) => `?${ident}`),
  ];
}

const doubt = (place: string, ident?: Ident): UnclearRef => ({
  href: at(place).href,
  ident,
  reason: 'unsure',
  weight: 'passing',
});
const cases: [name: string, given: Given, want: string[]][] = [
  ['a new item', { found: [[tea, at('x')]] }, ['tea at x']],
  ['a changed item', { known: [[tea, at('x')]], found: [[tea, at('x', 'new')]] }, ['tea at x']],
  ['a deleted item', { known: [[tea, at('x')]], gone: [[at('x').href, tea]] }, ['-tea']],
  [
    'a moved item',
    { known: [[tea, at('x')]], found: [[tea, at('y')]], gone: [[at('x').href, tea]] },
    ['tea at y'],
  ],
  [
    'an item whose place was taken by another',
    { known: [[tea, at('x')]], found: [[cake, at('x', 'new')]] },
    ['cake at x', '-tea'],
  ],
  [
    'an item that moved while its place was taken by another',
    {
      known: [[tea, at('x')]],
      found: [
        [cake, at('x', 'new')],
        [tea, at('y')],
      ],
    },
    ['cake at x', 'tea at y'],
  ],
  [
    'a second item with a known UID: set aside, with the place of the second',
    { known: [[tea, at('x')]], found: [[tea, at('y', 'new')]] },
    ['?tea', '? a y'],
  ],
  [
    'the same item at a second place: itself, with a copy',
    { known: [[tea, at('x')]], found: [[tea, at('y')]] },
    ['tea at x', 'tea copied at y', '? a y'],
  ],
  [
    'the same item at two new places: itself, with a copy',
    {
      found: [
        [tea, at('y')],
        [tea, at('x')],
      ],
    },
    ['tea at x', 'tea copied at y', '? a y'],
  ],
  ['a known item that was not handed out', { known: [[tea, at('x')]], unserved: [at('x')] }, ['?tea']],
  ['something unknown that was not handed out', { unserved: [at('x')] }, ['? a x']],
  [
    'an item found elsewhere while its place was not handed out: both places in doubt',
    { known: [[tea, at('x')]], found: [[tea, at('y')]], unserved: [at('x')] },
    ['? a y', '?tea'],
  ],
  [
    'a deleted item that may be on its way to another place',
    { known: [[tea, at('x')]], gone: [[at('x').href, tea]], unclear: [doubt('y', tea)] },
    ['?tea'],
  ],
  [
    'a found item that may be on its way to another place',
    { known: [[tea, at('x')]], found: [[tea, at('x', 'new')]], unclear: [doubt('y', tea)] },
    ['?tea'],
  ],
  [
    'an unclear place known for one item and said to hold another: both in doubt',
    { known: [[tea, at('x')]], unclear: [doubt('x', cake)] },
    ['?tea', '?cake'],
  ],
  ['an unclear place of which nothing is known', { unclear: [doubt('x')] }, ['? a x']],
];

describe('identify', () => {
  for (const [name, given, want] of cases) it(name, () => assert.deepEqual(inWords(findings(given)), want));

  it('keeps the places of doubles as unread, to look at them again', () => {
    const { unclear } = findings({ known: [[tea, at('x')]], found: [[tea, at('y', 'new')]] });
    assert.deepEqual(unclear.get(tea)?.version, at('x'));
    assert.equal(unclear.get(identOfHref('a', at('y').href))?.version?.hash, UNREAD);
  });
});
