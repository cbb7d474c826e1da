import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AlreadyExistsError,
  type PimsyncError,
  RefusedError,
  ServerError,
  UnreachableError,
} from '../../src/core/errors.ts';
import type { CollectionReport } from '../../src/repair/repair-collection.ts';
import { calendar, lunch, standup } from '../support/calendar-texts.ts';
import { eventText } from '../support/items.ts';
import type { CallName, Write } from '../support/memory-storage.ts';
import { outcomes, repaired, stored } from '../support/repairs.ts';

const withoutUid = eventText({ uid: undefined });
const both = calendar(...standup(), ...lunch());

/** Fails these writes. */
const failing =
  (error: PimsyncError, ...writes: readonly Write[]) =>
  (write: Write): PimsyncError | undefined =>
    writes.includes(write) ? error : undefined;

/** Does something before the nth call of that name. */
function before(
  name: CallName,
  nth: number,
  act: () => void,
): (call: CallName, when: 'before' | 'after') => void {
  let count = 0;
  return (call, when) => {
    if (call === name && when === 'before' && (count += 1) === nth) act();
  };
}

const reasonsIn = ({ items }: CollectionReport): string =>
  items.flatMap(({ outcome }) => ('reason' in outcome ? outcome.reason : [])).join('\n');

describe('what a storage refuses', () => {
  for (const error of [new RefusedError('no'), new AlreadyExistsError('no')]) {
    it(`another UID in the same place (${error.code}): the item gets another place`, async () => {
      const { collection } = stored({ 'a.ics': withoutUid }, { failsWrite: failing(error, 'update') });
      assert.deepEqual(outcomes(await repaired(collection)), ['a.ics: repaired (no-uid)']);
      assert.deepEqual(collection.texts(), { 'new-1.ics': eventText({ uid: 'new-1' }) });
    });
  }

  it('another text under the same UID: told, and no second copy is tried', async () => {
    const text = `\uFEFF${eventText()}`;
    const { collection } = stored(
      { 'a.ics': text },
      { failsWrite: failing(new RefusedError('no'), 'update') },
    );
    const report = await repaired(collection);
    assert.deepEqual(outcomes(report), ['a.ics: failed (bom)']);
    assert.equal(reasonsIn(report), 'no');
    assert.deepEqual([collection.texts(), collection.calls.create], [{ 'a.ics': text }, 0]);
  });

  it('one item: told, nothing of it is changed, and the others are repaired', async () => {
    const failsWrite = (_: Write, subject: string): PimsyncError | undefined =>
      subject.endsWith('a.ics') || subject === 'new-1' ? new RefusedError('too old') : undefined;
    const { collection } = stored(
      { 'a.ics': eventText({ uid: undefined, summary: 'a' }), 'b.ics': withoutUid },
      { failsWrite },
    );
    assert.deepEqual(outcomes(await repaired(collection)), [
      'a.ics: failed (no-uid)',
      'b.ics: repaired (no-uid)',
    ]);
    assert.equal(collection.texts()['a.ics'], eventText({ uid: undefined, summary: 'a' }));
  });

  it('the second part of a split: the whole stays as it is', async () => {
    const { collection } = stored(
      { 'a.ics': both },
      { failsWrite: failing(new RefusedError('no'), 'create') },
    );
    assert.deepEqual(outcomes(await repaired(collection)), ['a.ics: failed (several-items)']);
    assert.deepEqual(collection.texts(), { 'a.ics': both });
  });

  it('the last step of a split: what was created is taken back', async () => {
    const { collection } = stored(
      { 'a.ics': both },
      { failsWrite: failing(new ServerError('down'), 'update') },
    );
    assert.deepEqual(outcomes(await repaired(collection)), ['a.ics: failed (several-items)']);
    assert.deepEqual(collection.texts(), { 'a.ics': both });
  });

  it('the last step of a split, and the taking back: the next repair finds the copy', async () => {
    const { collection, options } = stored(
      { 'a.ics': both },
      { failsWrite: failing(new ServerError('down'), 'update', 'remove') },
    );
    assert.deepEqual(outcomes(await repaired(collection)), ['a.ics: failed (several-items)']);
    assert.deepEqual(Object.keys(collection.texts()).toSorted(), ['a.ics', 'lunch.ics']);
    options.failsWrite = undefined;
    await repaired(collection);
    assert.deepEqual(collection.texts(), {
      'a.ics': calendar(...standup()),
      'lunch.ics': calendar(...lunch()),
    });
  });

  it('every connection: it ends there, and what was done is told', async () => {
    const failsWrite = (_: Write, subject: string): PimsyncError | undefined =>
      subject.endsWith('b.ics') ? new UnreachableError('the network is gone') : undefined;
    const texts = Object.fromEntries(
      ['a', 'b', 'c'].map((name) => [`${name}.ics`, eventText({ uid: undefined, summary: name })]),
    );
    const { collection } = stored(texts, { failsWrite });
    const report = await repaired(collection);
    assert.deepEqual(outcomes(report), ['a.ics: repaired (no-uid)']);
    assert.equal(report.error?.code, 'unreachable');
    assert.equal(collection.calls.update, 2);
  });

  it('being read', async () => {
    const { collection } = stored({ 'a.ics': withoutUid }, { failsListing: new ServerError('down') });
    const { error, items, looked } = await repaired(collection);
    assert.deepEqual([error?.message, items, looked], ['down', [], 0]);
  });

  it('being written: told before anything is read; a preview is possible', async () => {
    const { collection } = stored({ 'a.ics': withoutUid }, { readOnly: true });
    assert.equal((await repaired(collection)).error?.code, 'read-only');
    assert.equal(collection.calls.changes, 0);
    assert.deepEqual(outcomes(await repaired(collection, { apply: false })), ['a.ics: planned (no-uid)']);
  });
});

describe('what somebody else does meanwhile', () => {
  it('an edit between looking and repairing: left alone', async () => {
    const { collection, options } = stored({ 'a.ics': withoutUid });
    options.onCall = before('fetch', 2, () =>
      collection.put('a.ics', eventText({ uid: undefined, summary: 'new' })),
    );
    const report = await repaired(collection);
    assert.deepEqual(outcomes(report), ['a.ics: skipped (no-uid)']);
    assert.match(reasonsIn(report), /changed or deleted meanwhile; run it again/);
    assert.equal(collection.writes, 0);
  });

  it('an edit at the last moment: left alone', async () => {
    const { collection, options } = stored({ 'a.ics': withoutUid });
    const edited = eventText({ uid: undefined, summary: 'new' });
    options.onCall = before('update', 1, () => collection.put('a.ics', edited));
    assert.deepEqual(outcomes(await repaired(collection)), ['a.ics: skipped (no-uid)']);
    assert.deepEqual(collection.texts(), { 'a.ics': edited });
  });

  it('an edit after the item was created elsewhere: that is taken back', async () => {
    const { collection, options } = stored(
      { 'a.ics': withoutUid },
      { failsWrite: failing(new RefusedError('no'), 'update') },
    );
    const edited = eventText({ uid: undefined, summary: 'new' });
    options.onCall = before('remove', 1, () => collection.put('a.ics', edited));
    assert.deepEqual(outcomes(await repaired(collection)), ['a.ics: skipped (no-uid)']);
    assert.deepEqual(collection.texts(), { 'a.ics': edited });
  });

  it('a deletion: it does not come back', async () => {
    const { collection, options } = stored({ 'a.ics': withoutUid });
    options.onCall = before('fetch', 2, () => collection.drop('a.ics'));
    assert.deepEqual(outcomes(await repaired(collection)), ['a.ics: skipped (no-uid)']);
    assert.deepEqual(collection.texts(), {});
  });

  const kept: [
    what: string,
    act: (drop: (name: string) => void, put: (name: string, text: string) => void) => void,
  ][] = [
    ['deleted', (drop) => drop('1.ics')],
    ['edited', (_, put) => put('1.ics', eventText({ summary: 'new' }))],
    ['damaged', (_, put) => put('1.ics', '')],
  ];
  for (const [what, act] of kept) {
    it(`the one that a copy was to be removed for is ${what}: the copy stays`, async () => {
      const { collection, options } = stored({ '1.ics': eventText(), '2.ics': eventText() });
      options.onCall = before('fetch', 2, () =>
        act(
          (name) => collection.drop(name),
          (name, text) => void collection.put(name, text),
        ),
      );
      const report = await repaired(collection);
      assert.deepEqual(outcomes(report), ['2.ics: skipped (copy)']);
      assert.equal(collection.texts()['2.ics'], eventText());
    });
  }

  it('an edit of a copy at the last moment: it stays', async () => {
    const { collection, options } = stored({ '1.ics': eventText(), '2.ics': eventText() });
    options.onCall = before('remove', 1, () => collection.put('2.ics', eventText({ summary: 'new' })));
    assert.deepEqual(outcomes(await repaired(collection)), ['2.ics: skipped (copy)']);
    assert.equal(collection.texts()['2.ics'], eventText({ summary: 'new' }));
  });

  it('an interruption: it ends between two items', async () => {
    const abort = new AbortController();
    const { collection } = stored({ 'a.ics': withoutUid, 'b.ics': both });
    const onItem = (): void => abort.abort(new Error('interrupted'));
    await assert.rejects(repaired(collection, { signal: abort.signal, onItem }), /interrupted/);
    assert.deepEqual(collection.texts(), { 'a.ics': eventText({ uid: 'new-1' }), 'b.ics': both });
  });
});
