import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SyncedItem, Version } from '../../src/core/status.ts';
import type { Action } from '../../src/sync/action.ts';
import { inFlight } from '../../src/sync/in-flight.ts';
import { Known } from '../../src/sync/known.ts';
import { planCollection, planItem } from '../../src/sync/plan.ts';
import { MemoryStatus } from '../support/memory-status.ts';
import { IDENT, synced, version } from '../support/versions.ts';

const [old, neu, other] = [version('old'), version('new'), version('other')];
const gone = undefined;
const never = undefined;

type Case = [
  name: string,
  a: Version | undefined,
  b: Version | undefined,
  last: SyncedItem | undefined,
  want: string,
];
const cases: Case[] = [
  ['new on a: created on b', neu, gone, never, 'create on b'],
  ['new on b: created on a', gone, neu, never, 'create on a'],
  ['new on both, same content: only remembered', neu, neu, never, 'remember'],
  ['new on both, other content: conflict', neu, other, never, 'conflict'],
  ['changed on a: updated on b', neu, old, synced(old), 'update on b'],
  ['changed on b: updated on a', old, neu, synced(old), 'update on a'],
  ['changed on both alike: only remembered', neu, neu, synced(old), 'remember'],
  ['changed on both, otherwise: conflict', neu, other, synced(old), 'conflict'],
  ['changed on a to what a rewriting b holds: only remembered', other, other, synced(old, other), 'remember'],
  ['removed from a, unchanged on b: removed from b', gone, old, synced(old), 'remove on b'],
  ['removed from b, unchanged on a: removed from a', old, gone, synced(old), 'remove on a'],
  ['removed from a, edited on b: the edit comes back', gone, neu, synced(old), 'create on a'],
  ['removed from b, edited on a: the edit comes back', neu, gone, synced(old), 'create on b'],
  ['removed from both: forgotten', gone, gone, synced(old), 'forget'],
  ['on neither side and never known: nothing to do', gone, gone, never, 'nothing'],
  ['nothing changed: nothing to do', old, old, synced(old), 'nothing'],
  ['a server that rewrites what it stores: nothing to do', old, other, synced(old, other), 'nothing'],
  ['new etag, old content: only remembered', version('old', { tag: '2' }), old, synced(old), 'remember'],
  ['new href, old content: only remembered', old, version('old', { at: 'y' }), synced(old), 'remember'],
];

describe('planItem', () => {
  for (const [name, a, b, last, want] of cases) {
    it(name, () => assert.equal(inWords(planItem(IDENT, a, b, last)), want));
  }
});

const sent = { type: 'create', on: 'b', ident: IDENT, source: neu } as const;
const resent = { type: 'update', on: 'b', ident: IDENT, source: neu, target: old } as const;

type FlightCase = [
  name: string,
  flight: typeof sent | typeof resent,
  now: { a: Version | undefined; b: Version | undefined; landed?: boolean },
  ...want: string[],
];
const flights: FlightCase[] = [
  ['a creation that did not arrive: created', sent, { a: neu, b: gone }, 'create on b'],
  ['a creation that arrived: remembered', sent, { a: neu, b: neu }, 'remember'],
  [
    'a creation of which it is not known whether it arrived: conflict',
    sent,
    { a: neu, b: other },
    'conflict',
  ],
  [
    'a creation contained in what is there: the rest comes back',
    sent,
    { a: neu, b: other, landed: true },
    'remember',
    'update on a',
  ],
  ['a creation that arrived, edited since: updated', sent, { a: other, b: neu }, 'remember', 'update on b'],
  [
    'a creation that arrived, edited on both sides since: conflict',
    sent,
    { a: old, b: other, landed: true },
    'remember',
    'conflict',
  ],
  ['a creation that arrived, deleted since: removed', sent, { a: gone, b: neu }, 'remove on b'],
  ['an update that did not arrive: updated', resent, { a: neu, b: old }, 'update on b'],
  ['an update that arrived: remembered', resent, { a: neu, b: neu }, 'remember'],
  ['an update that arrived, edited since: updated', resent, { a: other, b: neu }, 'remember', 'update on b'],
  [
    'an update of which it is not known whether it arrived: conflict',
    resent,
    { a: neu, b: other },
    'conflict',
  ],
  [
    'an update whose edit is there: the rest comes back',
    resent,
    { a: neu, b: other, landed: true },
    'remember',
    'update on a',
  ],
];

describe('planCollection, of what was being written when the last run was killed', () => {
  for (const [name, action, { a, b, landed }, ...want] of flights) {
    it(name, () => {
      const status = new MemoryStatus();
      if (action.type === 'update') status.put([{ ...synced(old), text: undefined }]);
      const nothing = { token: undefined, state: undefined };
      status.finish({ a: nothing, b: nothing, unfinished: [inFlight(action, 0)], atMs: 0 });
      const plan = planCollection({
        a: side(a),
        b: side(b),
        known: new Known(status),
        landed: new Set(landed === true ? [IDENT] : []),
      });
      assert.deepEqual(plan.map(inWords), want);
    });
  }
});

const side = (now: Version | undefined): Parameters<typeof planCollection>[0]['a'] => ({
  items: new Map(now ? [[IDENT, now]] : []),
  removed: new Set(now ? [] : [IDENT]),
  unclear: new Map(),
});

function inWords(action: Action | undefined): string {
  if (!action) return 'nothing';
  return 'on' in action ? `${action.type} on ${action.on}` : action.type;
}
