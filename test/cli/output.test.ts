import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { countOf, processOutput, table } from '../../src/cli/output.ts';

/** A stream that keeps what is written. */
class Kept extends EventEmitter {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 20;
  /** Every write fails with it, as it does in a stream: later. */
  failure: Error | undefined;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  write(text: string, done?: () => void): boolean {
    this.text += text;
    setImmediate(() => {
      if (this.failure) this.emit('error', this.failure);
      done?.();
    });
    return true;
  }
}

function setUp({ isTTY = true } = {}) {
  const state = { nowMs: 0 };
  const [stdout, stderr] = [new Kept(isTTY), new Kept(isTTY)];
  const streams = { stdout, stderr } as unknown as Parameters<typeof processOutput>[0];
  return { stdout, stderr, state, output: processOutput(streams, () => state.nowMs) };
}

const CLEAR = '\r\u001B[K';

describe('output', () => {
  it('has data on stdout and everything said about it on stderr', () => {
    const { output, stdout, stderr } = setUp();
    output.print('data');
    output.json({ a: 1 });
    output.say('a word');
    assert.equal(stdout.text, 'data\n{\n  "a": 1\n}\n');
    assert.equal(stderr.text, 'a word\n');
  });

  it('keeps the lines of a message of several', () => {
    const { output, stderr } = setUp();
    output.say('one\ntwo\n');
    assert.equal(stderr.text, 'one\ntwo\n');
  });

  it('lets nothing through that would control a terminal', () => {
    const { output, stdout, stderr } = setUp();
    output.print('a\u001B[31mb\u009Bc\u202Ed\r');
    output.say('a\u0007');
    assert.equal(stdout.text, 'a\uFFFD[31mb\uFFFDc\uFFFDd\uFFFD\n');
    assert.equal(stderr.text, 'a\uFFFD\n');
  });

  it('escapes in JSON what JSON itself lets through', () => {
    const { output, stdout } = setUp();
    output.json('\u001B\u007F\u009B');
    assert.equal(stdout.text, '"\\u001b\\u007f\\u009b"\n');
    assert.equal(JSON.parse(stdout.text), '\u001B\u007F\u009B');
  });

  it('writes bytes as they are, but to a terminal as lines', () => {
    const bytes = Buffer.from('a\u001Bb\r\nc\r\n');
    const file = setUp({ isTTY: false });
    file.output.write(bytes);
    assert.equal(file.stdout.text, bytes.toString());
    const terminal = setUp();
    terminal.output.write(bytes);
    assert.equal(terminal.stdout.text, 'a\uFFFDb\nc\n');
  });

  describe('progress', () => {
    it('is one line on a terminal, cut to its width, gone before the next word', () => {
      const { output, stderr } = setUp();
      output.progress('ab/work: fetching 12 of 4711');
      output.say('word');
      assert.equal(stderr.text, `${CLEAR}ab/work: fetching 1${CLEAR}word\n`);
    });

    it('is nothing where stderr is no terminal', () => {
      const { output, stderr } = setUp({ isTTY: false });
      output.progress('ab/work: fetching 1 of 2');
      output.progress(undefined);
      assert.equal(stderr.text, '');
    });

    it('does not flood the terminal', () => {
      const { output, stderr, state } = setUp();
      for (let done = 0; done < 1000; done += 1) {
        output.progress(`${done}`);
        state.nowMs += 1;
      }
      assert.equal(stderr.text.split(CLEAR).length - 1, 10);
    });

    it('goes away at the end', async () => {
      const { output, stderr } = setUp();
      output.progress('1');
      await output.finish();
      assert.equal(stderr.text, `${CLEAR}1${CLEAR}`);
    });
  });

  it('takes a reader who went away for no failure', async () => {
    const { output, stdout } = setUp();
    stdout.failure = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    output.print('data');
    assert.equal(await output.finish(), true);
  });

  it('tells when stdout did not take the data', async () => {
    const { output, stdout, stderr } = setUp();
    stdout.failure = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    output.print('data');
    assert.equal(await output.finish(), false);
    assert.equal(stderr.text, 'pimsync: the output cannot be written: no space left on device\n');
  });

  it('survives a stderr that is gone', async () => {
    const { output, stderr } = setUp();
    stderr.failure = Object.assign(new Error('write EIO'), { code: 'EIO' });
    output.say('word');
    assert.equal(await output.finish(), true);
  });
});

describe('table', () => {
  it('pads each column to its widest cell, and leaves no blanks at the end', () =>
    assert.deepEqual(
      table([
        ['a', 'bbb', ''],
        ['aaa', 'b', 'c'],
      ]),
      ['a    bbb', 'aaa  b    c'],
    ));

  it('is nothing without rows', () => assert.deepEqual(table([]), []));
});

describe('countOf', () => {
  it('counts in English', () =>
    assert.deepEqual(
      [0, 1, 2].map((count) => countOf(count, 'item')),
      ['0 items', '1 item', '2 items'],
    ));
});
