import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAV, faultsOf, interpret, MOUNT, PAIR, VDIR } from '../support/config-texts.ts';

describe('what decides about conflicts', () => {
  it('is a word, or a command with the time it has', () => {
    const read = (conflict: string): ReturnType<typeof interpret> =>
      interpret(`${DAV}${VDIR}${MOUNT}conflict = ${conflict}\n${PAIR}conflict = ${conflict}`);
    for (const mode of ['merge', 'manual', 'keep a', 'keep b', 'newest']) {
      const { mount, pairs } = read(JSON.stringify(mode));
      assert.deepEqual([mount?.conflict, pairs.get('p')?.conflict], [mode, mode]);
    }
    const commands = [
      ['{ command = ["~/bin/merge", "~x", "-q"] }', 60_000],
      ['{ command = ["~/bin/merge", "~x", "-q"], timeout = "5m" }', 300_000],
    ] as const;
    for (const [text, timeoutMs] of commands) {
      const { mount, pairs } = read(text);
      const want = { argv: ['/home/me/bin/merge', '~x', '-q'], timeoutMs };
      assert.deepEqual([mount?.conflict, pairs.get('p')?.conflict], [want, want]);
    }
  });

  const faults: [rule: string, text: string, want: string | RegExp][] = [
    [
      'a table for conflicts with another key than its own',
      `${DAV}${VDIR}${PAIR}conflict = { shell = "vimdiff" }`,
      /^m\.toml:11: pair\.p\.conflict: expected one of "merge".*, got a table$/,
    ],
    [
      'a command for conflicts in one piece',
      `${DAV}${VDIR}${PAIR}conflict = { command = "my merge" }`,
      'm.toml:11: pair.p.conflict: expected a program and its arguments, such as { command = ["my-merge", "--quiet"] }, got a table',
    ],
    [
      'an empty command for conflicts',
      `${DAV}${VDIR}${PAIR}conflict = { command = [] }`,
      /^m\.toml:11: pair\.p\.conflict: expected a program and its arguments/,
    ],
    [
      'a time limit for the command that is none',
      `${DAV}${VDIR}${PAIR}conflict = { command = ["x"], timeout = "soon" }`,
      /^m\.toml:11: pair\.p\.conflict: expected a duration .* as "timeout" beside the command, got a table$/,
    ],
    [
      'an edge of a window that is no day',
      `${DAV}since = "2026-02-30"`,
      'm.toml:4: storage.dav.since: expected a number of days such as "90d", or a date such as "2026-01-31", got "2026-02-30"',
    ],
    [
      'a window that ends before it begins',
      `${DAV}since = "2026-02-01"\nuntil = "2026-01-31"`,
      'm.toml:5: storage.dav.until: before since (2026-02-01), so that nothing is left',
    ],
    [
      'an unknown component',
      `${DAV}components = ["VEVENT", "EVENT"]`,
      'm.toml:4: storage.dav.components[1]: expected one of "VEVENT", "VTODO", "VJOURNAL", got "EVENT"',
    ],
    [
      'a window of an address book',
      '[storage.c]\ntype = "carddav"\nurl = "https://c/"\nsince = "90d"',
      /^m\.toml:4: storage\.c\.since: unknown key/,
    ],
  ];
  for (const [rule, text, want] of faults) {
    it(`is not ${rule}`, () => {
      const [fault = '', ...more] = faultsOf(text);
      assert.deepEqual(more, []);
      if (typeof want === 'string') assert.equal(fault, want);
      else assert.match(fault, want);
    });
  }
});
