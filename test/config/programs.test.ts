import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VdirStorageConfig } from '../../src/config/config.ts';
import { DAV, faultsOf, interpret, PAIR, VDIR } from '../support/config-texts.ts';

describe('a program that is to be called', () => {
  it('is one word, with the home folder put in, as vdirsyncer has it', () => {
    const { storages } = interpret(`${VDIR}post_hook = "~/bin/my hook"\npre_deletion_hook = "gone"\n`);
    const { postHook, preDeletionHook } = storages.get('local') as VdirStorageConfig;
    assert.deepEqual([postHook, preDeletionHook], [['/home/me/bin/my hook'], ['gone']]);
  });

  it('may have arguments', () => {
    const { storages, pairs } = interpret(
      `${DAV}${VDIR}post_hook = ["~/hook", "~/x", "-q"]\n${PAIR}on_change = ["notify", ""]\n`,
    );
    const { postHook } = storages.get('local') as VdirStorageConfig;
    assert.deepEqual(postHook, ['/home/me/hook', '/home/me/x', '-q']);
    assert.deepEqual(pairs.get('p')?.onChange, ['notify', '']);
  });

  const wrong: [what: string, value: string][] = [
    ['an empty text', '""'],
    ['nothing', '[]'],
    ['arguments alone', '["", "x"]'],
    ['a number', '1'],
    ['a number among the words', '["x", 1]'],
    ['a NUL', '"a\\u0000"'],
  ];
  for (const [what, value] of wrong) {
    it(`is not ${what}`, () => {
      const [fault] = faultsOf(`${DAV}${VDIR}post_hook = ${value}\n${PAIR}`);
      assert.match(fault ?? '', /^m\.toml:\d+: storage\.local\.post_hook: expected a program, or one with/);
    });
  }
});

describe('the watch of a folder', () => {
  it('is there unless it is switched off', () => {
    const watch = (more: string): boolean =>
      (interpret(VDIR + more).storages.get('local') as VdirStorageConfig).watch;
    assert.deepEqual([watch(''), watch('watch = false\n')], [true, false]);
  });
});
