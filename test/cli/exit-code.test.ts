import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CommanderError } from 'commander';
import { exitCodeOf, exitCodeOfFailures } from '../../src/cli/exit-code.ts';
import { fromForeign } from '../../src/app/foreign-error.ts';
import type { ErrorCode } from '../../src/core/errors.ts';

/** As docs/facts.md, S1, has it; a new code without a line here does not compile. */
const WANTED = {
  usage: 2,
  config: 2,
  auth: 1,
  forbidden: 1,
  'not-found': 1,
  'already-exists': 1,
  'precondition-failed': 1,
  'read-only': 1,
  'invalid-item': 1,
  emptied: 1,
  refused: 1,
  unreachable: 1,
  server: 1,
  busy: 1,
  state: 1,
  mount: 1,
} satisfies Record<ErrorCode, number>;

describe('exit status', () => {
  for (const [code, status] of Object.entries(WANTED)) {
    it(`of an error "${code}" is ${status}`, () =>
      assert.equal(exitCodeOf(fromForeign({ code, message: '' })), status));
  }

  it('of what commander refuses is 2, and of its help 0', () => {
    assert.equal(exitCodeOf(new CommanderError(1, 'commander.unknownOption', '')), 2);
    assert.equal(exitCodeOf(new CommanderError(0, 'commander.helpDisplayed', '')), 0);
  });

  it('of a bug is not for this table to say', () => {
    assert.equal(exitCodeOf(new TypeError('x is not a function')), undefined);
    assert.equal(exitCodeOf('thrown text'), undefined);
  });

  const failures: [codes: ErrorCode[], status: number][] = [
    [[], 1],
    [['unreachable'], 1],
    [['unreachable', 'usage'], 2],
    [['config', 'emptied'], 2],
  ];
  for (const [codes, status] of failures) {
    it(`of a run in which ${codes.join(' and ') || 'only items'} failed is ${status}`, () =>
      assert.equal(exitCodeOfFailures(codes), status));
  }
});
