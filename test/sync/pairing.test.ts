import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../src/core/errors.ts';
import { collectionId, type CollectionInfo, href } from '../../src/core/storage.ts';
import type { Mapping, Side } from '../../src/core/status.ts';
import type { CollectionChoice } from '../../src/sync/pair.ts';
import { resolvePairings } from '../../src/sync/pairing.ts';

interface Given {
  /** `id` or `id@href`. */
  readonly a?: readonly string[];
  readonly b?: readonly string[];
  readonly wanted?: CollectionChoice;
  /** As `name=id@href+id@href`. */
  readonly known?: readonly string[];
}

const all: CollectionChoice = { type: 'all' };
const list = (...entries: (readonly [name: string, a: string, b: string])[]): CollectionChoice => ({
  type: 'list',
  entries: entries.map(([name, a, b]) => ({ name, a, b })),
});

/** As `name: a+b`, with `create id` for what is missing and `gone` for what is no longer there. */
const cases: [name: string, given: Given, want: readonly string[]][] = [
  [
    'pairs collections of the same id',
    { a: ['work', 'home'], b: ['home', 'work'] },
    ['work: work+work', 'home: home+home'],
  ],
  [
    'creates what one side lacks',
    { a: ['work'], b: ['home'] },
    ['work: work+create work', 'home: create home+home'],
  ],
  [
    'from a: leaves what only b has',
    { a: ['work'], b: ['home'], wanted: { type: 'from a' } },
    ['work: work+create work'],
  ],
  [
    'from b: leaves what only a has',
    { a: ['work'], b: ['home'], wanted: { type: 'from b' } },
    ['home: create home+home'],
  ],
  [
    'ties collections of different ids',
    { a: ['work'], b: ['buero'], wanted: list(['w', 'work', 'buero']) },
    ['w: work+buero'],
  ],
  [
    'creates a listed one that is nowhere on both',
    { wanted: list(['w', 'work', 'buero']) },
    ['w: create work+create buero'],
  ],
  [
    'leaves what is not listed',
    { a: ['work', 'home'], b: ['work'], wanted: list(['work', 'work', 'work']) },
    ['work: work+work'],
  ],
  [
    'takes one that is missing though it was there for gone',
    { a: ['work'], known: ['work=work@/a/work+work@/b/work'] },
    ['work: work+gone'],
  ],
  [
    'takes one that is missing on both though it was there for gone',
    { wanted: list(['work', 'work', 'work']), known: ['work=work@/a/work+work@/b/work'] },
    ['work: gone+gone'],
  ],
  [
    'creates one that was tied to another collection before',
    { a: ['work@/a/neu'], known: ['work=work@/a/work+work@/b/work'] },
    ['work: work+create work'],
  ],
  [
    'finds one whose server chose another id again',
    { a: ['work'], b: ['3f2@/b/3f2'], known: ['work=work@/a/work+work@/b/3f2'] },
    ['work: work+3f2'],
  ],
  [
    'ties a listed name to its new collection after a change of the configuration',
    {
      a: ['work'],
      b: ['alt'],
      wanted: list(['work', 'work', 'neu']),
      known: ['work=work@/a/work+alt@/b/alt'],
    },
    ['work: work+create neu'],
  ],
];

describe('resolvePairings', () => {
  for (const [name, given, want] of cases) {
    it(name, () => assert.deepEqual(resolve(given), want));
  }

  it('refuses one collection in two ties, and names both', () => {
    const wanted = list(['one', 'work', 'work'], ['two', 'work', 'other']);
    assert.throws(
      () => resolve({ a: ['work'], b: ['work', 'other'], wanted }),
      (error: unknown) => error instanceof ConfigError && /"one" and "two".*"work"/.test(error.message),
    );
  });

  it('refuses to create one collection for two ties', () => {
    const wanted = list(['one', 'work', 'neu'], ['two', 'home', 'neu']);
    assert.throws(() => resolve({ a: ['work', 'home'], wanted }), ConfigError);
  });
});

function resolve({ a = [], b = [], wanted = all, known = [] }: Given): string[] {
  const pairings = resolvePairings({
    a: a.map((text) => info('a', text)),
    b: b.map((text) => info('b', text)),
    wanted,
    known: known.map(toMapping),
  });
  return pairings.map((pairing) => {
    const [left, right] = (['a', 'b'] as const).map((side) => {
      if (pairing.goneFrom.includes(side)) return 'gone';
      return pairing[side].info?.id ?? `create ${pairing[side].id}`;
    });
    return `${pairing.name}: ${left}+${right}`;
  });
}

function info(side: Side, text: string): CollectionInfo {
  const [id = '', at = `/${side}/${id}`] = text.split('@');
  return { id: collectionId(id), href: href(at), kind: 'calendar', readOnly: false, properties: {} };
}

function toMapping(text: string): Mapping {
  const [name = '', places = ''] = text.split('=');
  const [a, b] = places.split('+').map((place) => info('a', place));
  assert.ok(a && b);
  return { name, a: { id: a.id, href: a.href }, b: { id: b.id, href: b.href } };
}
