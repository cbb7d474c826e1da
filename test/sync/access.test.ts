import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Unfinished } from '../../src/core/status.ts';
import { applyAccess } from '../../src/sync/access.ts';
import type { Action } from '../../src/sync/action.ts';
import { Known } from '../../src/sync/known.ts';
import { MemoryStatus } from '../support/memory-status.ts';
import { IDENT, leftover, version } from '../support/versions.ts';

const [old, neu] = [version('old'), version('new')];
const create: Action = { type: 'create', on: 'b', ident: IDENT, source: neu };
const update: Action = { type: 'update', on: 'b', ident: IDENT, source: neu, target: old };
const remove: Action = { type: 'remove', on: 'b', ident: IDENT, target: old };
const NOW = 1000;

interface Given {
  readonly action: Action;
  readonly before?: Unfinished;
  readonly readOnly?: 'a' | 'b';
  /** Side b keeps its items. */
  readonly noDelete?: boolean;
  readonly retryRefused?: boolean;
}

function access({
  action,
  before,
  readOnly,
  noDelete = false,
  retryRefused = false,
}: Given): ReturnType<typeof applyAccess> {
  const status = new MemoryStatus();
  const nothing = { token: undefined, state: undefined };
  status.finish({ a: nothing, b: nothing, unfinished: before ? [before] : [], atMs: 0 });
  return applyAccess({
    actions: [action],
    writable: { a: readOnly !== 'a', b: readOnly !== 'b' },
    noDelete: { a: false, b: noDelete },
    known: new Known(status),
    retryRefused,
    nowMs: NOW,
  });
}

const readOnlyBefore = leftover('refused', neu, undefined, 'side b is read-only');
const cases: [name: string, given: Given, want: 'done' | 'refused'][] = [
  ['creates on a side that takes writes', { action: create }, 'done'],
  ['does not create on a read-only side', { action: create, readOnly: 'b' }, 'refused'],
  ['does not update on a read-only side', { action: update, readOnly: 'b' }, 'refused'],
  ['does not remove from a read-only side', { action: remove, readOnly: 'b' }, 'refused'],
  ['writes to the other side of a read-only one', { action: create, readOnly: 'a' }, 'done'],
  [
    'remembers what a read-only side has',
    { action: { type: 'remember', ident: IDENT, a: neu, b: neu }, readOnly: 'b' },
    'done',
  ],
  [
    'does not try again what was refused',
    { action: create, before: leftover('refused', neu, undefined) },
    'refused',
  ],
  [
    'tries again what was refused when asked to',
    { action: create, before: leftover('refused', neu, undefined), retryRefused: true },
    'done',
  ],
  [
    'tries another text than the refused one',
    { action: create, before: leftover('refused', old, undefined) },
    'done',
  ],
  [
    'tries again over another text than before',
    { action: update, before: leftover('refused', neu, neu) },
    'done',
  ],
  ['tries again what only failed', { action: create, before: leftover('failed', neu, undefined) }, 'done'],
  ['removes nothing from a side that keeps its items', { action: remove, noDelete: true }, 'refused'],
  ['writes to a side that keeps its items', { action: update, noDelete: true }, 'done'],
  ['tries again once a side is no longer read-only', { action: create, before: readOnlyBefore }, 'done'],
];

describe('applyAccess', () => {
  for (const [name, given, want] of cases) {
    it(name, () => {
      const { actions, left } = access(given);
      assert.deepEqual(actions, want === 'done' ? [given.action] : []);
      assert.equal(left.length, want === 'done' ? 0 : 1);
    });
  }

  it('keeps what each side holds, why and since when', () => {
    const before = { ...leftover('refused', neu, old, 'too large'), atMs: 7 };
    const moved = { ...neu, href: version('new', { at: 'y' }).href };
    assert.deepEqual(access({ action: { ...update, source: moved }, before }).left, [
      { ...before, a: moved },
    ]);
  });

  it('dates a refusal from when it was first met', () => {
    const [first] = access({ action: create, readOnly: 'b' }).left;
    assert.equal(first?.atMs, NOW);
    assert.equal(access({ action: create, readOnly: 'b', before: readOnlyBefore }).left[0]?.atMs, 0);
  });
});
