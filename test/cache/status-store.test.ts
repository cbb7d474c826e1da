import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { type Database, openDatabase } from '../../src/cache/database.ts';
import { createMemo } from '../../src/cache/memo-store.ts';
import { createPairStatus } from '../../src/cache/status-store.ts';
import { brand } from '../../src/core/brand.ts';
import { type ContentHash, type Ident, identOfUid } from '../../src/core/item.ts';
import type { Agreement, Mapping, StatusStore, Unfinished, Version } from '../../src/core/status.ts';
import { collectionId, etag, href, syncToken } from '../../src/core/storage.ts';
import { MemoryStatus } from '../support/memory-status.ts';

let db: Database;
beforeEach(() => {
  db = openDatabase(':memory:');
});

const mapping = (name: string, a = '/a/', b = '/b/'): Mapping => ({
  name,
  a: { id: collectionId('ida'), href: href(a) },
  b: { id: collectionId('idb'), href: href(b) },
});
const version = (at: string, tag = '1'): Version => ({
  href: href(at),
  etag: etag(tag),
  hash: brand<ContentHash>(`hash-${tag}`),
});
const agreement = (
  uid: string,
  { a = uid, b = uid, tag = '1', text = undefined as string | undefined } = {},
): Agreement => ({
  ident: identOfUid(uid),
  a: version(`/a/${a}`, tag),
  b: version(`/b/${b}`, tag),
  text,
});
const left = (uid: string, type: Unfinished['type'] = 'failed'): Unfinished => ({
  ident: identOfUid(uid),
  a: version(`/a/${uid}`),
  b: undefined,
  type,
  reason: `${uid} failed`,
  atMs: 5,
});
const NOTHING = { token: undefined, state: undefined };
const open = (pair = 'pair', which = mapping('work')): StatusStore => createPairStatus(db, pair).open(which);

/** Everything that can be asked of a store. */
const contents = (store: StatusStore, uids: readonly string[]): unknown => ({
  all: [...store.all()].toSorted(byIdent),
  count: store.count(),
  unfinished: [...store.unfinished()].toSorted(byIdent),
  each: uids.map((uid) => {
    const ident = identOfUid(uid);
    const hrefs = (['a', 'b'] as const).map((side) => store.byHref(side, href(`/${side}/${uid}`))?.ident);
    return [uid, store.get(ident), store.base(ident), ...hrefs];
  }),
  progress: (['a', 'b'] as const).map((side) => store.progress(side)),
});
const byIdent = (one: { ident: Ident }, other: { ident: Ident }): number =>
  one.ident < other.ident ? -1 : 1;

describe('a pair’s status', () => {
  it('is empty at first and leaves no trace of a look', () => {
    const pair = createPairStatus(db, 'pair');
    const store = pair.open(mapping('work'));
    assert.deepEqual(contents(store, ['x']), contents(new MemoryStatus(), ['x']));
    assert.equal(store.lastCompleteAtMs('a'), undefined);
    assert.deepEqual(pair.mappings(), []);
    assert.equal(db.prepare('SELECT count(*) FROM mapping').pluck().get(), 0);
  });

  it('remembers a mapping from the first thing written to it', () => {
    const pair = createPairStatus(db, 'pair');
    pair.open(mapping('work')).put([agreement('1')]);
    assert.deepEqual(pair.mappings(), [mapping('work')]);
    assert.equal(open().count(), 1);
  });

  it('goes by the hrefs: a new alias keeps the memory, another href has none', () => {
    open().put([agreement('1')]);
    assert.equal(open('pair', mapping('alias')).count(), 1);
    open('pair', mapping('alias')).put([agreement('2')]);
    const pair = createPairStatus(db, 'pair');
    assert.deepEqual(pair.mappings(), [mapping('alias')]);
    assert.equal(open('pair', mapping('work', '/a/', '/other/')).count(), 0);
    assert.equal(open('another pair').count(), 0);
  });

  it('keeps a text until another one comes', () => {
    const store = open();
    store.put([agreement('1', { text: 'first' })]);
    store.put([agreement('1', { tag: '2' })]);
    assert.equal(store.base(identOfUid('1')), 'first');
    store.put([agreement('1', { tag: '3', text: 'second' })]);
    assert.equal(store.base(identOfUid('1')), 'second');
    store.forget([identOfUid('1')]);
    store.put([agreement('1')]);
    assert.equal(store.base(identOfUid('1')), undefined);
  });

  it('lets two items change places', () => {
    const store = open();
    store.put([agreement('1', { text: 'one' }), agreement('2')]);
    store.put([agreement('1', { a: '2', b: '2' }), agreement('2', { a: '1', b: '1' })]);
    assert.equal(store.byHref('a', href('/a/2'))?.ident, '1');
    assert.equal(store.base(identOfUid('1')), 'one');
  });

  it('has one item at an href, and keeps all or nothing', () => {
    const store = open();
    store.put([agreement('1', { text: 'one' })]);
    const before = contents(store, ['1', '2', '3']);
    assert.throws(
      () => store.put([agreement('3'), agreement('1', { tag: '9' }), agreement('2', { a: '1' })]),
      /UNIQUE/,
    );
    assert.throws(() => store.put([agreement('3'), agreement('2', { b: '1' })]), /UNIQUE/);
    assert.deepEqual(contents(store, ['1', '2', '3']), before);
  });

  it('ends a run in one step: progress, leftovers and time, or none of them', () => {
    const store = open();
    store.finish({
      a: { token: syncToken('t1'), state: 's1' },
      b: { token: undefined, state: 's2' },
      unfinished: [left('1'), left('2', 'conflict')],
      atMs: 77,
    });
    assert.deepEqual(store.unfinished(), [left('1'), left('2', 'conflict')]);
    assert.deepEqual(store.progress('a'), { token: 't1', state: 's1' });
    assert.deepEqual(store.progress('b'), { token: undefined, state: 's2' });
    const before = contents(store, []);
    const twice = { a: NOTHING, b: NOTHING, unfinished: [left('3'), left('3')], atMs: 78 };
    assert.throws(() => store.finish(twice), /UNIQUE/);
    assert.deepEqual(contents(store, []), before);
    store.finish({ a: NOTHING, b: NOTHING, unfinished: [], atMs: 79 });
    assert.deepEqual([store.unfinished(), store.progress('a')], [[], NOTHING]);
  });

  it('keeps the settings that a run was ended under until one tells others', () => {
    const run = { a: NOTHING, b: NOTHING, unfinished: [], atMs: 1 };
    const store = open();
    assert.equal(store.settings(), undefined);
    store.finish({ ...run, settings: 'one way' });
    store.finish(run);
    store.put([agreement('1')]);
    assert.equal(open().settings(), 'one way');
    store.finish({ ...run, settings: 'both ways' });
    assert.equal(open().settings(), 'both ways');
  });

  it('ends what was left over with the agreement on it, or when it is forgotten', () => {
    const store = open();
    store.finish({ a: NOTHING, b: NOTHING, unfinished: ['1', '2', '3'].map((uid) => left(uid)), atMs: 1 });
    store.put([agreement('1')]);
    store.forget([identOfUid('2')]);
    assert.deepEqual(store.unfinished(), [left('3')]);
  });

  it('keeps the time of the last complete listing apart from progress', () => {
    const store = open();
    store.setLastComplete('b', 123);
    store.finish({ a: NOTHING, b: { token: syncToken('t'), state: undefined }, unfinished: [], atMs: 1 });
    assert.deepEqual([store.lastCompleteAtMs('a'), store.lastCompleteAtMs('b')], [undefined, 123]);
    store.setLastComplete('b', 456);
    assert.deepEqual([store.lastCompleteAtMs('b'), store.progress('b').token], [456, 't']);
  });

  it('can be written to while its items are gone through', () => {
    const store = open();
    store.put([agreement('1'), agreement('2')]);
    for (const { ident } of store.all()) store.forget([ident]);
    assert.equal(store.count(), 0);
  });

  it('carries odd idents, hrefs and etags as they are', () => {
    const uid = ` a b'"%\u0001ü🎉`;
    const store = open();
    store.put([agreement(uid, { tag: 'W/"x"' })]);
    assert.deepEqual(
      [...store.all()].map(({ ident, a }) => [ident, a.etag]),
      [[uid, 'W/"x"']],
    );
  });
});

describe('a pair’s status, whatever is done to it', () => {
  const uid = fc.constantFrom('1', '2', '3', '4');
  const agreed = fc
    .record({ uid, a: uid, b: uid, tag: uid, text: fc.option(uid, { nil: undefined }) })
    .map(({ uid, ...rest }) => agreement(uid, rest));
  const batch = fc.uniqueArray(agreed, { selector: ({ ident }) => ident, maxLength: 3 });
  const leftover = fc.uniqueArray(uid, { maxLength: 3 }).map((uids) => uids.map((one) => left(one)));
  type Step = (store: StatusStore) => void;
  const step: fc.Arbitrary<Step> = fc.oneof(
    batch.map(
      (items): Step =>
        (store) =>
          store.put(items),
    ),
    fc.array(uid, { maxLength: 2 }).map(
      (uids): Step =>
        (store) =>
          store.forget(uids.map((one) => identOfUid(one))),
    ),
    leftover.map(
      (unfinished): Step =>
        (store) =>
          store.finish({ a: NOTHING, b: NOTHING, unfinished, atMs: 1 }),
    ),
  );

  it('says the same as a map', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const real = createPairStatus(openDatabase(':memory:'), 'pair').open(mapping('work'));
        let model = new MemoryStatus();
        const done: Step[] = [];
        for (const run of steps) {
          const isRefused = throws(() => run(real));
          assert.equal(
            throws(() => run(model)),
            isRefused,
          );
          if (!isRefused) done.push(run);
          // The model has no transactions: what it did by half is undone by doing the rest anew.
          else {
            model = new MemoryStatus();
            for (const again of done) again(model);
          }
          assert.deepEqual(contents(real, ['1', '2', '3', '4']), contents(model, ['1', '2', '3', '4']));
        }
      }),
      { numRuns: 150 },
    );
  });
});

function throws(run: () => void): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}

describe('a memo', () => {
  it('remembers by storage and key, and forgets', () => {
    const memo = createMemo(db, 'one');
    assert.equal(memo.get('home'), undefined);
    memo.set('home', '/cal/');
    memo.set('home', '/cal/me/');
    createMemo(db, 'two').set('home', '/other/');
    assert.deepEqual([createMemo(db, 'one').get('home'), memo.get('else')], ['/cal/me/', undefined]);
    memo.set('home', undefined);
    memo.set('home', undefined);
    assert.deepEqual([memo.get('home'), createMemo(db, 'two').get('home')], [undefined, '/other/']);
  });
});
