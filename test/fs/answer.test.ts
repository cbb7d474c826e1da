import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import { FileError } from '../../src/cache/file-tree.ts';
import { BusyError, NotFoundError, ReadOnlyError, ServerError } from '../../src/core/errors.ts';
import { answer, answerCount } from '../../src/fs/answer.ts';
import { toErrno } from '../../src/fs/errno.ts';
import type { Logger } from '../../src/lib/logger.ts';

const { errno } = constants;

function listen(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const log: Logger = {
    error: (_, message) => lines.push(`error: ${message}`),
    warn: (_, message) => lines.push(`warn: ${message}`),
    info: (_, message) => lines.push(`info: ${message}`),
    debug: (_, message) => lines.push(`debug: ${message}`),
    child: () => log,
  };
  return { log, lines };
}

const fail = (error: unknown) => (): never => {
  throw error;
};

describe('answer', () => {
  const cases: readonly [what: string, run: () => [string] | [], replies: unknown[][], lines: string[]][] = [
    ['a value goes behind a 0', () => ['value'], [[0, 'value']], []],
    [
      'a refusal is its errno, known to debuggers',
      fail(new FileError('EPERM', 'no')),
      [[-1]],
      ['debug: file operation refused'],
    ],
    ['a name that is not there is not worth a line', fail(new FileError('ENOENT', 'no')), [[-2]], []],
    [
      'a broken disk is EIO and told',
      fail(new FileError('EIO', 'broken')),
      [[-5]],
      ['error: file operation failed'],
    ],
    ['a bug is EIO and told', fail(new TypeError('oops')), [[-5]], ['error: file operation failed']],
    ['even one that is no error', fail('oops'), [[-5]], ['error: file operation failed']],
  ];
  for (const [what, run, want, told] of cases) {
    it(`${what}, exactly once`, () => {
      const { log, lines } = listen();
      const replies: unknown[][] = [];
      answer<[string]>({ op: 'x', log }, (...reply) => replies.push(reply), run);
      assert.deepEqual([replies, lines], [want, told]);
    });
  }

  it('a count is the answer itself, and a refusal a negative one', () => {
    const { log } = listen();
    const replies: number[] = [];
    answerCount(
      { op: 'read', log },
      (count) => replies.push(count),
      () => 7,
    );
    answerCount({ op: 'read', log }, (count) => replies.push(count), fail(new FileError('EBADF', 'closed')));
    assert.deepEqual(replies, [7, -errno.EBADF]);
  });
});

describe('errno', () => {
  const cases: readonly [error: unknown, number: number][] = [
    [new FileError('ENAMETOOLONG', ''), errno.ENAMETOOLONG],
    [new FileError('EILSEQ', ''), errno.EILSEQ],
    [new FileError('ESTALE', ''), errno.ESTALE],
    [new NotFoundError(''), errno.ENOENT],
    [new ReadOnlyError(''), errno.EROFS],
    [new BusyError(''), errno.EBUSY],
    [new ServerError(''), errno.EIO],
    [new RangeError(''), errno.EIO],
    [undefined, errno.EIO],
  ];
  for (const [error, number] of cases)
    it(`${error instanceof Error ? `${error.name} ${'code' in error ? String(error.code) : ''}` : String(error)} is ${number}`, () =>
      assert.equal(toErrno(error), number));
});
