import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

/** How many there are of each letter in the list that the table answers. */
const COUNTS = { C: 28, H: 7, S: 29, M: 8, R: 5, V: 9, D: 10, E: 20 } as const;
const WANTED = [
  ...Object.entries(COUNTS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, at) => `${letter}${at + 1}`),
  ),
  ...['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((letter) => `F-${letter}`),
].toSorted();

interface Row {
  readonly id: string;
  readonly tests: readonly (readonly [file: string, title: string])[];
  readonly remark: string;
}

const fileAt = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

const rows = fileAt('docs/scenarios.md')
  .split('\n')
  .filter((line) => /^\| [A-Z]/.test(line))
  .map((line): Row => {
    const [id = '', , tests = '', remark = ''] = line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    return {
      id,
      tests: tests
        .split('<br>')
        .filter((test) => test !== '')
        .map(toTest),
      remark,
    };
  });

/** `file`: title */
function toTest(text: string): [file: string, title: string] {
  const [, file, title] = /^`([^`]+)`: (.+)$/.exec(text) ?? [];
  assert.ok(file !== undefined && title !== undefined, `not a test: ${text}`);
  return [file, title];
}

/** Matches the title as a literal of the source, where `…` is something that is filled in. */
function literalOf(title: string): RegExp {
  const pattern = title
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join(String.raw`\$\{[^\n]*?\}`);
  return new RegExp(`(['"\`])${pattern}\\1`);
}

describe('docs/scenarios.md', () => {
  it('has each scenario once', () => {
    assert.deepEqual(rows.map(({ id }) => id).toSorted(), WANTED);
  });

  for (const { id, tests, remark } of rows)
    it(`names tests of ${id} that are there, or says why there can be none`, () => {
      if (tests.length === 0) assert.match(remark, /^not applicable because ./);
      for (const [file, title] of tests) assert.match(fileAt(file), literalOf(title), `${file}: ${title}`);
    });
});
