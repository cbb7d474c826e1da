import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askHidden } from '../../src/config/prompt.ts';
import { AuthError } from '../../src/core/errors.ts';

/** A terminal at which these pieces are typed; `log` holds what it was told, in order. */
function typing(...pieces: string[]): { terminal: Parameters<typeof askHidden>[0]; log: string[] } {
  const log: string[] = [];
  async function* input(): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) yield Buffer.from(piece, 'latin1');
  }
  return {
    terminal: {
      input: input(),
      write: async (text) => void log.push(text),
      setEcho: (on) => void log.push(on ? 'echo on' : 'echo off'),
    },
    log,
  };
}

/** As the bytes of UTF-8 arrive. */
const bytes = (text: string): string => Buffer.from(text).toString('latin1');

describe('askHidden', () => {
  const cases: [rule: string, pieces: string[], want: string][] = [
    ['a line', ['hunter2\r'], 'hunter2'],
    ['a line that ends as in a file', ['hunter2\n'], 'hunter2'],
    ['single keys', ['a', 'b', '\r'], 'ab'],
    ['keys after the line, which are not ours', ['ab\rcd'], 'ab'],
    ['erased characters', ['ax\u007Fb\u007F\u007F\u007F\u007Fc\r'], 'c'],
    ['a line that is begun anew', ['wrong\u0015right\r'], 'right'],
    ['a character in two pieces', [bytes('ü').slice(0, 1), bytes('ü').slice(1), '\r'], 'ü'],
    ['an emoji, erased as one', [bytes('a🎉\u007Fb\r')], 'ab'],
    ['an end of input within the line, passed over', ['a\u0004b\r'], 'ab'],
    ['nothing', ['\r'], ''],
  ];
  for (const [rule, pieces, want] of cases) {
    it(`reads ${rule}`, async () => assert.equal(await askHidden(typing(...pieces).terminal, '? '), want));
  }

  it('asks, hides what is typed, and breaks the line', async () => {
    const { terminal, log } = typing('x\r');
    await askHidden(terminal, 'Password: ');
    assert.deepEqual(log, ['Password: ', 'echo off', 'echo on', '\n']);
  });

  for (const [what, pieces] of [
    ['Ctrl-C', ['ab\u0003']],
    ['Ctrl-D', ['\u0004']],
    ['a terminal that closes', ['ab']],
  ] as const) {
    it(`gives up at ${what}, with the echo on again`, async () => {
      const { terminal, log } = typing(...pieces);
      await assert.rejects(askHidden(terminal, '? '), AuthError);
      assert.deepEqual(log.slice(-2), ['echo on', '\n']);
    });
  }
});
