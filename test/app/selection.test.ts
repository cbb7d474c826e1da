import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSelection } from '../../src/app/selection.ts';
import { UsageError } from '../../src/core/errors.ts';

const PAIRS = ['mount:home', 'work', 'slash/ed'];

const accepted: [words: string[], want: [string, string[] | undefined][]][] = [
  [
    [],
    [
      ['mount:home', undefined],
      ['work', undefined],
      ['slash/ed', undefined],
    ],
  ],
  [['work'], [['work', undefined]]],
  [['work/a', 'work/b'], [['work', ['a', 'b']]]],
  [['work/a', 'work'], [['work', undefined]]],
  [['work', 'work/a'], [['work', undefined]]],
  [
    ['work', 'mount:home'],
    [
      ['mount:home', undefined],
      ['work', undefined],
    ],
  ],
  [['slash/ed'], [['slash/ed', undefined]]],
  [['work/a/b'], [['work', ['a/b']]]],
];

const refused: [word: string, message: RegExp][] = [
  ['wrok', /there is no pair "wrok"; there are: mount:home, work, slash\/ed/],
  ['wrok/a', /there is no pair "wrok"/],
  ['work/', /names no collection/],
];

describe('parseSelection', () => {
  for (const [words, want] of accepted) {
    it(`reads ${JSON.stringify(words)}`, () => {
      const chosen = [...parseSelection(words, PAIRS)].map(([pair, only]) => [pair, only && [...only]]);
      assert.deepEqual(chosen, want);
    });
  }

  for (const [word, message] of refused) {
    it(`refuses ${word}`, () =>
      assert.throws(
        () => parseSelection([word], PAIRS),
        (error) => error instanceof UsageError && message.test(error.message),
      ));
  }

  it('says so when nothing is configured', () => {
    assert.throws(() => parseSelection(['x'], []), /none is configured/);
  });
});
