import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { LineTerminal, terminalOf } from '../../src/cli/terminal.ts';

const NEVER = new AbortController().signal;

function setUp() {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  stdout.setEncoding('utf8');
  return { stdin, stdout, terminal: new LineTerminal({ stdin, stdout }) };
}

describe('asking at a terminal', () => {
  it('writes the question and takes the line that is typed', async () => {
    const { stdin, stdout, terminal } = setUp();
    const answer = terminal.ask('why? ', NEVER);
    stdin.write('  because \n');
    assert.equal(await answer, 'because');
    assert.equal(stdout.read(), 'why? ');
  });

  it('takes a line that comes in pieces, and characters too', async () => {
    const { stdin, terminal } = setUp();
    const answer = terminal.ask('', NEVER);
    const bytes = Buffer.from('grün\n');
    for (const byte of bytes) stdin.write(Buffer.from([byte]));
    assert.equal(await answer, 'grün');
  });

  it('keeps what was typed ahead for the next questions', async () => {
    const { stdin, terminal } = setUp();
    stdin.write('a\nb\n');
    assert.deepEqual([await terminal.ask('', NEVER), await terminal.ask('', NEVER)], ['a', 'b']);
  });

  it('reads nothing between questions, so that an editor gets it', async () => {
    const { stdin, terminal } = setUp();
    const answer = terminal.ask('', NEVER);
    stdin.write('e\n');
    await answer;
    assert.ok(stdin.isPaused());
    stdin.write('for the editor');
    assert.equal(stdin.read(), 'for the editor');
  });

  it('says when there is no more', async () => {
    const { stdin, stdout, terminal } = setUp();
    const answer = terminal.ask('? ', NEVER);
    stdin.end();
    assert.equal(await answer, undefined);
    assert.equal(await terminal.ask('? ', NEVER), undefined);
    assert.equal(stdout.read(), '? \n? \n');
  });

  it('gives up when it is interrupted, at once when it was before', async () => {
    const { stdin, terminal } = setUp();
    const stop = new AbortController();
    const answer = terminal.ask('', stop.signal);
    stop.abort(new Error('interrupted'));
    await assert.rejects(answer, /interrupted/);
    await assert.rejects(terminal.ask('', stop.signal), /interrupted/);
    assert.ok(stdin.isPaused());
  });

  it('needs a terminal on both ends', () => {
    for (const [input, output, want] of [
      [true, true, true],
      [true, false, false],
      [false, true, false],
    ] as const) {
      const [stdin, stdout] = [new PassThrough(), new PassThrough()];
      const streams = {
        stdin: Object.assign(stdin, { isTTY: input }),
        stdout: Object.assign(stdout, { isTTY: output, columns: 132 }),
      };
      assert.equal(terminalOf(streams)?.columns, want ? 132 : undefined);
    }
  });
});
