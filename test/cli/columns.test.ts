import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sideBySide, wrap } from '../../src/cli/columns.ts';

describe('wrap', () => {
  const cases: readonly (readonly [what: string, text: string, width: number, want: readonly string[]])[] = [
    ['what fits stays whole', 'at ten', 6, ['at ten']],
    ['nothing is a line', '', 6, ['']],
    ['lines end at a blank near the end', 'meet at the old mill', 10, ['meet at', 'the old', 'mill']],
    ['what has no blank is cut', 'abcdefghij', 4, ['abcd', 'efgh', 'ij']],
    ['a blank far from the end is none', 'a bcdefghijkl', 8, ['a bcdefg', 'hijkl']],
    ['line breaks stay', 'one\ntwo', 10, ['one', 'two']],
    ['wide characters take two cells', '会議室で', 4, ['会議', '室で']],
    ['marks belong to their letter', 'e\u0301e\u0301e\u0301', 2, ['e\u0301e\u0301', 'e\u0301']],
  ];
  for (const [what, text, width, want] of cases) it(what, () => assert.deepEqual(wrap(text, width), want));

  it('shows no more than anybody reads', () => {
    const lines = wrap('x'.repeat(1000), 10);
    assert.deepEqual([lines.length, lines.at(-1)], [21, '(80 more lines)']);
  });
});

describe('sideBySide', () => {
  it('puts two texts beside each other, however long', () => {
    const left = 'at ten';
    const right = 'in the big room behind the kitchen, where the light is better';
    assert.deepEqual(sideBySide(left, right, 80), [
      `  ${'at ten'.padEnd(37)} | in the big room behind the kitchen,`,
      `  ${''.padEnd(37)} | where the light is better`,
    ]);
  });

  it('keeps wide characters in line', () => {
    assert.deepEqual(sideBySide('会議', 'x', 80), [`  会議${' '.repeat(33)} | x`]);
  });

  it('uses what there is, and no more', () => {
    for (const columns of [80, 81, 132]) {
      const lines = sideBySide('a'.repeat(200), 'b'.repeat(200), columns) ?? [];
      assert.ok(lines.every((line) => line.length <= columns));
      assert.ok(lines.some((line) => line.length >= columns - 1));
    }
  });

  it('is not for narrow terminals', () => assert.equal(sideBySide('x', 'y', 79), undefined));
});
