import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Component, parseComponents } from '../../src/core/component.ts';

/** The blocks of a text as nested names; a trailing `?` marks one that is never closed. */
const shapeOf = (text: string): string => parseComponents(text).components.map(inShort).join(' ');

function inShort({ name, components, closed }: Component): string {
  const inner = components.length === 0 ? '' : `(${components.map(inShort).join(' ')})`;
  return `${name}${closed ? '' : '?'}${inner}`;
}

const lines = (...some: string[]): string => some.join('\n');

describe('parseComponents', () => {
  const cases: [rule: string, text: string, shape: string, whole: boolean][] = [
    ['one block', lines('BEGIN:A', 'X:1', 'END:A'), 'A', true],
    ['nested blocks', lines('BEGIN:A', 'BEGIN:B', 'END:B', 'BEGIN:C', 'END:C', 'END:A'), 'A(B C)', true],
    ['several outer blocks', lines('BEGIN:A', 'END:A', 'BEGIN:B', 'END:B'), 'A B', true],
    ['names in small letters and blanks', lines('begin: a ', 'end:A'), 'A', true],
    ['a BOM', `\uFEFF${lines('BEGIN:A', 'END:A')}`, 'A', true],
    ['a folded BEGIN', lines('BEG', ' IN:A', 'END:', ' A'), 'A', true],
    ['blank lines around', `\n\n${lines('BEGIN:A', '', 'END:A')}\n\n`, 'A', true],
    ['a missing END', lines('BEGIN:A', 'X:1'), 'A?', false],
    ['a missing inner END', lines('BEGIN:A', 'BEGIN:B', 'END:A'), 'A?(B?)', false],
    ['an END too many', lines('BEGIN:A', 'END:A', 'END:A'), 'A', false],
    ['an END of something else', lines('BEGIN:A', 'END:B', 'END:A'), 'A', false],
    ['a line in front', lines('X:1', 'BEGIN:A', 'END:A'), 'A', false],
    ['a line behind', lines('BEGIN:A', 'END:A', 'X:1'), 'A', false],
    ['no block', 'X:1', '', false],
    ['nothing', '', '', false],
    ['NUL', '\u0000', '', false],
  ];
  for (const [rule, text, shape, whole] of cases) {
    it(`reads ${rule}`, () => {
      assert.equal(shapeOf(text), shape);
      assert.equal(parseComponents(text).whole, whole);
    });
  }

  const nested = (depth: number): string => 'BEGIN:A\n'.repeat(depth) + 'END:A\n'.repeat(depth);

  it('takes 64 blocks in each other', () => assert.equal(parseComponents(nested(64)).whole, true));
  it('takes more for damage', () => assert.equal(parseComponents(nested(65)).whole, false));
  it('stands any depth', () => assert.equal(parseComponents(nested(200_000)).whole, false));
});
